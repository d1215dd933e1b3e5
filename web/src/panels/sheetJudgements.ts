/** What a person gives to the faces of a contact sheet, as judgements for the server. */

import type { JudgementRequest, SheetCell, SheetKind } from '../api/types';
import type { Value } from '../lib/value';
import type { Annotation, Remarks } from '../state/sheetFaces';
import type { NewChange } from './send';

export const keyOf = (cell: SheetCell) =>
  `${cell.video_id}/${cell.track_id}/${cell.frame}`;

/** What is in force of a face, with what was given here over it. */
export function annotationOf(cell: SheetCell, here: Annotation | undefined) {
  const before: Value = cell.annotation?.value ?? [];
  return {
    value: here?.value ? over(before, here.value) : before,
    expression: here?.expression ?? cell.annotation?.expression ?? null,
  };
}

/** A value leaves open what it does not say. */
export const over = (before: Value, now: Value): Value =>
  now.map((one, d) => one ?? before[d] ?? null);

/** What was given here before, and now. */
export function joined(before: Annotation | undefined, now: Annotation): Annotation {
  const value = now.value ? over(before?.value ?? [], now.value) : before?.value;
  return { ...before, ...now, ...(value && { value }) };
}

export interface Circumstances extends Remarks {
  kind: SheetKind;
  /** Seconds spent on all of them together. */
  active_s: number;
  /** True if predictions were in sight. */
  shown: boolean;
}

function shownOf(cell: SheetCell, shown: boolean): JudgementRequest['shown'] {
  const { prediction } = cell;
  if (!shown || !prediction) return null;
  const { model_id, value, confidence } = prediction;
  return { model_id, value, confidence, proposed_by_class: false };
}

/** One judgement per face in one request, of just what is given now. */
export function judgementsFor(
  cells: readonly SheetCell[],
  { value = [], expression }: Annotation,
  { kind, active_s, shown, unsure, comment }: Circumstances,
): NewChange & { body: { judgements: JudgementRequest[] } } {
  const judgements = cells.map(
    (cell): JudgementRequest => ({
      client_id: crypto.randomUUID(),
      video_id: cell.video_id,
      track_id: cell.track_id,
      scope: 'frame',
      first_frame: cell.frame,
      last_frame: cell.frame,
      value: [...value],
      touched: value.map((one) => one !== null),
      expression: expression ?? null,
      decision: 'label',
      shown: shownOf(cell, shown),
      unsure,
      purpose: kind === 'suggested' ? 'suggested' : 'work',
      item_id: null,
      active_s: Math.round((active_s / cells.length) * 100) / 100,
      comment,
    }),
  );
  return {
    client_id: crypto.randomUUID(),
    kind: 'judgements',
    method: 'POST',
    path: '/judgements/many',
    body: { judgements },
  };
}
