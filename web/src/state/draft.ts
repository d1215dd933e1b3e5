/** Changing the draft: the value, the class and what they go to. */

import { batch, computed, signal } from '@preact/signals';
import type { Judgement } from '../api/types';
import { nearest } from '../lib/geometry';
import { hasValue, middleOf, snapped, stepped, type Value } from '../lib/value';
import { trackJudgements } from './changes';
import {
  commentOpen,
  type Draft,
  draft,
  EMPTY,
  NO_MARKS,
  scope,
  spanMarks,
  typing,
} from './draftValue';
import { isOwnWord } from './ownWord';
import { predicted } from './predictionAt';
import { item } from './queue';
import { frame, frames, indexAt, place } from './selection';
import { classNamed, dimensions } from './session';
import { settings } from './settings';
import { onSheet, sheetFaces } from './sheetFaces';
import { anchor, blindSpan, draftPlace, targetFrame } from './target';

/** The dimension that the arrow keys move, by its place in the label schema. */
export const dimension = signal(0);

/**
 * Judgements of the face that may be seen now. Where the model is hidden, one's own words
 * stay in sight, and what takes them back: nobody else can be consistent with oneself.
 */
export const visibleJudgements = computed(() => {
  const blind = blindSpan.value;
  if (blind === null) return trackJudgements.value;
  return trackJudgements.value.filter(
    (one) =>
      one.scope === 'clip' ||
      one.decision === 'reject' ||
      isOwnWord(one) ||
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

/**
 * How many raters gave a value of this very frame, or of a span around it. None where a lead
 * resolved it: one value stands there.
 */
export function ratersAt(at: number): number {
  const all = judgementsOf(at).filter(({ scope: of }) => of !== 'clip');
  if (all.some(({ purpose }) => purpose === 'resolve')) return 0;
  const since = all.map(({ decision }) => decision).lastIndexOf('reject') + 1;
  const said = all.slice(since).filter(({ value, purpose }) => {
    const isPractice = purpose === 'training' || purpose === 'honeypot';
    return hasValue(value) && !isPractice;
  });
  return new Set(said.map(({ rater }) => rater)).size;
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

/** The typical place of a class in the units of the label schema; empty if it has none. */
export function placeOfClass(name: string | null): Value {
  const place = classNamed(name)?.place ?? {};
  const value = dimensions.value.map((one) => {
    const at = place[one.name];
    if (at === undefined) return null;
    // Places are on [-1, 1]; proposed is what an arrow key can reach.
    const middle = (one.low + one.high) / 2;
    return stepped(middle + (at * (one.high - one.low)) / 2, 0, one, true);
  });
  return hasValue(value) ? value : [];
}

/** Where a class key may propose a value: not beside the model's, or one of one's own. */
const mayPropose = () =>
  settings.value.classProposes &&
  scope.value === 'frame' &&
  predicted.value === null &&
  item.value?.kind !== 'audit' &&
  // Judged blind, also where the class would bring the value.
  item.value?.kind !== 'assigned' &&
  !hasValue(ownValue.value);

/** The proposal that is not taken yet: drawn hollow. */
export const proposal = computed<Value>(() =>
  hasValue(draft.value.value) ? [] : draft.value.proposed,
);

/** The value on the pad: the rater's own, else what is proposed, else the model's. */
function valueInSight(): Value {
  const own = ownValue.value;
  const other = hasValue(proposal.value)
    ? proposal.value
    : (predicted.value?.value ?? []);
  return dimensions.value.map((one, d) => {
    const value = own[d] ?? other[d] ?? null;
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

/**
 * Moves one dimension along its grid, from what is in sight. Where nothing is, the first
 * small step lands on the middle of the scale: 0 is the commonest value. It takes what a
 * class proposed, in all dimensions.
 */
export function nudge(steps: number, far = false): void {
  const d = dimension.value;
  const which = dimensions.value[d];
  if (!which) return;
  const proposed = proposal.value;
  const from = valueInSight()[d] ?? null;
  const start = from ?? middleOf(which);
  const value = from === null && !far ? start : stepped(start, steps, which, far);
  setValue(dimensions.value.map((_, i) => (i === d ? value : (proposed[i] ?? null))));
}

/** Gives a class; pressed again it takes the place that it proposed. */
export function chooseClass(name: string | null): void {
  const again = name !== null && name === draft.value.expression;
  if (again && hasValue(proposal.value)) setValue(proposal.value);
  else {
    const proposed = mayPropose() ? placeOfClass(name) : draft.value.proposed;
    change({ expression: name, proposed });
  }
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
    typing.value = null;
    commentOpen.value = false;
    if (!settings.value.keepsDimension) dimension.value = 0;
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
    draft.value = { ...EMPTY, ...kept };
  });
}
