/** Path builders: uPlot asks them for a curve, a band or an area of the shown slice. */

import type uPlot from 'uplot';
import { type Frame, type Lane, xOf, yOf } from './lanes';
import { OWNERS, type Slice } from './slice';

type Builder = uPlot.Series.PathBuilder;

/** The plot's place on the canvas and the stretch of time that it shows. */
export function frameOf(u: uPlot): Frame {
  const { min = 0, max = 1 } = u.scales.x ?? {};
  const { left, top, width, height } = u.bbox;
  return { left, top, width, height, start: min, end: max };
}

/** Half the length of the stroke that stands for a lone frame, in pixels. */
const LONE = 1;

/** Pairs nearer than this many pixels of the page are drawn the quick way. */
const NEAR = 3;

/**
 * True if pairs lie so near that jagged outlines would be drawn. Filling one of a thousand
 * corners takes 5 ms without a graphics card, as lines of one pixel's width it takes 0.3 ms.
 */
export const isDense = (slice: Slice, width: number, ratio: number) =>
  slice.count * NEAR * ratio > width;

/** Widths of the lines of curves, in pixels of the page, and of one pixel of the screen. */
export const LINE = 1.6;
export const hairline = (ratio: number) => 1 / ratio;

/** Where lines of one pixel lie to be together as thick as one of `LINE`. */
function shiftsFor(ratio: number): number[] {
  const n = Math.round(LINE * ratio);
  return Array.from({ length: n }, (_, k) => k - (n - 1) / 2);
}

/**
 * A line through the means, cut where frames are missing: one path per owner.
 *
 * @param shifts the line is drawn once for each, this many pixels lower
 */
export function curvePaths(
  slice: Slice,
  curve: number,
  lane: Lane,
  frame: Frame,
  shifts: readonly number[] = [0],
): (Path2D | null)[] {
  const paths: (Path2D | null)[] = new Array(OWNERS).fill(null);
  const values = slice.mean[curve] as Float32Array;
  for (const shift of shifts) {
    let path: Path2D | null = null;
    let owner = -1;
    let beforeX = 0;
    let beforeY = 0;
    for (let i = 0; i < slice.count; i += 1) {
      const value = values[i] as number;
      if (Number.isNaN(value)) {
        path = null;
        continue;
      }
      const x = xOf(frame, slice.time[i] as number);
      const y = yOf(frame, lane, value) + shift;
      const leads = path !== null && slice.joined[i] === 1;
      if (!leads || slice.owner[i] !== owner) {
        owner = slice.owner[i] as number;
        path = paths[owner] ?? new Path2D();
        paths[owner] = path;
        if (leads) path.moveTo(beforeX, beforeY);
        else path.moveTo(x - LONE, y);
      }
      path?.lineTo(x, y);
      beforeX = x;
      beforeY = y;
    }
  }
  return paths;
}

/** An area between two columns of a slice, in pixels. */
interface Area {
  there(i: number): boolean;
  top(i: number): number;
  bottom(i: number): number;
}

/** @param lower null = the lane's floor */
function areaOf(
  lower: Float32Array | null,
  upper: Float32Array,
  lane: Lane,
  frame: Frame,
): Area {
  const floor = (i: number) => (lower ? (lower[i] as number) : lane.lo);
  return {
    there: (i) => !Number.isNaN(floor(i)) && !Number.isNaN(upper[i] as number),
    top: (i) => yOf(frame, lane, upper[i] as number),
    bottom: (i) => yOf(frame, lane, floor(i)),
  };
}

/** The outline of an area, cut where frames are missing, at least a pixel wide. */
export function outlinePath(slice: Slice, area: Area, frame: Frame): Path2D {
  const path = new Path2D();
  const x = (i: number) => xOf(frame, slice.time[i] as number);
  for (let i = 0; i < slice.count; i += 1) {
    if (!area.there(i)) continue;
    const from = i;
    const goesOn = () =>
      i + 1 < slice.count && slice.joined[i + 1] === 1 && area.there(i + 1);
    while (goesOn()) i += 1;
    path.moveTo(x(from) - LONE, area.bottom(from));
    path.lineTo(x(from) - LONE, area.top(from));
    for (let k = from; k <= i; k += 1) path.lineTo(x(k), area.top(k));
    for (let k = i; k >= from; k -= 1) path.lineTo(x(k), area.bottom(k));
    path.closePath();
  }
  return path;
}

/** The same area as one upright line per pixel. */
export function columnPath(slice: Slice, area: Area, frame: Frame): Path2D {
  const path = new Path2D();
  let before = -1;
  for (let i = 0; i < slice.count; i += 1) {
    if (!area.there(i)) {
      before = -1;
      continue;
    }
    const x = Math.round(xOf(frame, slice.time[i] as number));
    const top = area.top(i);
    const bottom = area.bottom(i);
    const leads = before >= 0 && slice.joined[i] === 1;
    const from = leads ? Math.round(xOf(frame, slice.time[before] as number)) : x - 1;
    const fromTop = leads ? area.top(before) : top;
    const fromBottom = leads ? area.bottom(before) : bottom;
    for (let column = from + 1; column <= x; column += 1) {
      const share = (column - from) / (x - from);
      const y = fromTop + share * (top - fromTop);
      path.moveTo(column, y);
      path.lineTo(column, Math.max(fromBottom + share * (bottom - fromBottom), y + 1));
    }
    before = i;
  }
  return path;
}

/** @param colours one per owner, in the order of `OWNER` */
export function curveBuilder(
  slice: () => Slice,
  curve: number,
  lane: Lane,
  colours: () => readonly string[],
): Builder {
  return (u) => {
    const frame = frameOf(u);
    const dense = isDense(slice(), frame.width, devicePixelRatio);
    const shifts = dense ? shiftsFor(devicePixelRatio) : undefined;
    const drawn = new Map<string, Path2D>();
    curvePaths(slice(), curve, lane, frame, shifts).forEach((path, owner) => {
      if (!path) return;
      const colour = colours()[owner] as string;
      const same = drawn.get(colour);
      if (same) same.addPath(path);
      else drawn.set(colour, path);
    });
    return { stroke: drawn };
  };
}

function areaBuilder(
  slice: () => Slice,
  lane: Lane,
  curve: number,
  floor: boolean,
): Builder {
  return (u) => {
    const now = slice();
    const frame = frameOf(u);
    const lo = now.lo[curve] as Float32Array;
    const hi = now.hi[curve] as Float32Array;
    const area = floor ? areaOf(null, lo, lane, frame) : areaOf(lo, hi, lane, frame);
    return isDense(now, frame.width, devicePixelRatio)
      ? { stroke: columnPath(now, area, frame) }
      : { fill: outlinePath(now, area, frame) };
  };
}

export const bandBuilder = (slice: () => Slice, curve: number, lane: Lane) =>
  areaBuilder(slice, lane, curve, false);

/** From the lane's floor to the least value of each pair: what is uncertain is never averaged away. */
export const floorBuilder = (slice: () => Slice, curve: number, lane: Lane) =>
  areaBuilder(slice, lane, curve, true);

/** From the least to the greatest values of each pair, where a pair has more than one frame. */
export function swingBuilder(slice: () => Slice, curve: number, lane: Lane): Builder {
  const band = bandBuilder(slice, curve, lane);
  return (u, ...rest) => (slice().size > 1 ? band(u, ...rest) : { fill: null });
}
