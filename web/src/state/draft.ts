/** Changing the draft: the value, the class and what they go to. */

import { batch, computed, signal } from '@preact/signals';
import type { Judgement } from '../api/types';
import { nearest } from '../lib/geometry';
import { hasValue, middleOf, snapped, stepOf, type Value } from '../lib/value';
import { trackJudgements } from './changes';
import { type Draft, draft, EMPTY, NO_MARKS, scope, spanMarks } from './draftValue';
import { predicted } from './predictionAt';
import { frame, frames, indexAt, place } from './selection';
import { dimensions } from './session';
import { onSheet, sheetFaces } from './sheetFaces';
import { anchor, blindSpan, draftPlace, targetFrame } from './target';

/** The dimension that the arrow keys move, by its place in the label schema. */
export const dimension = signal(0);

/** Judgements of the face that may be seen now. */
export const visibleJudgements = computed(() => {
  const blind = blindSpan.value;
  if (blind === null) return trackJudgements.value;
  return trackJudgements.value.filter(
    (one) =>
      one.scope === 'clip' ||
      one.last_frame < blind.first ||
      one.first_frame > blind.last,
  );
});

/** What people judged that speaks of a frame, the latest last. */
function judgementsOf(at: number): Judgement[] {
  const i = indexAt(at);
  const on = i < 0 ? at : (frames.value[i] as number);
  return visibleJudgements.value.filter(
    (one) => one.first_frame <= on && on <= one.last_frame,
  );
}

/**
 * What people judged of a frame: per dimension the latest value, and the latest class, for
 * a judgement leaves open what it does not say; a rejection takes earlier values away. A
 * clip's judgement counts where there is no other.
 */
export function judgementAt(at: number): Judgement | null {
  const all = judgementsOf(at);
  const nearer = all.filter((one) => one.scope !== 'clip');
  return inForce(nearer.length > 0 ? nearer : all.slice(-1));
}

function inForce(judgements: readonly Judgement[]): Judgement | null {
  let found: Judgement | null = null;
  for (const one of judgements) {
    if (one.decision === 'reject') found = null;
    else if (hasValue(one.value) || one.expression !== null) found = over(found, one);
  }
  return found;
}

function over(before: Judgement | null, one: Judgement): Judgement {
  if (before === null) return one;
  const value = hasValue(one.value)
    ? one.value.map((v, d) => v ?? before.value[d] ?? null)
    : before.value;
  return { ...one, value, expression: one.expression ?? before.expression };
}

/**
 * The judgement in force where the next one goes. A clip's stands in no frame: the model's
 * value there is still to be answered.
 */
export const savedJudgement = computed(() => {
  const ofClip = scope.value === 'clip';
  const all = judgementsOf(targetFrame.value);
  return inForce(all.filter((one) => (one.scope === 'clip') === ofClip));
});

/** What is in force of the faces that the pad is about. */
export const saved = computed(() =>
  onSheet.value ? sheetFaces.value?.annotation : savedJudgement.value,
);

/** The own value to show: of the draft, else of what is saved. */
export const ownValue = computed<Value>(() =>
  hasValue(draft.value.value) ? draft.value.value : (saved.value?.value ?? []),
);
export const ownExpression = computed(() =>
  draft.value.expression === undefined
    ? (saved.value?.expression ?? null)
    : draft.value.expression,
);

/** The value on the pad: the rater's own, else the model's where that may be seen. */
function valueInSight(): Value {
  const own = ownValue.value;
  const model = predicted.value?.value ?? [];
  return dimensions.value.map((one, d) => {
    const value = own[d] ?? model[d] ?? null;
    return value === null ? null : snapped(value, one);
  });
}

function change(part: Partial<Draft>): void {
  batch(() => {
    const at = place.value;
    if (!onSheet.value) {
      if (!at) return;
      draftPlace.value ??= { ...at, frame: anchor.value };
    }
    draft.value = { ...draft.value, ...part };
  });
}

/** Gives values to some dimensions; null leaves one as it is in sight. */
export function setValue(moved: Value): void {
  const { touched } = draft.value;
  change({
    value: valueInSight().map((before, d) => moved[d] ?? before),
    touched: dimensions.value.map((_, d) => touched[d] || (moved[d] ?? null) !== null),
  });
}

/** Takes over the value in sight, as a start to change it from. */
export function copyPrediction(): void {
  const { touched } = draft.value;
  change({
    value: valueInSight(),
    touched: dimensions.value.map((_, d) => touched[d] ?? false),
  });
}

/** Moves one dimension, from what is in sight or else from the middle of its scale. */
export function nudge(steps: number, far = false): void {
  const d = dimension.value;
  const which = dimensions.value[d];
  if (!which) return;
  const from = valueInSight()[d] ?? middleOf(which);
  const value = snapped(from + steps * stepOf(which, far), which);
  setValue(dimensions.value.map((_, i) => (i === d ? value : null)));
}

export function chooseClass(name: string | null): void {
  change({ expression: name });
}

export function setComment(comment: string): void {
  draft.value = { ...draft.value, comment };
}

export function toggleUnsure(): void {
  draft.value = { ...draft.value, unsure: !draft.value.unsure };
}

export function clearDraft(): void {
  batch(() => {
    draft.value = EMPTY;
    draftPlace.value = null;
    scope.value = 'frame';
    spanMarks.value = NO_MARKS;
  });
}

/** Marks one end of a span at the frame on screen, at the nearest frame of the face. */
export function markSpan(which: 'start' | 'end'): void {
  const at = nearest(frames.value, frame.value) ?? frame.value;
  batch(() => {
    spanMarks.value = { ...spanMarks.value, [which]: at };
    scope.value = 'span';
  });
}

export function setSpan(first: number, last: number): void {
  batch(() => {
    spanMarks.value = { start: first, end: last };
    scope.value = 'span';
  });
}

/** Puts a draft that was kept through a reload back. */
export function loadDraft(kept: Draft): void {
  const at = place.value;
  const holds = hasValue(kept.value) || kept.expression !== undefined;
  batch(() => {
    draftPlace.value = at && holds ? { ...at, frame: anchor.value } : null;
    draft.value = kept;
  });
}
