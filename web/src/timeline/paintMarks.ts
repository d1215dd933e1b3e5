/** What people labelled, drawn over the curves: dots, bars, and diamonds for classes. */

import { type Frame, LANES, type Lane, xOf, yOf } from './lanes';
import type { Marks } from './marks';
import type { Scene } from './paint';
import type { Theme } from './theme';
import { firstAtLeast } from './window';

type Context = CanvasRenderingContext2D;

/** More marks than this are drawn as squares, which cost less than dots. */
const MANY = 600;
const DOT = 4;

/** Colours of `MARK`. */
const markColours = (theme: Theme) => [theme.human, theme.accepted, theme.imported];

function* shownMarks(marks: Marks, frame: Frame): Generator<number> {
  const from = firstAtLeast(marks.start, frame.start - marks.longest);
  for (let i = from; i < marks.start.length; i += 1) {
    if ((marks.start[i] as number) > frame.end) return;
    if ((marks.end[i] as number) >= frame.start) yield i;
  }
}

const isHidden = (scene: Scene, i: number) =>
  scene.blind !== null &&
  (scene.marks.start[i] as number) <= scene.blind.end &&
  (scene.marks.end[i] as number) >= scene.blind.start;

function paintBar(
  context: Context,
  frame: Frame,
  scene: Scene,
  i: number,
  y: number,
): void {
  const { marks, ratio } = scene;
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

function paintDot(context: Context, x: number, y: number, scene: Scene): void {
  const size = DOT * scene.ratio;
  if (scene.marks.start.length > MANY) {
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
  scene: Scene,
  i: number,
  lane: Lane,
  value: number,
): void {
  const { marks } = scene;
  const x = xOf(frame, marks.start[i] as number);
  if (Number.isNaN(value)) {
    const between = (LANES.valence.bottom + LANES.arousal.top) / 2;
    paintDiamond(context, x, frame.top + frame.height * between, scene.ratio);
  } else if ((marks.end[i] as number) > (marks.start[i] as number)) {
    paintBar(context, frame, scene, i, yOf(frame, lane, value));
  } else {
    paintDot(context, x, yOf(frame, lane, value), scene);
  }
}

export function paintMarks(context: Context, frame: Frame, scene: Scene): void {
  const { marks, ratio, theme } = scene;
  const colours = markColours(theme);
  context.strokeStyle = theme.humanRing;
  context.lineWidth = ratio;
  for (const i of shownMarks(marks, frame)) {
    if (isHidden(scene, i)) continue;
    context.fillStyle = colours[marks.kind[i] as number] as string;
    const valence = marks.valence[i] as number;
    paintMark(context, frame, scene, i, LANES.valence, valence);
    const arousal = marks.arousal[i] as number;
    if (!Number.isNaN(arousal)) {
      paintMark(context, frame, scene, i, LANES.arousal, arousal);
    }
  }
}
