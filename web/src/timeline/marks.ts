/** What people judged and what of it is in force, as sorted arrays to be searched. */

import type { Judgement } from '../api/types';
import { lowerBound } from '../lib/geometry';
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

/** One mark before it is put into arrays. */
interface Mark {
  /** First and last frame of the video. */
  first: number;
  last: number;
  value: readonly number[];
  classOnly: boolean;
  kind: number;
  clip: boolean;
}

function kindOf(judgement: Judgement): number {
  if (judgement.origin === 'import') return MARK.imported;
  return judgement.decision === 'accept' ? MARK.accepted : MARK.human;
}

/** Those on their way, which have negative numbers, are the newest. */
const age = ({ event_id }: Judgement) =>
  event_id < 0 ? Number.MAX_SAFE_INTEGER + event_id : event_id;

export const inOrder = (judgements: readonly Judgement[]) =>
  [...judgements].sort((a, b) => {
    if (a.event_id < 0 && b.event_id < 0) return b.event_id - a.event_id;
    return age(a) - age(b);
  });

/** Who gave what stands: per frame, one more than the place of its judgement; 0 = nobody. */
type Layer = Int32Array;

/**
 * One rater's judgements laid over one another, as the server does: a layer per dimension,
 * and one for the class.
 */
function layersOf(
  judgements: readonly Judgement[],
  rater: string,
  frames: Int32Array,
  m: number,
): Layer[] {
  const layers = Array.from({ length: m + 1 }, () => new Int32Array(frames.length));
  judgements.forEach((one, k) => {
    if (one.scope === 'clip' && one.decision !== 'reject') return;
    const from = lowerBound(frames, one.first_frame);
    const to = lowerBound(frames, one.last_frame + 1);
    if (one.decision === 'reject') for (const layer of layers) layer.fill(0, from, to);
    if (one.rater !== rater) return;
    for (let d = 0; d < m; d += 1) {
      if ((one.value[d] ?? null) !== null) layers[d]?.fill(k + 1, from, to);
    }
    if (one.expression !== null) layers[m]?.fill(k + 1, from, to);
  });
  return layers;
}

/** Calls back for each run of frames that one judgement stands in. */
function forRuns(layer: Layer, found: (k: number, i: number, j: number) => void): void {
  for (let i = 0; i < layer.length; i += 1) {
    const owner = layer[i] as number;
    if (owner === 0) continue;
    let j = i;
    while (j + 1 < layer.length && layer[j + 1] === owner) j += 1;
    found(owner - 1, i, j);
    i = j;
  }
}

function marksOfRater(
  judgements: readonly Judgement[],
  rater: string,
  frames: Int32Array,
  m: number,
): Mark[] {
  const found = new Map<string, Mark & { value: number[] }>();
  layersOf(judgements, rater, frames, m).forEach((layer, d) => {
    forRuns(layer, (k, i, j) => {
      const one = judgements[k] as Judgement;
      const isClass = d === m;
      if (isClass && hasValue(one.value)) return;
      // Dimensions that stand in the same frames are one mark.
      const key = `${isClass} ${kindOf(one)} ${i} ${j}`;
      const mark = found.get(key) ?? {
        first: frames[i] as number,
        last: frames[j] as number,
        value: new Array<number>(m).fill(Number.NaN),
        classOnly: isClass,
        kind: kindOf(one),
        clip: false,
      };
      if (!isClass) mark.value[d] = one.value[d] as number;
      found.set(key, mark);
    });
  });
  return [...found.values()];
}

/** What each rater said last of the whole clip. */
export function clipLabels(judgements: readonly Judgement[]): Judgement[] {
  const last = new Map<string, Judgement>();
  for (const one of inOrder(judgements)) {
    if (one.scope !== 'clip') continue;
    if (one.decision === 'reject') {
      last.clear();
      continue;
    }
    const before = last.get(one.rater);
    if (!hasValue(one.value) && one.expression === null) continue;
    last.set(one.rater, {
      ...one,
      value: hasValue(one.value)
        ? one.value.map((v, d) => v ?? before?.value[d] ?? null)
        : (before?.value ?? []),
      expression: one.expression ?? before?.expression ?? null,
    });
  }
  return [...last.values()];
}

const clipMark = (one: Judgement, m: number): Mark => ({
  first: one.first_frame,
  last: one.last_frame,
  value: Array.from({ length: m }, (_, d) => one.value[d] ?? Number.NaN),
  classOnly: false,
  kind: kindOf(one),
  clip: true,
});

/**
 * What is in force: what a later judgement of the same rater replaced is not drawn.
 *
 * @param times seconds of each frame of the video
 * @param frames of the track, ascending
 * @param m number of dimensions
 */
export function marksOf(
  judgements: readonly Judgement[],
  times: Float64Array,
  frames: Int32Array,
  m: number,
): Marks {
  const at = (frame: number) =>
    times[Math.min(Math.max(frame, 0), times.length - 1)] ?? 0;
  const ordered = inOrder(judgements);
  const raters = new Set(ordered.map(({ rater }) => rater));
  const marks = [
    ...clipLabels(judgements)
      .filter(({ value }) => hasValue(value))
      .map((one) => clipMark(one, m)),
    ...[...raters].flatMap((rater) => marksOfRater(ordered, rater, frames, m)),
  ].sort((a, b) => a.first - b.first);
  const start = Float64Array.from(marks, (one) => at(one.first));
  const end = Float64Array.from(marks, (one) => at(one.last));
  return {
    start,
    end,
    value: Array.from({ length: m }, (_, d) =>
      Float32Array.from(marks, (one) => one.value[d] as number),
    ),
    classOnly: Uint8Array.from(marks, (one) => (one.classOnly ? 1 : 0)),
    kind: Uint8Array.from(marks, (one) => one.kind),
    clip: Uint8Array.from(marks, (one) => (one.clip ? 1 : 0)),
    longest: end.reduce((most, to, i) => Math.max(most, to - (start[i] as number)), 0),
  };
}
