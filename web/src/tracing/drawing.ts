/** Where a rating is drawn: lines over time, in a box of 1000 by 100. */

import { lowerBound } from '../lib/geometry';
import { type Piece, rangeOf } from './recorder';
import type { Mode, Values } from './values';

export const WIDTH = 1000;
export const HEIGHT = 100;
/** So much is in sight while a longer video plays. */
const IN_SIGHT_S = 30;
/** Where the present is then, of the width. */
const PRESENT = 0.85;
/** A relative value has room for so much at least. */
const LEAST_RANGE = 1;
const MOST_POINTS = 1500;

export type Range = readonly [number, number];

/** The seconds in sight: all of a short rating, else those around the present. */
export function secondsShown(
  [first, last]: Range,
  now: number,
  isWhole: boolean,
): Range {
  const span = last - first;
  if (isWhole || span <= IN_SIGHT_S) return [first, Math.max(last, first + 1)];
  const left = Math.min(Math.max(now - PRESENT * IN_SIGHT_S, first), last - IN_SIGHT_S);
  return [left, left + IN_SIGHT_S];
}

/** Lowest and highest value that are drawn. */
export function scaleOf(
  pieces: readonly Piece[],
  d: number,
  mode: Mode,
  current: Values,
): Range {
  if (mode === 'bounded') return [-1, 1];
  const [low, high] = rangeOf(pieces, d) ?? [0, 0];
  const here = current[d] ?? 0;
  const [bottom, top] = [Math.min(low, here), Math.max(high, here)];
  const lack = Math.max(0, LEAST_RANGE - (top - bottom)) / 2;
  const margin = 0.08 * (top - bottom);
  return [bottom - lack - margin, top + lack + margin];
}

const share = (value: number, [low, high]: Range) => (value - low) / (high - low);

/** Place of a value from the top of a box, 0 to 1. */
export const fromTop = (value: number, scale: Range) =>
  Math.min(1, Math.max(0, 1 - share(value, scale)));

/** The line of one dimension of a piece; empty if none of it is in sight. */
export function lineOf(piece: Piece, d: number, sight: Range, scale: Range): string {
  const times = piece.time_s;
  const from = Math.max(0, lowerBound(times, sight[0]) - 1);
  const to = Math.min(times.length - 1, lowerBound(times, sight[1]));
  if (from >= times.length || to < from) return '';
  const stride = Math.max(1, Math.ceil((to - from + 1) / MOST_POINTS));
  const points: string[] = [];
  for (let i = from; i <= to; i += stride) {
    const x = WIDTH * share(times[i] as number, sight);
    const y = HEIGHT * fromTop(piece.value[i]?.[d] ?? 0, scale);
    points.push(`${x.toFixed(1)},${y.toFixed(2)}`);
  }
  return `M${points.join('L')}`;
}
