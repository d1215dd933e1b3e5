/** Places on the pad, and frames by time and number. */

export interface Point {
  x: number;
  y: number;
}

export const clamp = (value: number, low: number, high: number) =>
  Math.min(high, Math.max(low, value));

/** Place of two shares of their scales in a square of `side`, `margin` from its edge. */
export function padPoint(share: Point, side: number, margin: number): Point {
  const length = side - 2 * margin;
  return { x: margin + share.x * length, y: side - margin - share.y * length };
}

/** The shares at a place; outside of the square the nearest on its edge. */
export function padShare(point: Point, side: number, margin: number): Point {
  const length = side - 2 * margin;
  return {
    x: clamp((point.x - margin) / length, 0, 1),
    y: clamp((side - margin - point.y) / length, 0, 1),
  };
}

/** A place on the page in units of a square of `side` drawn in the middle of a box. */
export function inSquare(
  place: Point,
  box: Pick<DOMRect, 'left' | 'top' | 'width' | 'height'>,
  side: number,
): Point {
  const scale = side / Math.min(box.width, box.height);
  return {
    x: (place.x - box.left - box.width / 2) * scale + side / 2,
    y: (place.y - box.top - box.height / 2) * scale + side / 2,
  };
}

/** Half a millisecond: players give times rounded, never off by more. */
const ROUNDING_S = 5e-4;

/** The frame that is on screen at `time_s`: the last that starts at or before it. */
export function frameAt(times: Float64Array, time_s: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((times[middle] as number) <= time_s + ROUNDING_S) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where in a frame's time to seek to: at a wild rate, where frames last from 1 to 500 ms,
 * its middle shows the frame before in 4 of 60 cases; so late it is exact in 240 of 240. */
const LATE = 0.9;
/** For a second try: the same frame, and another time, as a browser that is sent to the
 * very time where it is shows and reports nothing. */
const LATE_AGAIN = 0.85;

/** Where to put the player to see `frame`: late in its time. */
export function seekTime(times: Float64Array, frame: number, again = false): number {
  const last = times.length - 1;
  if (last < 0) return 0;
  const at = clamp(frame, 0, last);
  const start = times[at] as number;
  const share = again ? LATE_AGAIN : LATE;
  if (at < last) return start + share * ((times[at + 1] as number) - start);
  const length = last > 0 ? start - (times[last - 1] as number) : 0;
  // The last frame's own length is not known.
  return start + length * (again ? 0.45 : 0.5);
}

/** Position of the first of sorted numbers that is not below `wanted`. */
export function lowerBound(sorted: Int32Array | Float64Array, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The frame number among sorted ones that is nearest to `frame`. */
export function nearest(frames: Int32Array, frame: number): number | null {
  const at = lowerBound(frames, frame);
  const after = frames[at];
  const before = frames[at - 1];
  if (after === undefined) return before ?? null;
  if (before === undefined) return after;
  return frame - before <= after - frame ? before : after;
}

const steps = new WeakMap<Int32Array, number>();

/** Frames from one detection of a face to the next as a rule: 1 = every frame was read. */
export function samplingStep(frames: Int32Array): number {
  const known = steps.get(frames);
  if (known !== undefined) return known;
  const gaps = Int32Array.from(
    { length: Math.max(frames.length - 1, 0) },
    (_, i) => (frames[i + 1] as number) - (frames[i] as number),
  ).sort();
  const step = gaps[gaps.length >> 1] ?? 1;
  steps.set(frames, step);
  return step;
}

/** At a rate in hertz the steps differ a little. */
const STEP_SLACK = 1.5;

/**
 * Position in sorted frame numbers of what stands for `frame`, or -1: where frames were
 * sampled, the last sample holds until the next one is due.
 */
export function heldIndex(frames: Int32Array, frame: number): number {
  const at = lowerBound(frames, frame + 1) - 1;
  if (at < 0) return -1;
  const step = samplingStep(frames);
  const longest = step > 1 ? STEP_SLACK * step : 1;
  return frame - (frames[at] as number) < longest ? at : -1;
}
