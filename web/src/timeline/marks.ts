/** What people labelled, as sorted arrays that can be searched while drawing. */

import type { Label } from '../api/types';

/** How a mark came to be; the order is that of `MARK_COLOURS` in the painter. */
export const MARK = { human: 0, accepted: 1, imported: 2 } as const;

export interface Marks {
  /** Seconds where each mark begins, ascending; equal to `end` for one frame. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** NaN where only a class was given. */
  readonly valence: Float32Array;
  readonly arousal: Float32Array;
  readonly kind: Uint8Array;
  /** Whole tracks are drawn more faintly than spans. */
  readonly clip: Uint8Array;
  /** The longest mark, in seconds: how far before a window one may begin. */
  readonly longest: number;
}

function kindOf(label: Label): number {
  if (label.origin === 'import') return MARK.imported;
  return label.decision === 'accept' ? MARK.accepted : MARK.human;
}

/** @param times seconds of each frame of the video */
export function marksOf(labels: readonly Label[], times: Float64Array): Marks {
  const at = (frame: number) =>
    times[Math.min(Math.max(frame, 0), times.length - 1)] ?? 0;
  const sorted = [...labels].sort(
    (a, b) => a.first_frame - b.first_frame || a.event_id - b.event_id,
  );
  const start = Float64Array.from(sorted, (label) => at(label.first_frame));
  const end = Float64Array.from(sorted, (label) => at(label.last_frame));
  return {
    start,
    end,
    valence: Float32Array.from(sorted, (label) => label.valence ?? Number.NaN),
    arousal: Float32Array.from(sorted, (label) => label.arousal ?? Number.NaN),
    kind: Uint8Array.from(sorted, kindOf),
    clip: Uint8Array.from(sorted, (label) => (label.scope === 'clip' ? 1 : 0)),
    longest: end.reduce((most, to, i) => Math.max(most, to - (start[i] as number)), 0),
  };
}
