/** The fewest keys of whole judgements: blind, blind with a proposal, and of the queue. */

import type { Item } from '../src/api/types';
import { giveClass } from '../src/state/actions';
import type { Outcome } from '../src/state/outcome';
import { blindItem, isNear, keyOf, type Pair, queueItem, type Rating } from './desk';
import { explore, type Key, shortest, valueKeys } from './search';

/** More than any value takes: a sign and a number with its point, twice. */
const MOST = 9;

export type Said = NonNullable<Item['prediction']>;

const nameOf = ([v, a]: Pair) => `${v},${a}`;
const isValue = (outcome: Outcome, wanted: Pair) =>
  wanted.every((one, d) => isNear(outcome.value[d], one));

/** By value, the fewest keys to it, from the state on screen. */
function waysTo(
  wanted: readonly Rating[],
  alphabet: readonly Key[],
  most: number,
  isMeant: (outcome: Outcome) => boolean = () => true,
): ReadonlyMap<string, readonly Key[]> {
  const left = new Map(wanted.map(({ value }) => [nameOf(value), value]));
  const found = new Map<string, readonly Key[]>();
  explore(alphabet, most, (outcome, keys) => {
    if (!isMeant(outcome)) return false;
    for (const [name, one] of left) {
      if (!isValue(outcome, one)) continue;
      left.delete(name);
      found.set(name, keys);
    }
    return left.size === 0;
  });
  return found;
}

/**
 * The fewest keys of each rating on a frame without a prediction, Enter not among them.
 *
 * A class is one key, and without a proposal it changes no value: it is pressed first, and
 * one search serves all ratings.
 */
export async function blindPlans(ratings: readonly Rating[]): Promise<Key[][]> {
  await blindItem();
  const ways = waysTo(ratings, valueKeys(), MOST);
  return ratings.map(({ value, expression }) => [
    keyOf(expression),
    ...(ways.get(nameOf(value)) ?? []),
  ]);
}

/**
 * The same where a class key proposes its place (a setting, off at first).
 *
 * A value may also be reached from the place of another class: its key first, what it
 * proposes taken and moved, and the key of the class that is meant last.
 */
export async function proposedPlans(ratings: readonly Rating[]): Promise<Key[][]> {
  const best: (readonly Key[])[] = ratings.map(() => []);
  const better = (i: number, keys: readonly Key[]) =>
    keys.length < (best[i]?.length ?? 0);
  const names = [...new Set(ratings.map(({ expression }) => expression))];
  for (const name of names) {
    const mine = ratings.filter(({ expression }) => expression === name);
    await blindItem();
    const keys = [...valueKeys(), keyOf(name)];
    const ways = waysTo(mine, keys, MOST, ({ expression }) => expression === name);
    for (const [i, one] of ratings.entries()) {
      if (one.expression === name) best[i] = ways.get(nameOf(one.value)) ?? [];
    }
  }
  const longest = Math.max(...best.map(({ length }) => length));
  for (const name of names) {
    await blindItem();
    giveClass(name);
    const key = keyOf(name);
    // Its own key and that of the class that is meant come on top.
    const ways = waysTo(ratings, [...valueKeys(), key], longest - 3);
    for (const [i, { value, expression }] of ratings.entries()) {
      const way = ways.get(nameOf(value));
      // Digits need no place to begin from: with them the other class is of no use.
      if (!way || expression === name || way.some(isTyped(key))) continue;
      const keys = [key, ...way, keyOf(expression)];
      if (better(i, keys)) best[i] = keys;
    }
  }
  return best.map((keys) => [...keys]);
}

const isTyped = (classKey: Key) => (key: Key) => /^\d$/.test(key) && key !== classKey;

/** What a correction must reach, and what it may leave as the model says it. */
export interface Aim extends Rating {
  /** Per dimension, whether the model's value is to be replaced. */
  off: readonly [boolean, boolean];
}

/** The fewest keys that answer an item of the queue, Enter not among them. */
export async function queuePlan(said: Said, aim: Aim): Promise<Key[]> {
  await queueItem(said);
  const isMeant = ({ value, expression }: Outcome) =>
    expression === aim.expression &&
    aim.value.every((wanted, d) => {
      if (aim.off[d]) return isNear(value[d], wanted);
      // It stays the model's: as it was in sight, or unsaid beside a class alone.
      const [mine, models] = [value[d] ?? null, said.value[d] ?? null];
      return mine === null || models === null || Math.abs(mine - models) < 0.0051;
    });
  const keys = shortest([...valueKeys(), keyOf(aim.expression)], MOST, isMeant);
  if (keys === null) throw new Error(`No keys lead to ${JSON.stringify(aim)}`);
  return [...keys];
}
