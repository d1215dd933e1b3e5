/** How a table is to be read: the same texts as `feltline labels import` takes. */

import { sendFile } from '../api/client';
import type { Dimension, LabelsImported, Table } from '../api/types';

/** Ends of a scale as they are typed; empty = those of the label schema. */
export interface ScaleText {
  low: string;
  high: string;
}

export interface Mapping {
  /** The file's column by our name; empty = none. */
  columns: Record<string, string>;
  scales: Record<string, ScaleText>;
  /** Name of the project's video by what the file calls it. */
  videos: Record<string, string>;
}

export const NO_MAPPING: Mapping = { columns: {}, scales: {}, videos: {} };

type Pair = readonly [string, string];

/** Names that a column of a table may have for us, in order. */
export const ourColumns = (dimensions: readonly Dimension[]): readonly string[] => [
  ...['video', 'frame', 'time_s', 'face'],
  ...dimensions.map((one) => one.name),
  ...['expression', 'rater'],
];

function scaleOf(text: ScaleText, one: Dimension): string | null {
  const low = text.low.trim() || String(one.low);
  const high = text.high.trim() || String(one.high);
  if (Number(low) === one.low && Number(high) === one.high) return null;
  return `${one.name}=${low}..${high}`;
}

/** A mapping as parameters; `null` where a video was not chosen yet. */
export function pairsOf(mapping: Mapping, dimensions: readonly Dimension[]): Pair[] {
  const pairs: Pair[] = [];
  for (const [ours, theirs] of Object.entries(mapping.columns)) {
    if (theirs !== ours) pairs.push(['column', `${ours}=${theirs}`]);
  }
  for (const one of dimensions) {
    const text = mapping.scales[one.name];
    const said = text && mapping.columns[one.name] ? scaleOf(text, one) : null;
    if (said) pairs.push(['scale', said]);
  }
  for (const [theirs, ours] of Object.entries(mapping.videos)) {
    if (ours) pairs.push(['video', `${ours}=${theirs}`]);
  }
  return pairs;
}

/** The command that does the same. */
export function commandOf(name: string, pairs: readonly Pair[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const options = pairs.map(([option, text]) => `--${option} ${quoted(text)}`);
  return ['feltline labels import', quoted(name), ...options].join(' ');
}

export const preview = (file: File, pairs: readonly Pair[]) =>
  sendFile<Table>('/labels/preview', file, [['name', file.name], ...pairs]);
export const importTable = (file: File, pairs: readonly Pair[]) =>
  sendFile<LabelsImported>('/labels', file, [['name', file.name], ...pairs]);
