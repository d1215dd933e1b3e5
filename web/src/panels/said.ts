/** What a person says of the faces of a contact sheet, as labels for the server. */

import type { LabelRequest, SheetCell } from '../api/types';
import type { NewChange } from './send';

/** A value, a class, or both. */
export interface Said {
  valence?: number;
  arousal?: number;
  expression?: string;
}

export const keyOf = (cell: SheetCell) =>
  `${cell.video_id}/${cell.track_id}/${cell.frame}`;

/**
 * One label per face in one request. What this person said of a face before on this sheet
 * is said again with it, for a new label takes the place of the old one.
 *
 * @param before by `keyOf`
 * @param active_s seconds spent on all of them together
 * @param shown true if the model's values were in sight
 */
export function labelsFor(
  cells: readonly SheetCell[],
  said: Said,
  before: ReadonlyMap<string, Said>,
  active_s: number,
  shown: boolean,
): NewChange & { body: { labels: LabelRequest[] } } {
  const labels = cells.map((cell): LabelRequest => {
    const all = { ...before.get(keyOf(cell)), ...said };
    return {
      client_id: crypto.randomUUID(),
      video_id: cell.video_id,
      track_id: cell.track_id,
      scope: 'frame',
      first_frame: cell.frame,
      last_frame: cell.frame,
      valence: all.valence ?? null,
      arousal: all.arousal ?? null,
      expression: all.expression ?? null,
      active_s: Math.round((active_s / cells.length) * 100) / 100,
      shown_run_id: shown ? (cell.estimate?.run_id ?? null) : null,
      decision: 'label',
    };
  });
  return {
    client_id: crypto.randomUUID(),
    kind: 'labels',
    method: 'POST',
    path: '/labels/many',
    body: { labels },
  };
}
