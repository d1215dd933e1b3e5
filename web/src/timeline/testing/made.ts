/** Small made-up inputs for the tests of the timeline. */

import { DEFAULT_SCHEMA } from '../../../test/labelSchema';
import type { Item, Judgement, PredictionArrays } from '../../api/types';

export const { dimensions } = DEFAULT_SCHEMA;

export function judgement(part: Partial<Judgement> = {}): Judgement {
  const first_frame = part.first_frame ?? 0;
  const last_frame = part.last_frame ?? first_frame;
  return {
    event_id: 1,
    at: '2026-03-01T10:00:00Z',
    video_id: 'v.mp4',
    track_id: 1,
    scope: 'frame',
    first_frame,
    last_frame,
    reviewed_first_frame: first_frame,
    reviewed_last_frame: last_frame,
    value: [0.5, -0.25],
    expression: null,
    rater: 'anna',
    decision: 'label',
    shown: null,
    audited: null,
    touched: [],
    unsure: false,
    purpose: 'work',
    active_s: null,
    comment: '',
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

export function predictionOf(n: number, seed = 7): PredictionArrays {
  const next = random(seed);
  const column = (low: number, high: number) =>
    Float32Array.from({ length: n }, () => low + (high - low) * next());
  const value = dimensions.map(() => column(-1, 1));
  return {
    model_id: 'm',
    value,
    low: value.map((of) => of.map((v) => v - 0.1)),
    high: value.map((of) => of.map((v) => v + 0.1)),
    confidence: column(0, 1),
    expression: new Uint8Array(n),
    value_source: new Uint8Array(n),
    expression_source: new Uint8Array(n),
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
    prediction: null,
    ...part,
  };
}
