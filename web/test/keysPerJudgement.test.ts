/**
 * How many keys a judgement takes at least, by the page's own handler of keys: every
 * keydown counts, and there is no pointer. A few ratings stand for all of them;
 * `benchmarks/bars/keys.py` counts them all.
 */

import { afterEach, describe, expect, it } from 'vitest';
import { blindItem, isNear, queueItem, type Rating, saved } from '../bench/desk';
import { blindPlans, proposedPlans, queuePlan } from '../bench/plans';
import { set } from '../src/state/settings';
import { queued, standIn } from './desk';

const SOME: [Rating, blind: number, proposed: number][] = [
  [{ value: [-0.4, 0.6], expression: 'anger' }, 5, 3],
  [{ value: [0.8, 0.5], expression: 'happiness' }, 5, 3],
  [{ value: [0, 0], expression: 'neutral' }, 5, 3],
  [{ value: [-0.3, -0.2], expression: 'sadness' }, 5, 4],
  [{ value: [-0.35, 0.25], expression: 'fear' }, 5, 5],
];
const RATINGS = SOME.map(([rating]) => rating);

standIn();
afterEach(() => set('classProposes', false));

async function check(plans: readonly (readonly string[])[]): Promise<void> {
  for (const [i, { value, expression }] of RATINGS.entries()) {
    await blindItem();
    const one = await saved(plans[i] ?? []);
    expect(one).toMatchObject({ decision: 'label', expression, touched: [true, true] });
    for (const d of [0, 1] as const) expect(isNear(one.value[d], value[d])).toBe(true);
  }
}

const counts = (plans: readonly (readonly string[])[]) =>
  plans.map((keys) => keys.length + 1);

describe('the fewest keys', () => {
  it('of a blind frame, value and class', async () => {
    const plans = await blindPlans(RATINGS);
    await check(plans);
    expect(counts(plans)).toEqual(SOME.map(([, blind]) => blind));
  });

  it('where a class proposes its place', async () => {
    set('classProposes', true);
    const plans = await proposedPlans(RATINGS);
    await check(plans);
    expect(counts(plans)).toEqual(SOME.map(([, , proposed]) => proposed));
  });

  // The model says +0.30 / -0.20 and happiness.
  it.each([
    ['accepted', [0.3, -0.2], 'happiness', [false, false], 1],
    ['another class', [0.3, -0.2], 'surprise', [false, false], 2],
    ['valence a large step off', [0.5, -0.2], 'happiness', [true, false], 2],
    ['arousal a large step off', [0.3, 0], 'happiness', [false, true], 2],
    ['valence far off', [-0.7, -0.2], null, [true, false], 3],
    ['both a large step off', [0.5, 0], 'happiness', [true, true], 3],
    ['all of it', [-0.5, 0.6], 'anger', [true, true], 5],
  ] as const)('of an item: %s', async (_, value, name, off, keys) => {
    const said = queued(50).prediction;
    if (!said) throw new Error('An item of the queue has a prediction');
    const expression = name ?? 'sadness';
    const plan = await queuePlan(said, { value, expression, off });
    await queueItem(said);
    const one = await saved(plan);
    expect(one.expression).toBe(expression);
    for (const d of [0, 1] as const) {
      if (off[d]) expect(isNear(one.value[d], value[d])).toBe(true);
    }
    expect(plan.length + 1).toBe(name === null ? keys + 1 : keys);
  });
});
