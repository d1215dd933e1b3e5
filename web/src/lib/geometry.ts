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
export function lowerBound(sorted: ArrayLike<number>, wanted: number): number {
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

/** Position of `frame` in sorted frame numbers, or -1. */
export function indexOf(frames: Int32Array, frame: number): number {
  const at = lowerBound(frames, frame);
  return frames[at] === frame ? at : -1;
}

/**
 * Position in a track's frames of what stands for `frame`, or -1 where the face is not seen:
 * where frames were sampled, the last one that was looked at holds until the next.
 *
 * @param looked_at frames that were searched for faces; empty = not known, or all
 */
export function heldIndex(
  frames: Int32Array,
  looked_at: Int32Array,
  frame: number,
): number {
  if (looked_at.length === 0) return indexOf(frames, frame);
  const sample = looked_at[lowerBound(looked_at, frame + 1) - 1];
  return sample === undefined ? -1 : indexOf(frames, sample);
}

/** The frame of a track that is nearest to `frame` among those that were looked at. */
export function nearestSample(
  frames: Int32Array,
  looked_at: Int32Array,
  frame: number,
): number | null {
  const near = looked_at.length === 0 ? frame : nearest(looked_at, frame);
  if (near !== null && indexOf(frames, near) >= 0) return near;
  return frames[heldIndex(frames, looked_at, frame)] ?? null;
}
