/** A made-up clip for looking at the timeline: slow moods, short outbursts, doubt, gaps. */

import type { EstimateArrays, Item, Label } from '../src/api/types';

/** The same numbers on every call: a small generator with a seed (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Made {
  times: Float64Array;
  frames: Int32Array;
  estimate: EstimateArrays;
  labels: Label[];
  item: Item;
}

const FPS = 30;

function curve(n: number, random: () => number, low: number, high: number) {
  const values = new Float32Array(n);
  const waves = Array.from({ length: 5 }, (_, k) => ({
    size: 0.5 / (k + 1),
    speed: (0.4 + random()) * (k + 1) * (0.002 + 6 / n),
    from: random() * 6,
  }));
  for (let i = 0; i < n; i += 1) {
    let sum = (random() - 0.5) * 0.06;
    for (const wave of waves) sum += wave.size * Math.sin(wave.from + i * wave.speed);
    values[i] = Math.max(low, Math.min(high, sum));
  }
  return values;
}

function label(frame: number, estimate: EstimateArrays, i: number): Label {
  return {
    event_id: frame + 1,
    at: '2026-03-01T10:00:00Z',
    video_id: 'made',
    track_id: 1,
    scope: 'frame',
    first_frame: frame,
    last_frame: frame,
    valence: estimate.valence[i] ?? 0,
    arousal: estimate.arousal[i] ?? 0,
    expression: null,
    rater: 'anna',
    active_s: 3,
    shown_run_id: null,
    comment: '',
    decision: 'label',
    origin: 'human',
  };
}

/** @param n frames of the video, 30 a second; the face is away for a tenth of them */
export function madeClip(n: number): Made {
  const random = numbers(n);
  const times = Float64Array.from({ length: n }, (_, i) => i / FPS);
  const away = [Math.floor(n * 0.55), Math.floor(n * 0.62)] as const;
  const seen = Array.from({ length: n }, (_, i) => i).filter(
    (i) => i < away[0] || i >= away[1],
  );
  const frames = Int32Array.from(seen);
  const m = frames.length;
  const valence = curve(m, random, -0.95, 0.95);
  const arousal = curve(m, random, -0.95, 0.95);
  const doubt = curve(m, random, -1, 1);
  const confidence = doubt.map((d) => Math.max(0.2, Math.min(0.99, 0.8 - 0.5 * d)));
  const half = confidence.map((c) => 0.08 + 0.5 * (1 - c));
  const shifted = (values: Float32Array, sign: number) =>
    values.map((v, i) => Math.max(-1, Math.min(1, v + sign * (half[i] ?? 0))));
  const estimate: EstimateArrays = {
    run_id: 'abcdef012345',
    valence,
    arousal,
    low_valence: shifted(valence, -1),
    high_valence: shifted(valence, 1),
    low_arousal: shifted(arousal, -1),
    high_arousal: shifted(arousal, 1),
    confidence,
    expression: new Uint8Array(m).fill(1),
    origin: new Uint8Array(m),
  };
  const labels: Label[] = [];
  for (let k = 0; k < 24; k += 1) {
    const i = Math.floor(((k + 0.5) / 24) * m * 0.8);
    const made = label(frames[i] ?? 0, estimate, i);
    if (k % 5 === 1) made.decision = 'accept';
    if (k % 7 === 3) made.origin = 'import';
    if (k % 11 === 5)
      Object.assign(made, { valence: null, arousal: null, expression: 'fear' });
    if (k === 8 || k === 12) {
      made.scope = 'span';
      made.last_frame = made.first_frame + Math.floor(n * 0.02);
      if (k === 12) made.decision = 'accept';
    }
    estimate.origin[i] = 1;
    labels.push(made);
  }
  const at = Math.floor(n * 0.7);
  const item: Item = {
    item_id: 'made-1',
    kind: 'queue',
    video_id: 'made',
    track_id: 1,
    frame: at,
    time_s: at / FPS,
    first_frame: at - Math.floor(n * 0.015),
    last_frame: at + Math.floor(n * 0.02),
    reason: 'low_confidence',
    blind: false,
    estimate: null,
  };
  return { times, frames, estimate, labels, item };
}
