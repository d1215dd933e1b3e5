/**
 * Counts keys per judgement for `benchmarks/bars/keys.py`, which names the files:
 * FELTLINE_KEYS_IN holds a `Job`, and plans go to FELTLINE_KEYS_OUT.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { set } from '../src/state/settings';
import { standIn } from '../test/desk';
import { blindItem, isNear, queueItem, type Rating, saved } from './desk';
import { type Aim, blindPlans, proposedPlans, queuePlan, type Said } from './plans';
import type { Key } from './search';

interface Job {
  blind: Rating[];
  proposed: Rating[];
  queue: { said: Said; aim: Aim }[];
}

standIn();

async function checked(ratings: readonly Rating[], plans: readonly Key[][]) {
  for (const [i, { value, expression }] of ratings.entries()) {
    await blindItem();
    const one = await saved(plans[i] ?? []);
    expect(one.expression).toBe(expression);
    expect(one.touched).toEqual([true, true]);
    value.forEach((wanted, d) => {
      expect(
        isNear(one.value[d], wanted),
        `${plans[i]} for ${value}: ${one.value}`,
      ).toBe(true);
    });
  }
}

it('counts every keydown', async () => {
  const file = process.env.FELTLINE_KEYS_IN as string;
  const job = JSON.parse(readFileSync(file, 'utf8')) as Job;
  const blind = await blindPlans(job.blind);
  await checked(job.blind, blind);
  set('classProposes', true);
  const proposed = job.proposed.length > 0 ? await proposedPlans(job.proposed) : [];
  await checked(job.proposed, proposed);
  set('classProposes', false);
  const queue: Key[][] = [];
  for (const { said, aim } of job.queue) {
    const keys = await queuePlan(said, aim);
    queue.push(keys);
    await queueItem(said);
    const one = await saved(keys);
    expect(one.decision).toBe(keys.length === 0 ? 'accept' : 'edit');
    expect(one.expression).toBe(aim.expression);
    for (const d of [0, 1] as const) {
      if (aim.off[d]) expect(isNear(one.value[d], aim.value[d]), `${keys}`).toBe(true);
    }
  }
  const plans = { blind, proposed, queue };
  writeFileSync(process.env.FELTLINE_KEYS_OUT as string, JSON.stringify(plans));
}, 3_600_000);
