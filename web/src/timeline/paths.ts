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

/** A line through the means, cut where frames are missing: one path per owner. */
export function curvePaths(
  slice: Slice,
  curve: number,
  lane: Lane,
  frame: Frame,
): (Path2D | null)[] {
  const paths: (Path2D | null)[] = new Array(OWNERS).fill(null);
  const values = slice.mean[curve] as Float32Array;
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
    const y = yOf(frame, lane, value);
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
  return paths;
}

/** The area between two columns of the slice, cut where frames are missing. */
function areaPath(
  slice: Slice,
  lower: Float32Array | null,
  upper: Float32Array,
  lane: Lane,
  frame: Frame,
): Path2D {
  const path = new Path2D();
  const floor = (i: number) => (lower ? (lower[i] as number) : lane.lo);
  const there = (i: number) =>
    !Number.isNaN(floor(i)) && !Number.isNaN(upper[i] as number);
  const top = (i: number) => yOf(frame, lane, upper[i] as number);
  const bottom = (i: number) => yOf(frame, lane, floor(i));
  for (let i = 0; i < slice.count; i += 1) {
    if (!there(i)) continue;
    const from = i;
    while (i + 1 < slice.count && slice.joined[i + 1] === 1 && there(i + 1)) i += 1;
    outline(path, slice, frame, from, i, top, bottom);
  }
  return path;
}

/** Closes a path around the pairs `from` to `to`, at least a pixel wide. */
function outline(
  path: Path2D,
  slice: Slice,
  frame: Frame,
  from: number,
  to: number,
  upper: (i: number) => number,
  lower: (i: number) => number,
): void {
  const edge = xOf(frame, slice.time[from] as number) - LONE;
  path.moveTo(edge, lower(from));
  path.lineTo(edge, upper(from));
  for (let i = from; i <= to; i += 1) {
    path.lineTo(xOf(frame, slice.time[i] as number), upper(i));
  }
  for (let i = to; i >= from; i -= 1) {
    path.lineTo(xOf(frame, slice.time[i] as number), lower(i));
  }
  path.closePath();
}

/** @param colours one per owner, in the order of `OWNER` */
export function curveBuilder(
  slice: () => Slice,
  curve: number,
  lane: Lane,
  colours: () => readonly string[],
): Builder {
  return (u) => {
    const drawn = new Map<string, Path2D>();
    curvePaths(slice(), curve, lane, frameOf(u)).forEach((path, owner) => {
      if (!path) return;
      const colour = colours()[owner] as string;
      const same = drawn.get(colour);
      if (same) same.addPath(path);
      else drawn.set(colour, path);
    });
    return { stroke: drawn };
  };
}

/** From the least to the greatest values of each pair, where a pair has more than one frame. */
export function swingBuilder(slice: () => Slice, curve: number, lane: Lane): Builder {
  const band = bandBuilder(slice, curve, lane);
  return (u, ...rest) => (slice().size > 1 ? band(u, ...rest) : { fill: null });
}

export function bandBuilder(slice: () => Slice, curve: number, lane: Lane): Builder {
  return (u) => {
    const { lo, hi } = slice();
    const lower = lo[curve] as Float32Array;
    return {
      fill: areaPath(slice(), lower, hi[curve] as Float32Array, lane, frameOf(u)),
    };
  };
}

/** From the lane's floor to the least value of each pair: doubt is never averaged away. */
export function floorBuilder(slice: () => Slice, curve: number, lane: Lane): Builder {
  return (u) => ({
    fill: areaPath(slice(), null, slice().lo[curve] as Float32Array, lane, frameOf(u)),
  });
}
