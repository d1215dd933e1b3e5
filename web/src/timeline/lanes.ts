/** Where the curves lie on the one canvas: a lane each, and a strip for the confidence. */

import type { Dimension } from '../api/types';

export interface Lane {
  /** Values at the lane's edges. */
  readonly lo: number;
  readonly hi: number;
  /** Edges as shares of the plot's height, from its top. */
  readonly top: number;
  readonly bottom: number;
}

/** Edges of all lanes of dimensions together, and the distance from one to the next. */
const TOP = 0.04;
const BOTTOM = 0.84;
const APART = 0.08;

export const CONFIDENCE: Lane = { lo: 0, hi: 1, top: 0.89, bottom: 1 };

/** A lane per dimension, as high as the others. */
export function lanesOf(dimensions: readonly Dimension[]): Lane[] {
  const n = Math.max(dimensions.length, 1);
  const height = (BOTTOM - TOP - APART * (n - 1)) / n;
  return dimensions.map(({ low, high }, d) => {
    const top = TOP + d * (height + APART);
    return { lo: low, hi: high, top, bottom: top + height };
  });
}

/** Range of the whole plot's height for which the lane's values fall into the lane. */
export function laneRange(lane: Lane): [number, number] {
  const unit = (lane.hi - lane.lo) / (lane.bottom - lane.top);
  return [lane.lo - unit * (1 - lane.bottom), lane.hi + unit * lane.top];
}

/** From times and values to pixels of the canvas. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly start: number;
  readonly end: number;
}

export const xOf = (frame: Frame, time: number) =>
  frame.left + ((time - frame.start) / (frame.end - frame.start)) * frame.width;

export function yOf(frame: Frame, lane: Lane, value: number): number {
  const share = (value - lane.lo) / (lane.hi - lane.lo);
  return frame.top + frame.height * (lane.bottom + share * (lane.top - lane.bottom));
}
