/** What lies under and over the curves: the threshold, the queue's stretch, marks. */

import type { Drawing } from './drawing';
import { CONFIDENCE, type Frame, type Lane, xOf, yOf } from './lanes';
import { paintMarks } from './marksPainter';
import type { Slice } from './slice';

type Context = CanvasRenderingContext2D;

/** Diagonal lines, so that what is pending is seen without colours too. */
export function makeHatch(colour: string, ratio: number): CanvasPattern | null {
  const side = Math.round(7 * ratio);
  const tile = document.createElement('canvas');
  tile.width = side;
  tile.height = side;
  const context = tile.getContext('2d');
  if (!context) return null;
  context.strokeStyle = colour;
  context.lineWidth = ratio;
  context.beginPath();
  for (const shift of [-side, 0, side]) {
    context.moveTo(shift, side);
    context.lineTo(shift + side, 0);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat');
}

/** A pair is tinted by how many of its frames are under the threshold. */
const SHADES = [0.05, 0.08, 0.11, 0.14];
/** Shades above this one are hatched too. */
const HATCHED = 2;

/** Shade of a share of pending frames, 1 to 4; 0 for none. */
export const shadeOf = (share: number) => Math.ceil(share * SHADES.length);

/** Calls back for each run of pairs of one shade, with its edges in pixels. */
export function forShades(
  slice: Slice,
  frame: Frame,
  draw: (shade: number, left: number, right: number) => void,
): void {
  const middle = (i: number) =>
    (xOf(frame, slice.time[i - 1] as number) + xOf(frame, slice.time[i] as number)) / 2;
  const startOf = (i: number) =>
    i > 0 && slice.joined[i] ? middle(i) : xOf(frame, slice.time[i] as number) - 1;
  const endOf = (i: number) =>
    i + 1 < slice.count && slice.joined[i + 1]
      ? middle(i + 1)
      : xOf(frame, slice.time[i] as number) + 1;
  for (let i = 0; i < slice.count; i += 1) {
    const shade = shadeOf(slice.pending[i] as number);
    if (!shade) continue;
    const from = i;
    while (
      i + 1 < slice.count &&
      slice.joined[i + 1] &&
      shadeOf(slice.pending[i + 1] as number) === shade
    ) {
      i += 1;
    }
    draw(shade, startOf(from), endOf(i));
  }
}

/** Whole rectangles on whole pixels: as one path they would take several times as long. */
function paintPending(context: Context, frame: Frame, drawing: Drawing): void {
  const { theme, hatch } = drawing;
  forShades(drawing.slice, frame, (shade, left, right) => {
    const from = Math.round(left);
    const wide = Math.max(Math.round(right) - from, 1);
    context.fillStyle = theme.below;
    context.globalAlpha = SHADES[shade - 1] as number;
    context.fillRect(from, frame.top, wide, frame.height);
    if (shade <= HATCHED || !hatch) return;
    context.fillStyle = hatch;
    context.globalAlpha = 0.6;
    context.fillRect(from, frame.top, wide, frame.height);
  });
  context.globalAlpha = 1;
}

/** Ends and middle of a scale, short. */
const scaleOf = ({ lo, hi }: Lane) => [lo, (lo + hi) / 2, hi];

/** Numbers stand within their own lane, so those of two lanes never meet. */
const BASELINES: readonly CanvasTextBaseline[] = ['bottom', 'middle', 'top'];
/** Height of three numbers over one another, in pixels. */
const LINES = 36;

function scaleText(value: number, lane: Lane): string {
  const text = String(Number(Math.abs(value).toFixed(2)));
  if (value < 0) return `\u2212${text}`;
  return lane.lo < 0 && value > 0 ? `+${text}` : text;
}

function paintGrid(context: Context, frame: Frame, drawing: Drawing): void {
  const { theme, ratio, lanes } = drawing;
  context.strokeStyle = theme.grid;
  context.fillStyle = theme.muted;
  context.lineWidth = ratio;
  context.font = `${10 * ratio}px ${theme.font}`;
  context.textAlign = 'right';
  lanes.forEach((lane) => {
    const high = frame.height * (lane.bottom - lane.top);
    scaleOf(lane).forEach((value, k) => {
      const y = Math.round(yOf(frame, lane, value)) + 0.5;
      context.globalAlpha = k === 1 ? 1 : 0.6;
      context.beginPath();
      context.moveTo(frame.left, y);
      context.lineTo(frame.left + frame.width, y);
      context.stroke();
      context.globalAlpha = 1;
      // In a low plot the numbers would lie on one another.
      if (k === 1 && high < LINES * ratio) return;
      context.textBaseline = BASELINES[k] as CanvasTextBaseline;
      context.fillText(scaleText(value, lane), frame.left - 5 * ratio, y);
    });
  });
}

function paintItem(context: Context, frame: Frame, drawing: Drawing): void {
  const { item, theme, ratio } = drawing;
  if (!item) return;
  const left = xOf(frame, item.start);
  const wide = Math.max(xOf(frame, item.end) - left, 2 * ratio);
  context.fillStyle = theme.accent;
  context.globalAlpha = 0.13;
  context.fillRect(left, frame.top, wide, frame.height);
  context.globalAlpha = 1;
  context.fillRect(left, frame.top, wide, 3 * ratio);
  const x = xOf(frame, item.at);
  context.beginPath();
  context.moveTo(x - 5 * ratio, frame.top);
  context.lineTo(x + 5 * ratio, frame.top);
  context.lineTo(x, frame.top + 8 * ratio);
  context.fill();
}

function paintBlind(context: Context, frame: Frame, drawing: Drawing): void {
  const { blind, theme, ratio } = drawing;
  if (!blind) return;
  const left = Math.max(xOf(frame, blind.start), frame.left);
  const right = Math.min(xOf(frame, blind.end), frame.left + frame.width);
  const wide = Math.max(right - left, 2 * ratio);
  if (right < frame.left || left > frame.left + frame.width) return;
  context.fillStyle = theme.muted;
  context.globalAlpha = 0.14;
  context.fillRect(left, frame.top, wide, frame.height);
  context.globalAlpha = 1;
  context.font = `${11 * ratio}px ${theme.font}`;
  // At its beginning: the line of the frame at hand is mostly in the middle.
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  if (context.measureText(drawing.blindText).width < wide - 16 * ratio) {
    const y = frame.top + frame.height * (drawing.lanes[0]?.bottom ?? 0.5);
    context.fillText(drawing.blindText, left + 8 * ratio, y);
  }
}

/** Everything under the curves. */
export function paintUnder(context: Context, frame: Frame, drawing: Drawing): void {
  context.save();
  paintGrid(context, frame, drawing);
  context.beginPath();
  context.rect(frame.left, frame.top, frame.width, frame.height);
  context.clip();
  paintItem(context, frame, drawing);
  paintPending(context, frame, drawing);
  paintBlind(context, frame, drawing);
  context.restore();
}

function paintThreshold(context: Context, frame: Frame, drawing: Drawing): void {
  const y = Math.round(yOf(frame, CONFIDENCE, drawing.threshold)) + 0.5;
  context.strokeStyle = drawing.theme.below;
  context.lineWidth = drawing.ratio;
  context.setLineDash([3 * drawing.ratio, 3 * drawing.ratio]);
  context.beginPath();
  context.moveTo(frame.left, y);
  context.lineTo(frame.left + frame.width, y);
  context.stroke();
  context.setLineDash([]);
}

/** What does not fit the filter fades into the ground. */
function paintDim(context: Context, frame: Frame, drawing: Drawing): void {
  context.fillStyle = drawing.theme.surface;
  context.globalAlpha = 0.78;
  for (const { start, end } of drawing.dim) {
    if (end < frame.start || start > frame.end) continue;
    const left = Math.max(xOf(frame, start), frame.left);
    const right = Math.min(xOf(frame, end), frame.left + frame.width);
    context.fillRect(left, frame.top, Math.max(right - left, 1), frame.height);
  }
  context.globalAlpha = 1;
}

/** Everything over the curves. */
export function paintOver(context: Context, frame: Frame, drawing: Drawing): void {
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top, frame.width, frame.height);
  context.clip();
  paintThreshold(context, frame, drawing);
  paintMarks(context, frame, drawing);
  paintDim(context, frame, drawing);
  context.restore();
}
