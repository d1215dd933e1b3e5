/** Small made-up inputs for the tests of the timeline. */

import type { EstimateArrays, Item, Label } from '../../api/types';

export function label(part: Partial<Label> = {}): Label {
  const first_frame = part.first_frame ?? 0;
  return {
    event_id: 1,
    at: '2026-03-01T10:00:00Z',
    video_id: 'v.mp4',
    track_id: 1,
    scope: 'frame',
    first_frame,
    last_frame: first_frame,
    valence: 0.5,
    arousal: -0.25,
    expression: null,
    rater: 'anna',
    active_s: null,
    shown_run_id: null,
    comment: '',
    decision: 'label',
    origin: 'human',
    ...part,
  };
}

/** The same numbers on every run (Park and Miller's generator). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

export function estimateOf(n: number, seed = 7): EstimateArrays {
  const next = random(seed);
  const column = (low: number, high: number) =>
    Float32Array.from({ length: n }, () => low + (high - low) * next());
  const valence = column(-1, 1);
  const arousal = column(-1, 1);
  return {
    run_id: 'r',
    valence,
    arousal,
    low_valence: valence.map((v) => v - 0.1),
    high_valence: valence.map((v) => v + 0.1),
    low_arousal: arousal.map((v) => v - 0.1),
    high_arousal: arousal.map((v) => v + 0.1),
    confidence: column(0, 1),
    expression: new Uint8Array(n),
    origin: new Uint8Array(n),
  };
}

export const evenTimes = (n: number, step = 0.04) =>
  Float64Array.from({ length: n }, (_, i) => i * step);

export const allFrames = (n: number) => Int32Array.from({ length: n }, (_, i) => i);

export function item(part: Partial<Item> = {}): Item {
  return {
    item_id: 'q-1',
    kind: 'queue',
    video_id: 'v.mp4',
    track_id: 1,
    frame: 10,
    time_s: 0.4,
    first_frame: 8,
    last_frame: 14,
    reason: 'low_confidence',
    blind: false,
    estimate: null,
    ...part,
  };
}
