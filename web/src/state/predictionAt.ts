/** What the model predicts of a frame, as far as it may be seen. */

import { computed, effect, signal } from '@preact/signals';
import { getPrediction } from '../api/client';
import { type Prediction, SOURCE } from '../api/types';
import { hasValue, type Value } from '../lib/value';
import { item } from './queue';
import { frames, indexAt, place, prediction } from './selection';
import { classes } from './session';
import { onSheet, sheetFace, sheetFaces } from './sheetFaces';
import { draftKey, isBlind, targetFrame } from './target';

export interface PredictionAt {
  model_id: string;
  value: Value;
  low: Value;
  high: Value;
  confidence: number | null;
  expression: string | null;
  /** False where a person's value stands in its place, or it was rejected. */
  isModels: boolean;
}

/** Sources under which the model's value stands. */
const MODELS: ReadonlySet<number> = new Set([SOURCE.model, SOURCE.reviewed]);

/** The model's class is shown, and accepted, from this probability. */
const NAMED_FROM = 0.5;

/** To four decimals, as the server writes numbers in JSON. */
const known = (value: number | undefined) =>
  value === undefined || Number.isNaN(value) ? null : Number(value.toFixed(4));

export function predictionAt(at: number): PredictionAt | null {
  if (isBlind(at)) return null;
  const found = prediction.value;
  const i = indexAt(at);
  if (!found || i < 0) return predictionOfItem(at);
  const row = (columns: readonly Float32Array[]) =>
    columns.map((column) => known(column[i]));
  const value = row(found.value);
  if (!hasValue(value)) return predictionOfItem(at);
  return {
    model_id: found.model_id,
    value,
    low: row(found.low),
    high: row(found.high),
    confidence: known(found.confidence[i]),
    expression: classes.value[found.expression[i] ?? 255]?.name ?? null,
    isModels: MODELS.has(found.value_source[i] as number),
  };
}

function predictionOfItem(at: number): PredictionAt | null {
  const on = item.value;
  const found = on?.prediction;
  if (!on || !found || on.frame !== at || !hasValue(found.value)) return null;
  const expression = topClass(found.class_probability)?.name ?? null;
  return { ...found, expression, isModels: true };
}

function topClass(of: number[] | null): { name: string; share: number } | null {
  if (!of || of.length === 0) return null;
  const share = Math.max(...of);
  const name = classes.value[of.indexOf(share)]?.name;
  return name === undefined ? null : { name, share };
}

/** What is predicted where the next judgement goes. */
export const predicted = computed(() =>
  onSheet.value ? ofSheet.value : predictionAt(targetFrame.value),
);

/** Of the one face of the contact sheet, where predictions are shown there. */
const ofSheet = computed<PredictionAt | null>(() => {
  const found = sheetFaces.value?.isModelShown ? sheetFace.value?.prediction : null;
  if (!found || !hasValue(found.value)) return null;
  const expression = topClass(found.class_probability)?.name ?? null;
  return { ...found, expression, isModels: true };
});

const fetched = signal<{ key: string; of: Prediction } | null>(null);

/** What the item itself holds of its frame, which may be of an earlier model. */
const ofItem = computed(() =>
  item.value?.frame === targetFrame.value ? item.value.prediction : null,
);
const ofFetched = computed(() =>
  fetched.value?.key === draftKey.value ? fetched.value.of : null,
);

/** The model's probability of each class where the next judgement goes, if known. */
export const probabilities = computed<number[] | null>(() => {
  const shown = predicted.value;
  if (!shown) return null;
  if (onSheet.value) return sheetFace.value?.prediction?.class_probability ?? null;
  const fresh = [ofItem.value, ofFetched.value].find(
    (one) => one?.model_id === shown.model_id,
  );
  const of = fresh ?? ofFetched.value ?? ofItem.value;
  return of?.class_probability ?? null;
});

/** The class that accepting the prediction accepts with it. */
export const likelyClass = computed(() => {
  const top = topClass(probabilities.value);
  return top && top.share >= NAMED_FROM ? top.name : null;
});

const SETTLED_MS = 250;

/** Fetches the probabilities of a frame on which the person stays for a moment. */
export function followProbabilities(): () => void {
  let timer: ReturnType<typeof setTimeout>;
  return effect(() => {
    clearTimeout(timer);
    if (onSheet.value) return;
    const at = place.value;
    const key = draftKey.value;
    const i = indexAt(targetFrame.value);
    const shown = predicted.value;
    if (!at || key === null || !shown || i < 0) return;
    const upToDate = [ofItem.value, ofFetched.value].some(
      (one) => one?.model_id === shown.model_id,
    );
    if (upToDate) return;
    const on = frames.value[i] as number;
    timer = setTimeout(async () => {
      const of = await getPrediction(at.video_id, at.track_id, on).catch(() => null);
      if (of) fetched.value = { key, of };
    }, SETTLED_MS);
  });
}
