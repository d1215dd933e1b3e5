/** What Enter would save just now, so that the page can announce it beforehand. */

import { computed } from '@preact/signals';
import { type Decision, type Scope, type Shown, SOURCE } from '../api/types';
import { contradicts } from '../lib/expressions';
import { hasValue, isSame, type Value } from '../lib/value';
import { savedJudgement } from './draft';
import { draft, draftTouched, scope } from './draftValue';
import { likelyClass, type PredictionAt, predicted } from './predictionAt';
import { activeItem, decision, hidden } from './queue';
import { isSeen } from './seen';
import { indexAt, place, prediction } from './selection';
import { classNamed, dimensions } from './session';
import { type Target, target, targetFrame } from './target';

/** The name in a judgement where a class proposed its place before there was a model. */
const NO_MODEL = 'none';

export interface Outcome {
  target: Target;
  /** Empty where no dimension has a value. */
  value: Value;
  touched: boolean[];
  expression: string | null;
  decision: Extract<Decision, 'label' | 'accept' | 'edit'>;
  shown: Shown | null;
}

export type Plan =
  | { outcome: Outcome; why?: undefined }
  | { outcome?: undefined; why: string };

/**
 * The prediction that a judgement was made in sight of; null = none. A prediction is of one
 * frame: whoever judges a span or a clip compares nothing with it.
 */
export function shownNow(of: Scope): Shown | null {
  const proposed_by_class = hasValue(draft.value.proposed);
  const seen = predicted.value;
  if (of === 'frame' && seen?.isModels) {
    const { model_id, value, confidence } = seen;
    return { model_id, value: [...value], confidence, proposed_by_class };
  }
  if (!proposed_by_class) return null;
  // No value of a model was in sight, only what the class proposed.
  const model_id = prediction.value?.model_id ?? NO_MODEL;
  return { model_id, value: null, confidence: null, proposed_by_class };
}

function whyNothing(): string {
  if (activeItem.value && hidden.value) return 'plan.blind';
  if (scope.value !== 'frame' || activeItem.value?.kind === 'suggested')
    return 'plan.valueFirst';
  return predicted.value ? 'plan.valueFirst' : 'plan.noModel';
}

/** True if a person has judged the frame in sight, or rejected its value. */
function isReviewed(): boolean {
  if (scope.value !== 'frame') return false;
  const at = indexAt(targetFrame.value);
  const source = prediction.value?.value_source[at];
  return savedJudgement.value !== null || source === SOURCE.rejected;
}

/** The prediction that Enter answers: in sight, of one frame, and still the model's. */
const answered = computed<PredictionAt | null>(() => {
  const seen = predicted.value;
  if (!seen?.isModels || hasValue(savedJudgement.value?.value ?? [])) return null;
  if (scope.value !== 'frame' || activeItem.value?.kind === 'suggested') return null;
  return seen;
});

/** True where Enter has nothing to save: this person has decided on the item. */
export const isDone = computed(() => {
  const what = activeItem.value && decision.value?.what;
  return Boolean(what) && what !== 'skip' && !draftTouched.value;
});

export const plan = computed<Plan>(() => {
  const to = target.value;
  if (!place.value) return { why: 'plan.nothing' };
  if (!to) return { why: scope.value === 'span' ? 'plan.noSpan' : 'plan.noFace' };
  if (isDone.value) return { why: 'plan.done' };
  if (!isSeen.value) return { why: 'plan.notSeen' };
  // Enter pressed once too often must not put the model over what was just judged.
  if (!activeItem.value && !draftTouched.value && isReviewed()) {
    return { why: 'plan.reviewed' };
  }
  const seen = answered.value;
  const found = seen ? answer(to, seen) : label(to);
  return found ? { outcome: found } : { why: whyNothing() };
});

/** Accepts the prediction, or puts an own value or class in its place. */
function answer(to: Target, seen: PredictionAt): Outcome {
  const { value, expression } = draft.value;
  const shown = shownNow(to.scope);
  const touched = dimensions.value.map((_, d) => draft.value.touched[d] ?? false);
  // A class never carries a value that nobody gave.
  if (!hasValue(value) && expression) {
    return { target: to, value: [], touched, expression, decision: 'edit', shown };
  }
  const differs =
    hasValue(value) && dimensions.value.some(differsAt(value, seen.value));
  const edits = differs || Boolean(expression && expression !== likelyClass.value);
  return {
    target: to,
    value: differs ? value : seen.value,
    touched,
    expression: expression === undefined ? keptClass(differs ? value : []) : expression,
    decision: edits ? 'edit' : 'accept',
    shown,
  };
}

/** The model's class, unless the value that the rater gave speaks against it. */
function keptClass(value: Value): string | null {
  const name = likelyClass.value;
  return contradicts(value, classNamed(name), dimensions.value) ? null : name;
}

/**
 * What becomes of the model's class under a value that the rater corrected: kept with it,
 * or asked for, as it no longer fits. null = neither; the rater has chosen, or accepts.
 */
export const fateOfClass = computed<{ name: string; kept: boolean } | null>(() => {
  const { outcome } = plan.value;
  const name = likelyClass.value;
  const { expression } = draft.value;
  if (!name || expression !== undefined || outcome?.decision !== 'edit') return null;
  return { name, kept: outcome.expression === name };
});

const differsAt =
  (a: Value, b: Value) => (one: Parameters<typeof isSame>[2], d: number) => {
    const [mine, models] = [a[d] ?? null, b[d] ?? null];
    if (mine === null || models === null) return mine !== models;
    return !isSame(mine, models, one);
  };

/** An own value or class where no prediction is answered: only what the rater moved. */
function label(to: Target): Outcome | null {
  const { expression = null, touched: moved } = draft.value;
  const touched = dimensions.value.map((_, d) => moved[d] ?? false);
  const value = draft.value.value.map((one, d) => (touched[d] ? one : null));
  if (!hasValue(value) && expression === null) return null;
  return {
    target: to,
    value: hasValue(value) ? value : [],
    touched,
    expression,
    decision: 'label',
    shown: shownNow(to.scope),
  };
}
