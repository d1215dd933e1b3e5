/** Where the curves lie on the one canvas: a lane each, and a strip for the confidence. */

export interface Lane {
  /** Values at the lane's edges. */
  readonly lo: number;
  readonly hi: number;
  /** Edges as shares of the plot's height, from its top. */
  readonly top: number;
  readonly bottom: number;
}

export const LANES = {
  valence: { lo: -1, hi: 1, top: 0.04, bottom: 0.4 },
  arousal: { lo: -1, hi: 1, top: 0.48, bottom: 0.84 },
  confidence: { lo: 0, hi: 1, top: 0.89, bottom: 1 },
} as const satisfies Record<string, Lane>;

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
