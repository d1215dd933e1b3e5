/** Values while rating live: per dimension a number, -1 and 1 the ends of its scale. */

import type { Dimension } from '../api/types';
import { clamp } from '../lib/geometry';

export const DEVICES = ['mouse', 'keys', 'touch', 'gamepad'] as const;
export const MODES = ['bounded', 'relative'] as const;
export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.5, 2] as const;

export type Device = (typeof DEVICES)[number];
/** `relative`: without bounds, only rise and fall mean something (as in PAGAN). */
export type Mode = (typeof MODES)[number];

/** One number per dimension that is rated: one, or two. */
export type Values = readonly number[];

/** Steps of keys and of the wheel, as elsewhere on the page: a fortieth of the scale. */
export const STEP = 0.05;
export const FAR_STEP = 0.2;

export const middle = (n: number): Values => Array.from({ length: n }, () => 0);

/** A value somewhere else: within the scale if that has ends. */
export const at = (value: Values, mode: Mode): Values =>
  mode === 'bounded' ? value.map((one) => clamp(one, -1, 1)) : value;

export const moved = (from: Values, by: Values, mode: Mode): Values =>
  at(
    from.map((one, d) => Math.round((one + (by[d] ?? 0)) * 1e4) / 1e4 + 0),
    mode,
  );

/** In the units of the label schema; the length of its scale holds without bounds, too. */
export const inUnits = (value: number, { low, high }: Dimension): number =>
  (low + high) / 2 + (value * (high - low)) / 2;

/** A bounded value as the server has it: never a hair beyond an end. */
export function sentValue(value: number, dimension: Dimension, mode: Mode): number {
  if (mode === 'relative') return value;
  const { low, high } = dimension;
  return Number(clamp(inUnits(value, dimension), low, high).toFixed(6)) + 0;
}
