/** Where a class and the value beside it contradict each other. */

import type { Dimension, ExpressionClass } from '../api/types';
import { unitOf, type Value } from './value';

/** From here on the typical place of a class speaks of a dimension, on [-1, 1]. */
const CLEAR_FROM: Readonly<Record<string, number>> = { valence: 0.45, arousal: 0.55 };
const CLEAR_ELSEWHERE = 0.5;
/** A value contradicts its class from this far on the other side of the middle. */
const OPPOSITE = 0.2;

/** True where a class and its value cannot both be right. */
export function contradicts(
  value: Value,
  expression: ExpressionClass | undefined,
  dimensions: readonly Dimension[],
): boolean {
  return dimensions.some((dimension, d) => {
    const place = expression?.place[dimension.name];
    const own = value[d];
    if (place === undefined || own === null || own === undefined) return false;
    if (Math.abs(place) < (CLEAR_FROM[dimension.name] ?? CLEAR_ELSEWHERE)) return false;
    return Math.sign(place) * unitOf(own, dimension) <= -OPPOSITE;
  });
}
