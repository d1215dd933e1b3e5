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

/** A curve of one frame per pair, cut where frames are missing: one path per owner. */
export function curvePaths(
  slice: Slice,
  curve: number,
  lane: Lane,
  frame: Frame,
): (Path2D | null)[] {
  const paths: (Path2D | null)[] = new Array(OWNERS).fill(null);
  const values = slice.lo[curve] as Float32Array;
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

/** Half the thickness of a curve that is drawn as an area, in pixels. */
const HALF = 0.8;

/**
 * A curve of many frames per pair, as the area from the least to the greatest values: it
 * looks like the line and costs a fraction of it. Neighbouring pairs are stretched until they
 * touch, or steep parts would fade.
 */
export function envelopePaths(
  slice: Slice,
  curve: number,
  lane: Lane,
  frame: Frame,
): (Path2D | null)[] {
  const paths: (Path2D | null)[] = new Array(OWNERS).fill(null);
  const lo = slice.lo[curve] as Float32Array;
  const hi = slice.hi[curve] as Float32Array;
  const half = HALF * devicePixelRatio;
  const leads = (i: number) =>
    i > 0 && slice.joined[i] === 1 && !Number.isNaN(lo[i - 1] as number);
  const upper = (i: number) => {
    const value = leads(i) ? Math.max(hi[i] as number, lo[i - 1] as number) : hi[i];
    return yOf(frame, lane, value as number) - half;
  };
  const lower = (i: number) => {
    const value = leads(i) ? Math.min(lo[i] as number, hi[i - 1] as number) : lo[i];
    return yOf(frame, lane, value as number) + half;
  };
  for (let i = 0; i < slice.count; i += 1) {
    if (Number.isNaN(lo[i] as number)) continue;
    const owner = slice.owner[i] as number;
    const from = leads(i) ? i - 1 : i;
    while (i + 1 < slice.count && leads(i + 1) && slice.owner[i + 1] === owner) {
      if (Number.isNaN(lo[i + 1] as number)) break;
      i += 1;
    }
    const path = paths[owner] ?? new Path2D();
    paths[owner] = path;
    outline(path, slice, frame, from, i, upper, lower);
  }
  return paths;
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
    const single = slice().size === 1;
    const build = single ? curvePaths : envelopePaths;
    const drawn = new Map<string, Path2D>();
    build(slice(), curve, lane, frameOf(u)).forEach((path, owner) => {
      if (!path) return;
      const colour = colours()[owner] as string;
      const same = drawn.get(colour);
      if (same) same.addPath(path);
      else drawn.set(colour, path);
    });
    return single ? { stroke: drawn } : { fill: drawn };
  };
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
