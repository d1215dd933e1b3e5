/** What people judged, drawn over the curves: dots, bars, and diamonds for classes. */

import { lowerBound } from '../lib/geometry';
import type { Drawing } from './drawing';
import { type Frame, type Lane, xOf, yOf } from './lanes';
import type { Marks } from './marks';
import type { Theme } from './theme';

type Context = CanvasRenderingContext2D;

/** More marks than this are drawn as squares, which cost less than dots. */
const MANY = 600;
const DOT = 4;

/** Colours of `MARK` in `marks.ts`. */
const markColours = (theme: Theme) => [theme.human, theme.accepted, theme.imported];

function* shownMarks(marks: Marks, frame: Frame): Generator<number> {
  const from = lowerBound(marks.start, frame.start - marks.longest);
  for (let i = from; i < marks.start.length; i += 1) {
    if ((marks.start[i] as number) > frame.end) return;
    if ((marks.end[i] as number) >= frame.start) yield i;
  }
}

function paintBar(
  context: Context,
  frame: Frame,
  drawing: Drawing,
  i: number,
  y: number,
): void {
  const { marks, ratio } = drawing;
  const left = xOf(frame, marks.start[i] as number);
  const wide = Math.max(xOf(frame, marks.end[i] as number) - left, 2 * ratio);
  context.globalAlpha = marks.clip[i] ? 0.45 : 0.9;
  context.fillRect(left, y - 2 * ratio, wide, 4 * ratio);
  if (!marks.clip[i]) {
    context.fillRect(left, y - 6 * ratio, 2 * ratio, 12 * ratio);
    context.fillRect(left + wide - 2 * ratio, y - 6 * ratio, 2 * ratio, 12 * ratio);
  }
  context.globalAlpha = 1;
}

function paintDot(context: Context, x: number, y: number, drawing: Drawing): void {
  const size = DOT * drawing.ratio;
  if (drawing.marks.start.length > MANY) {
    context.fillRect(x - size / 2, y - size / 2, size, size);
    return;
  }
  context.beginPath();
  context.arc(x, y, size, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}

/** A class without a value has no height of its own: a diamond between the lanes. */
function paintDiamond(context: Context, x: number, y: number, ratio: number): void {
  const size = 5 * ratio;
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.fill();
}

function paintMark(
  context: Context,
  frame: Frame,
  drawing: Drawing,
  i: number,
  lane: Lane,
  value: number,
): void {
  const { marks } = drawing;
  if ((marks.end[i] as number) > (marks.start[i] as number)) {
    paintBar(context, frame, drawing, i, yOf(frame, lane, value));
  } else {
    const x = xOf(frame, marks.start[i] as number);
    paintDot(context, x, yOf(frame, lane, value), drawing);
  }
}

/** Under the first lane: between it and the next one, if there is one. */
const diamondPlace = ([first, second]: readonly Lane[]) =>
  ((first?.bottom ?? 0.5) + (second?.top ?? first?.bottom ?? 0.5)) / 2;

/** Of one frame a diamond; of a span a line between two of them. */
function paintClass(context: Context, frame: Frame, drawing: Drawing, i: number): void {
  const { marks, ratio, lanes } = drawing;
  const y = frame.top + frame.height * diamondPlace(lanes);
  const [from, to] = [marks.start[i] as number, marks.end[i] as number];
  const [left, right] = [xOf(frame, from), xOf(frame, to)];
  paintDiamond(context, left, y, ratio);
  if (to <= from) return;
  context.fillRect(left, y - ratio, right - left, 2 * ratio);
  paintDiamond(context, right, y, ratio);
}

export function paintMarks(context: Context, frame: Frame, drawing: Drawing): void {
  const { marks, ratio, theme, lanes } = drawing;
  const colours = markColours(theme);
  context.strokeStyle = theme.humanRing;
  context.lineWidth = ratio;
  for (const i of shownMarks(marks, frame)) {
    context.fillStyle = colours[marks.kind[i] as number] as string;
    if (marks.classOnly[i]) paintClass(context, frame, drawing, i);
    lanes.forEach((lane, d) => {
      const value = marks.value[d]?.[i] ?? Number.NaN;
      if (!Number.isNaN(value)) paintMark(context, frame, drawing, i, lane, value);
    });
  }
}
