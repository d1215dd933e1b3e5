/** What Enter would save just now, so that the page can say it beforehand. */

import { computed } from '@preact/signals';
import type { Decision } from '../api/types';
import type { Affect } from '../lib/geometry';
import { indexOf } from '../lib/geometry';
import { estimate, frames, place } from './current';
import { anchor, likelyClass, model, onRecord, type Target, target } from './draft';
import { draft, scope, touched } from './given';
import { activeItem, hidden } from './queue';
import { session } from './session';

export interface Outcome {
  target: Target;
  affect: Affect | null;
  expression: string | null;
  decision: Decision;
  /** Run whose value was in sight; null = judged blind. */
  shown_run_id: string | null;
}

export type Plan =
  | { outcome: Outcome; why?: undefined }
  | { outcome?: undefined; why: string };

/** Origin of a frame whose value a person rejected, or could not judge. */
const SET_ASIDE = 5;

/** Values nearer than this are the same: they are kept to a hundredth. */
const SAME = 0.0051;

const near = (a: Affect, b: Affect) =>
  Math.abs(a.valence - b.valence) < SAME && Math.abs(a.arousal - b.arousal) < SAME;

function whyNothing(): string {
  if (activeItem.value && hidden.value) return 'plan.blind';
  if (activeItem.value?.kind === 'suggested') return 'plan.suggested';
  if (scope.value !== 'frame' || model.value) return 'plan.valueFirst';
  return 'plan.noModel';
}

/** True if a person has labelled the frame in sight, or set its value aside. */
function judgedBefore(): boolean {
  if (scope.value !== 'frame') return false;
  const at = indexOf(frames.value, anchor.value);
  return onRecord.value !== null || estimate.value?.origin[at] === SET_ASIDE;
}

/** True if this rater's own value stands on the frame in sight. */
function hasOwnValue(): boolean {
  const record = onRecord.value;
  if (record === null || record.scope === 'clip') return false;
  return record.valence !== null && record.rater === session.value?.rater;
}

export const plan = computed<Plan>(() => {
  const to = target.value;
  if (!place.value) return { why: 'plan.nothing' };
  if (!to) return { why: scope.value === 'span' ? 'plan.noSpan' : 'plan.noFace' };
  const seen = model.value;
  // Enter pressed once too often must not put the model over what was just judged.
  if (!activeItem.value && !touched.value && judgedBefore()) {
    return { why: 'plan.judged' };
  }
  const judgesModel =
    seen !== null && to.scope === 'frame' && activeItem.value?.kind !== 'suggested';
  if (judgesModel) return { outcome: judged(to, seen, seen.run_id) };
  const { affect, expression = null } = draft.value;
  if (!touched.value || (affect === null && expression === null)) {
    return { why: whyNothing() };
  }
  const shown_run_id = seen?.run_id ?? null;
  return {
    outcome: { target: to, affect, expression, decision: 'label', shown_run_id },
  };
});

/** Accepts the model's value in sight, or puts an own value or class in its place. */
function judged(to: Target, seen: Affect, shown_run_id: string): Outcome {
  const { affect, expression } = draft.value;
  const otherValue = affect !== null && !near(affect, seen);
  const otherClass = expression !== undefined && expression !== likelyClass.value;
  const value = otherValue ? affect : seen;
  const kept = otherValue ? null : likelyClass.value;
  return {
    target: to,
    // A class alone leaves an own value that was given before as it is.
    affect:
      otherClass && affect === null && hasOwnValue()
        ? null
        : { valence: value.valence, arousal: value.arousal },
    expression: expression === undefined ? kept : expression,
    decision: otherValue || otherClass ? 'edit' : 'accept',
    shown_run_id,
  };
}
