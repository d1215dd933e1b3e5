/** What people judged, as sorted arrays that can be searched while drawing. */

import type { Judgement } from '../api/types';
import { hasValue } from '../lib/value';

/** How a mark came to be; the order is that of the colours in the painter. */
const MARK = { human: 0, accepted: 1, imported: 2 } as const;

export interface Marks {
  /** Seconds where each mark begins, ascending; equal to `end` for one frame. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** An array per dimension; NaN where no value was given. */
  readonly value: readonly Float32Array[];
  /** 1 where only a class was given. */
  readonly classOnly: Uint8Array;
  readonly kind: Uint8Array;
  /** Whole tracks are drawn more faintly than spans. */
  readonly clip: Uint8Array;
  /** The longest mark, in seconds: how far before a window one may begin. */
  readonly longest: number;
}

function kindOf(judgement: Judgement): number {
  if (judgement.origin === 'import') return MARK.imported;
  return judgement.decision === 'accept' ? MARK.accepted : MARK.human;
}

/**
 * @param times seconds of each frame of the video
 * @param m number of dimensions
 */
export function marksOf(
  judgements: readonly Judgement[],
  times: Float64Array,
  m: number,
): Marks {
  const at = (frame: number) =>
    times[Math.min(Math.max(frame, 0), times.length - 1)] ?? 0;
  const sorted = judgements
    .filter((one) => hasValue(one.value) || one.expression !== null)
    .sort((a, b) => a.first_frame - b.first_frame || a.event_id - b.event_id);
  const start = Float64Array.from(sorted, (one) => at(one.first_frame));
  const end = Float64Array.from(sorted, (one) => at(one.last_frame));
  return {
    start,
    end,
    value: Array.from({ length: m }, (_, d) =>
      Float32Array.from(sorted, (one) => one.value[d] ?? Number.NaN),
    ),
    classOnly: Uint8Array.from(sorted, (one) => (hasValue(one.value) ? 0 : 1)),
    kind: Uint8Array.from(sorted, kindOf),
    clip: Uint8Array.from(sorted, (one) => (one.scope === 'clip' ? 1 : 0)),
    longest: end.reduce((most, to, i) => Math.max(most, to - (start[i] as number)), 0),
  };
}
