/**
 * Least, greatest and mean values over runs of frames, built once per estimate.
 *
 * Level k holds one pair for every 2^k frames, so a window of any width is drawn from about
 * as many pairs as it has pixels, whatever the length of the clip.
 */

export interface Pyramid {
  /** Frames at level 0. */
  readonly n: number;
  /** lo[k][b]: least value of the frames b * 2^k to (b + 1) * 2^k - 1; NaN if none. */
  readonly lo: readonly Float32Array[];
  /** hi[k][b]: greatest value of the same frames. */
  readonly hi: readonly Float32Array[];
}

const less = (a: number, b: number) => (a <= b || Number.isNaN(b) ? a : b);
const more = (a: number, b: number) => (a >= b || Number.isNaN(b) ? a : b);

type Pick = (a: number, b: number) => number;

function halved(values: Float32Array, pick: Pick): Float32Array {
  const n = values.length;
  const out = new Float32Array((n + 1) >> 1);
  for (let b = 0; b < out.length; b += 1) {
    const first = values[2 * b] as number;
    const second = 2 * b + 1 < n ? (values[2 * b + 1] as number) : Number.NaN;
    out[b] = Number.isNaN(first) ? second : pick(first, second);
  }
  return out;
}

function levels(values: Float32Array, pick: Pick): Float32Array[] {
  const all = [values];
  let last = values;
  while (last.length > 1) {
    last = halved(last, pick);
    all.push(last);
  }
  return all;
}

/**
 * @param lower values whose least count (the curve itself, or the lower end of a band)
 * @param upper values whose greatest count, as many as `lower`; NaN is missing in both
 */
export function buildPyramid(lower: Float32Array, upper = lower): Pyramid {
  if (lower.length !== upper.length) {
    throw new RangeError(
      `A pyramid needs as many upper as lower values (${lower.length}), got ${upper.length}`,
    );
  }
  return { n: lower.length, lo: levels(lower, less), hi: levels(upper, more) };
}

/**
 * Means over the same runs of frames, level by level; NaN where all are missing. A curve that
 * swings within a run shows its least and greatest values as an area, and its mean as a line.
 */
export function buildMeans(values: Float32Array): Float32Array[] {
  const all = [values];
  let sums = Float64Array.from(values, (v) => (Number.isNaN(v) ? 0 : v));
  let known = Float64Array.from(values, (v) => (Number.isNaN(v) ? 0 : 1));
  while (sums.length > 1) {
    sums = summed(sums);
    known = summed(known);
    const counts = known;
    all.push(Float32Array.from(sums, (sum, b) => sum / (counts[b] as number)));
  }
  return all;
}

function summed(values: Float64Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array((values.length + 1) >> 1);
  for (let i = 0; i < values.length; i += 1) {
    out[i >> 1] = (out[i >> 1] as number) + (values[i] as number);
  }
  return out;
}

/** The finest level on which `frames` frames make at most `most` pairs. */
export function levelFor(frames: number, most: number): number {
  let level = 0;
  while (Math.ceil(frames / 2 ** level) > Math.max(1, most)) level += 1;
  return level;
}
