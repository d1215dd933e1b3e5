/** Places and values: the pad, the frames of a video. */

/** Valence and arousal, each in [-1, 1]. */
export interface Affect {
  valence: number;
  arousal: number;
}

export interface Point {
  x: number;
  y: number;
}

export const clamp = (value: number, low: number, high: number) =>
  Math.min(high, Math.max(low, value));

/** Values are kept to a hundredth: nobody judges finer. */
export const toHundredth = (value: number) => Math.round(value * 100) / 100 + 0;

/** Place of a value in a square of `side`, its edge `margin` from that of [-1, 1]. */
export function padPoint(affect: Affect, side: number, margin: number): Point {
  const half = side / 2 - margin;
  return {
    x: side / 2 + affect.valence * half,
    y: side / 2 - affect.arousal * half,
  };
}

/** The value at a place; outside of the square the nearest one on its edge. */
export function padValue(point: Point, side: number, margin: number): Affect {
  const half = side / 2 - margin;
  return {
    valence: toHundredth(clamp((point.x - side / 2) / half, -1, 1)),
    arousal: toHundredth(clamp((side / 2 - point.y) / half, -1, 1)),
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

/** One dimension of a value moved by `step`. */
export function moved(
  affect: Affect,
  dimension: 'valence' | 'arousal',
  step: number,
): Affect {
  return {
    ...affect,
    [dimension]: toHundredth(clamp(affect[dimension] + step, -1, 1)),
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

/** Position of `frame` in sorted frame numbers, or -1. */
export function indexOf(frames: Int32Array, frame: number): number {
  const at = lowerBound(frames, frame);
  return frames[at] === frame ? at : -1;
}

/** Position of the first of sorted frame numbers that is not below `frame`. */
export function lowerBound(frames: Int32Array, frame: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle] as number) < frame) low = middle + 1;
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
