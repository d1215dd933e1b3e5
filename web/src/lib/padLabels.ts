/** Where names stand on the plane, so that no mark and no other name runs through them. */

import type { Point } from './geometry';

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Ellipse {
  x: number;
  y: number;
  rx: number;
  ry: number;
}

/** Where a name begins, on its base line; null where there is no place for it. */
export type LabelPlace = Point | null;

const EM = 10.5;
const HEIGHT = 11;
/** From the middle of a line of text down to its base line. */
const BASE = 3.7;
const NEAR = [13, 20] as const;
/** Right, left, below, above, and the corners between: in this order. */
const SIDES: readonly (readonly [number, number])[] = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
];

/** Width of a text without measuring it: of latin letters about half an em, else one. */
export function widthOf(text: string, em = EM): number {
  const wide = [...text].filter((c) => (c.codePointAt(0) ?? 0) > 0x2e7f).length;
  return em * (wide + 0.58 * ([...text].length - wide));
}

export const around = (at: Point, across: number, up: number): Box => ({
  left: at.x - across,
  top: at.y - up,
  right: at.x + across,
  bottom: at.y + up,
});

const meets = (a: Box, b: Box) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const RIM_POINTS = 48;

/** Small boxes along the rim of an ellipse: a name within it is not struck through. */
export function rimOf({ x, y, rx, ry }: Ellipse): Box[] {
  return Array.from({ length: RIM_POINTS }, (_, i) => {
    const angle = (2 * Math.PI * i) / RIM_POINTS;
    const at = { x: x + rx * Math.cos(angle), y: y + ry * Math.sin(angle) };
    return around(at, 2, 2);
  });
}

function boxBeside(
  at: Point,
  width: number,
  side: readonly [number, number],
  far: number,
) {
  const [across, down] = side;
  const turn = across !== 0 && down !== 0 ? Math.SQRT1_2 : 1;
  const middle = {
    x: at.x + across * (far * turn + width / 2),
    y: at.y + down * far * turn,
  };
  return around(middle, width / 2 + 1, HEIGHT / 2);
}

/**
 * Places of names beside their points, in order; a name keeps clear of all before it.
 *
 * @param within what no name may leave
 * @param taken what no name may run through
 */
export function labelPlaces(
  names: readonly { text: string; at: Point }[],
  within: Box,
  taken: readonly Box[],
): LabelPlace[] {
  const full = [...taken];
  return names.map(({ text, at }) => {
    const width = widthOf(text);
    for (const far of NEAR) {
      for (const side of SIDES) {
        const box = boxBeside(at, width, side, far);
        const inside =
          box.left >= within.left &&
          box.right <= within.right &&
          box.top >= within.top &&
          box.bottom <= within.bottom;
        if (!inside || full.some((other) => meets(box, other))) continue;
        full.push(box);
        return { x: box.left + 1, y: (box.top + box.bottom) / 2 + BASE };
      }
    }
    return null;
  });
}
