/** What lies under and over the curves: doubt, the queue's stretch, marks of people. */

import { type Frame, LANES, xOf, yOf } from './lanes';
import type { Marks } from './marks';
import { paintMarks } from './paintMarks';
import type { Slice } from './slice';
import type { Theme } from './theme';
import type { Stretch } from './window';

/** What the painter needs to know of the state of the timeline. */
export interface Scene {
  readonly slice: Slice;
  readonly marks: Marks;
  readonly threshold: number;
  /** The queue item's stretch and its own time, in seconds. */
  readonly item: (Stretch & { readonly at: number }) | null;
  /** Where the model must not be shown, in seconds. */
  readonly blind: Stretch | null;
  readonly blindText: string;
  readonly theme: Theme;
  readonly hatch: CanvasPattern | null;
  /** Device pixels per pixel. */
  readonly ratio: number;
}

type Context = CanvasRenderingContext2D;

/** Diagonal lines, so that doubt is seen without colours too. */
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

/** Shades of doubt: a pair is tinted by how many of its frames are doubtful. */
const SHADES = [0.05, 0.08, 0.11, 0.14];
/** Shades above this one are hatched too. */
const HATCHED = 2;

/** Shade of a share of doubtful frames, 1 to 4; 0 for none. */
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
function paintDoubt(context: Context, frame: Frame, scene: Scene): void {
  const { theme, hatch } = scene;
  forShades(scene.slice, frame, (shade, left, right) => {
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

const SCALE = ['\u22121', '0', '+1'];

function paintGrid(context: Context, frame: Frame, scene: Scene): void {
  const { theme, ratio } = scene;
  context.strokeStyle = theme.grid;
  context.fillStyle = theme.muted;
  context.lineWidth = ratio;
  context.font = `${10 * ratio}px ${theme.font}`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  const apart = frame.height * (LANES.arousal.top - LANES.valence.bottom);
  for (const lane of [LANES.valence, LANES.arousal]) {
    for (const value of [-1, 0, 1]) {
      const y = Math.round(yOf(frame, lane, value)) + 0.5;
      context.globalAlpha = value ? 0.6 : 1;
      context.beginPath();
      context.moveTo(frame.left, y);
      context.lineTo(frame.left + frame.width, y);
      context.stroke();
      context.globalAlpha = 1;
      const inner = value === (lane === LANES.valence ? -1 : 1);
      // In a low plot the scales' ends between the lanes would lie on one another.
      if (inner && apart < 12 * ratio) continue;
      context.fillText(SCALE[value + 1] as string, frame.left - 5 * ratio, y);
    }
  }
}

function paintItem(context: Context, frame: Frame, scene: Scene): void {
  const { item, theme, ratio } = scene;
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

function paintBlind(context: Context, frame: Frame, scene: Scene): void {
  const { blind, theme, ratio } = scene;
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
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  if (context.measureText(scene.blindText).width < wide - 8 * ratio) {
    const y = frame.top + frame.height * LANES.valence.bottom;
    context.fillText(scene.blindText, left + wide / 2, y);
  }
}

/** Everything under the curves. */
export function paintUnder(context: Context, frame: Frame, scene: Scene): void {
  context.save();
  paintGrid(context, frame, scene);
  context.beginPath();
  context.rect(frame.left, frame.top, frame.width, frame.height);
  context.clip();
  paintItem(context, frame, scene);
  paintDoubt(context, frame, scene);
  paintBlind(context, frame, scene);
  context.restore();
}

function paintThreshold(context: Context, frame: Frame, scene: Scene): void {
  const y = Math.round(yOf(frame, LANES.confidence, scene.threshold)) + 0.5;
  context.strokeStyle = scene.theme.below;
  context.lineWidth = scene.ratio;
  context.setLineDash([3 * scene.ratio, 3 * scene.ratio]);
  context.beginPath();
  context.moveTo(frame.left, y);
  context.lineTo(frame.left + frame.width, y);
  context.stroke();
  context.setLineDash([]);
}

/** Everything over the curves. */
export function paintOver(context: Context, frame: Frame, scene: Scene): void {
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top, frame.width, frame.height);
  context.clip();
  paintThreshold(context, frame, scene);
  paintMarks(context, frame, scene);
  context.restore();
}
