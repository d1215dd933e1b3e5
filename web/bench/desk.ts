/** An item on the page's desk, as if nobody had judged anything before. */

import { expect } from 'vitest';
import type { Item, JudgementRequest } from '../src/api/types';
import { trackJudgements } from '../src/state/changes';
import { clearDraft, dimension } from '../src/state/draft';
import { decided } from '../src/state/queue';
import { freshJudgements, prediction, serverJudgements } from '../src/state/selection';
import { classKeys } from '../src/state/session';
import { desk, judgements, queued, settle, start } from '../test/desk';
import { type Key, press } from './search';

export type Pair = readonly [number, number];

/** What a rater says of a frame. */
export interface Rating {
  value: Pair;
  expression: string;
}

/** Values are reached as closely as this: half a tenth, in which the ratings are. */
const NEAR = 0.05 + 1e-6;

export const isNear = (mine: number | null | undefined, wanted: number) =>
  mine !== null && mine !== undefined && Math.abs(mine - wanted) < NEAR;

export function keyOf(expression: string): Key {
  for (const [key, name] of classKeys.value) if (name === expression) return key;
  throw new Error(`No key gives ${expression}`);
}

async function begin(found: Item[], toLabel: Item[]): Promise<void> {
  // What was saved last is on its way until here.
  await settle();
  clearDraft();
  dimension.value = 0;
  desk.sent = [];
  decided.value = new Map();
  await start(found, toLabel);
  serverJudgements.value = [];
  freshJudgements.value = [];
  expect(trackJudgements.value).toEqual([]);
}

/** A frame to be judged with nothing of the model's in sight. */
export async function blindItem(): Promise<void> {
  const blind = { kind: 'suggested', blind: true, prediction: null } as const;
  await begin([], [queued(50, blind), queued(90, blind)]);
}

/** An item of the review queue, with what the model says of it. */
export async function queueItem(said: NonNullable<Item['prediction']>): Promise<void> {
  await begin([queued(50, { prediction: said }), queued(90)], []);
  const curves = prediction.value;
  if (!curves) throw new Error('The stand-in for the server sent no curves');
  const along = (value: readonly (number | null)[]) =>
    value.map((one) => Float32Array.from(curves.confidence, () => one ?? Number.NaN));
  prediction.value = { ...curves, model_id: said.model_id, value: along(said.value) };
}

/** Presses keys and Enter on the item on screen; the judgement that is sent. */
export async function saved(keys: readonly Key[]): Promise<JudgementRequest> {
  for (const key of [...keys, 'Enter']) press(key);
  await settle();
  const [one, ...rest] = judgements();
  expect(rest).toEqual([]);
  return one as JudgementRequest;
}
