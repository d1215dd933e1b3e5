/** The model in force: what confidence rests on, and whether one is being learnt. */

import { signal } from '@preact/signals';
import { getModel, learnAnew } from '../api/client';
import type { ModelState } from '../api/types';
import { t } from '../i18n';
import { debounced, inTurn } from '../lib/timing';

const SOON_MS = 1000;
const LONGEST_MS = 4000;

/** Null until it is known. */
export const modelState = signal<ModelState | null>(null);

export const loadModel = inTurn(async () => {
  modelState.value = await getModel();
});

/** Something was judged or learnt: not asked at each click, but soon after the last. */
export const modelSoon = debounced(loadModel, SOON_MS, LONGEST_MS);

/** The server says how far learning is. */
export function learningAt(done: number, of: number): void {
  const known = modelState.value;
  if (!known) return;
  const isDone = done >= of;
  modelState.value = { ...known, learning: isDone ? null : { done, of } };
  if (isDone) modelSoon();
}

export async function learn(): Promise<void> {
  modelState.value = await learnAnew();
}

/** Which calibration the numbers rest on; empty until it is known. */
export function calibrationText(): string {
  const state = modelState.value;
  if (!state?.model_id) return '';
  const key = state.is_own ? 'calibration.own' : 'calibration.shipped';
  return t(key, { n: state.n_blind, clips: state.n_clips });
}

/** Why predictions are provisional; null where they are not. */
export function provisionalText(state: ModelState): string | null {
  if (state.reasons.length === 0) return null;
  const numbers = { n: state.n_judgements, since: state.n_since };
  // Where nothing was learnt, nothing came "since".
  const isLearnt = !state.reasons.includes('no-labels');
  const why = state.reasons
    .filter((reason) => isLearnt || reason !== 'older-labels')
    .map((reason) => t(`model.reason.${reason}`, numbers));
  return t('model.provisional', { why: why.join(t('model.reason.and')) });
}
