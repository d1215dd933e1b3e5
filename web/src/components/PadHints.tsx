/** What stands on the plane before any value: typical places of classes, their names. */

import type { Dimension } from '../api/types';
import { className } from '../i18n/names';
import { type Point, padPoint } from '../lib/geometry';
import { around, type Box, type Ellipse, labelPlaces, rimOf } from '../lib/padLabels';
import { classes } from '../state/session';

const REGION = 0.15;
const CROSS = 9;
const OWN = 9;

export interface HintsProps {
  two: readonly [Dimension, Dimension];
  side: number;
  margin: number;
  /** Cross of the prediction and its interval. */
  cross: Point | null;
  ellipse: Ellipse | null;
  own: Point | null;
}

/** The names of the poles stand where the axes end; see `Grid`. */
function polesOf(side: number, margin: number): Box[] {
  const middle = side / 2;
  return [
    { left: middle, top: margin, right: middle + 60, bottom: margin + 16 },
    {
      left: middle,
      top: side - margin - 18,
      right: middle + 60,
      bottom: side - margin,
    },
    { left: margin, top: middle - 16, right: margin + 62, bottom: middle - 1 },
    {
      left: side - margin - 50,
      top: middle - 16,
      right: side - margin,
      bottom: middle - 1,
    },
  ];
}

/** Faint regions around the typical places of the classes, with names that can be read. */
export function Hints({ two: [x, y], side, margin, cross, ellipse, own }: HintsProps) {
  const radius = REGION * (side / 2 - margin);
  const placed = classes.value.flatMap(({ name, place }) => {
    const across = place[x.name];
    const up = place[y.name];
    if (across === undefined || up === undefined) return [];
    const share = { x: (across + 1) / 2, y: (up + 1) / 2 };
    return [{ name, text: className(name), at: padPoint(share, side, margin) }];
  });
  const taken = [
    ...polesOf(side, margin),
    ...(cross ? [around(cross, CROSS, CROSS)] : []),
    ...(ellipse ? rimOf(ellipse) : []),
    ...(own ? [around(own, OWN, OWN)] : []),
  ];
  const within = around(
    { x: side / 2, y: side / 2 },
    side / 2 - margin,
    side / 2 - margin,
  );
  const places = labelPlaces(placed, within, taken);
  return (
    <g class="pad-hints">
      {placed.map(({ name, text, at }, i) => {
        const to = places[i];
        return (
          <g key={name}>
            <circle cx={at.x} cy={at.y} r={radius} />
            {to && (
              <text x={to.x} y={to.y}>
                {text}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}
