/**
 * Least, greatest and mean values over runs of frames, built once per prediction.
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
  let means = values;
  let known = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    known[i] = Number.isNaN(values[i] as number) ? 0 : 1;
  }
  while (means.length > 1) {
    [means, known] = averaged(means, known);
    all.push(means);
  }
  return all;
}

/** Means of pairs of means, weighed by the number of values that each stands for. */
function averaged(means: Float32Array, known: Float32Array) {
  const length = (means.length + 1) >> 1;
  const out = new Float32Array(length);
  const weights = new Float32Array(length);
  for (let b = 0; b < length; b += 1) {
    const i = 2 * b;
    const first = known[i] as number;
    const second = i + 1 < known.length ? (known[i + 1] as number) : 0;
    const sum =
      (first ? first * (means[i] as number) : 0) +
      (second ? second * (means[i + 1] as number) : 0);
    out[b] = sum / (first + second);
    weights[b] = first + second;
  }
  return [out, weights] as const;
}

/** The finest level on which `frames` frames make at most `most` pairs. */
export function levelFor(frames: number, most: number): number {
  let level = 0;
  while (Math.ceil(frames / 2 ** level) > Math.max(1, most)) level += 1;
  return level;
}
