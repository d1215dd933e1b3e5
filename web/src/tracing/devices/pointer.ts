/** Where a pointer is on the bar or the pad, as values. */

import { clamp } from '../../lib/geometry';
import type { Values } from '../values';

export interface Spot {
  x: number;
  y: number;
}

/** What is drawn for the values: its lower end and left edge are -1, the others 1. */
export type Box = Pick<DOMRect, 'left' | 'top' | 'width' | 'height'>;

/** The values of a place; beside the box, those of its edge. */
export function valuesAt({ x, y }: Spot, box: Box, n: number): Values {
  const up = clamp(1 - (2 * (y - box.top)) / box.height, -1, 1);
  if (n === 1) return [up];
  return [clamp((2 * (x - box.left)) / box.width - 1, -1, 1), up];
}

/** By how much the values change on the way from one place to another. */
export function change(from: Spot, to: Spot, box: Box, n: number): Values {
  const up = (-2 * (to.y - from.y)) / box.height + 0;
  return n === 1 ? [up] : [(2 * (to.x - from.x)) / box.width, up];
}

export const spotOf = (event: PointerEvent): Spot => ({
  x: event.clientX,
  y: event.clientY,
});

/** What a device does with the values. */
export interface Hands {
  /** The element that is watched, and the bar or pad in it. */
  field: HTMLElement;
  box: () => Box;
  n: number;
  /** Values somewhere else. */
  set: (values: Values) => void;
  move: (by: Values) => void;
  isRelative: boolean;
}
