/** Values in the units of the label schema: steps, shares of the scale, and text. */

import type { Dimension } from '../api/types';
import { clamp } from './geometry';

/** A number per dimension of the label schema; null where none was given. */
export type Value = readonly (number | null)[];

export const hasValue = (value: Value) => value.some((one) => one !== null);

/** Steps of the keys and of the wheel, as shares of a scale: 0.05 and 0.2 of [-1, 1]. */
const STEP = 1 / 40;
const FAR_STEP = 1 / 10;
/** Values are kept to this share of their scale: nobody judges finer. */
const RESOLUTION = 1 / 200;

const lengthOf = (dimension: Dimension) => dimension.high - dimension.low;

export const stepOf = (dimension: Dimension, far = false) =>
  lengthOf(dimension) * (far ? FAR_STEP : STEP);

/**
 * The next value on the grid of the small step, up or down; by a large step from the grid
 * point that is nearest. A model's value may lie between two of them.
 */
export function stepped(
  value: number,
  steps: number,
  dimension: Dimension,
  far = false,
): number {
  const unit = stepOf(dimension);
  const at = (value - dimension.low) / unit;
  const onGrid = Math.round(at);
  const isOn = isSame(value, dimension.low + onGrid * unit, dimension);
  let from = onGrid;
  if (!isOn && !far) from = steps > 0 ? Math.floor(at) : Math.ceil(at);
  const by = far ? Math.round(stepOf(dimension, true) / unit) : 1;
  return snapped(dimension.low + (from + steps * by) * unit, dimension);
}

/** A value within its scale and as fine as values are kept. */
export function snapped(value: number, dimension: Dimension): number {
  const unit = lengthOf(dimension) * RESOLUTION;
  const kept = Math.round(clamp(value, dimension.low, dimension.high) / unit) * unit;
  return Number(clamp(kept, dimension.low, dimension.high).toFixed(6)) + 0;
}

/** Place on the scale: 0 = its lower end, 1 = its upper end. */
export const shareOf = (value: number, dimension: Dimension) =>
  (value - dimension.low) / lengthOf(dimension);

export const valueAt = (share: number, dimension: Dimension) =>
  snapped(dimension.low + share * lengthOf(dimension), dimension);

/** Middle of a scale: where a first step starts from if nothing else is known. */
export const middleOf = (dimension: Dimension) =>
  snapped((dimension.low + dimension.high) / 2, dimension);

/** On [-1, 1], as the places of classes are. */
export const unitOf = (value: number, dimension: Dimension) =>
  (2 * value - (dimension.low + dimension.high)) / lengthOf(dimension);

/** True where two values are the same as finely as values are kept. */
export const isSame = (a: number, b: number, dimension: Dimension) =>
  Math.abs(a - b) < 1.02 * 0.5 * RESOLUTION * lengthOf(dimension);

function digitsOf(dimension: Dimension): number {
  const length = lengthOf(dimension);
  if (length <= 4) return 2;
  return length <= 40 ? 1 : 0;
}

/** `+0.31`, `−0.20`, `0.00`; without a sign on scales that have no negative end. */
export function formatValue(
  value: number | null | undefined,
  dimension: Dimension,
): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '\u2013';
  const text = Math.abs(value).toFixed(digitsOf(dimension));
  if (Number(text) === 0) return text;
  if (value < 0) return `\u2212${text}`;
  return dimension.low < 0 ? `+${text}` : text;
}
