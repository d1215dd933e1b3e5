/** The bar under the plot: the whole clip, and what of it is judged, sure or waiting. */

import { between, type Counts } from './coverage';
import type { Blind, TrackTimes } from './slice';
import type { Theme } from './theme';
import type { Stretch } from './window';

/** Kinds from the bottom of the bar upwards. */
const STACK = ['sure', 'accepted', 'reviewed', 'rejected', 'pending'] as const;

/** Shares of one column of the bar; they add up to 1 where there are frames. */
export interface Column {
  sure: number;
  accepted: number;
  reviewed: number;
  rejected: number;
  pending: number;
  human: number;
}

/** Shares of the frames i to j - 1; all 0 if none of them is known. */
export function columnOf(counts: Counts, i: number, j: number): Column {
  const column: Column = {
    ...{ sure: 0, accepted: 0, reviewed: 0, rejected: 0, pending: 0, human: 0 },
  };
  const kinds = Object.keys(column) as (keyof Column)[];
  let all = 0;
  for (const kind of kinds) {
    column[kind] = between(counts[kind], i, j);
    all += column[kind];
  }
  if (all) for (const kind of kinds) column[kind] /= all;
  return column;
}

const coloursOf = (theme: Theme) => ({
  sure: theme.sure,
  accepted: theme.accepted,
  reviewed: theme.reviewed,
  rejected: theme.muted,
  pending: theme.pending,
});

/**
 * Calls back for each column of the bar that has frames. Where a column is narrower than a
 * frame, it has the frame that is still on screen.
 */
export function forColumns(
  track: TrackTimes,
  whole: Stretch,
  columns: number,
  draw: (column: number, i: number, j: number) => void,
): void {
  const { time, gap } = track;
  const step = (whole.end - whole.start) / columns;
  let i = 0;
  for (let column = 0; column < columns; column += 1) {
    const end = whole.start + (column + 1) * step;
    let j = i;
    const rest = column === columns - 1;
    while (j < time.length && (rest || (time[j] as number) < end)) j += 1;
    if (j > i) draw(column, i, j);
    else if (i > 0 && i < time.length) {
      const away = (time[i] as number) - (time[i - 1] as number);
      if (away <= gap) draw(column, i - 1, i);
    }
    i = j;
  }
}

/** @param blind frames that show no state, for it would show what the model predicts */
export function paintOverview(
  context: CanvasRenderingContext2D,
  track: TrackTimes,
  counts: Counts,
  whole: Stretch,
  blind: Blind | null,
  theme: Theme,
): void {
  const { width, height } = context.canvas;
  const paths = STACK.map(() => new Path2D());
  const human = new Path2D();
  forColumns(track, whole, width, (x, i, j) => {
    if (blind && i < blind.to && j > blind.from) return;
    const column = columnOf(counts, i, j);
    stack(paths, column, x, height);
    // One labelled frame among many must still be seen.
    if (column.human > 0) human.rect(x, 0, 1, height);
  });
  context.clearRect(0, 0, width, height);
  const colours = coloursOf(theme);
  STACK.forEach((kind, k) => {
    context.fillStyle = colours[kind];
    context.fill(paths[k] as Path2D);
  });
  context.fillStyle = theme.human;
  context.fill(human);
}

function stack(paths: Path2D[], column: Column, x: number, height: number): void {
  let y = height;
  STACK.forEach((kind, k) => {
    const tall = column[kind] * height;
    if (tall) (paths[k] as Path2D).rect(x, y - tall, 1, tall);
    y -= tall;
  });
}
