/**
 * How many keys a judgement takes by the page's own handler of keys: every keydown counts,
 * no pointer, default settings unless said, nothing of the machine's shown.
 *
 * `FELTLINE_KEYS` names a JSON list of ratings, `{value, expression}`, to count all of them
 * (`benchmarks/bars/keys.py`); without it a few stand for all. The counts go to the file
 * that `FELTLINE_KEYS_OUT` names.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JudgementRequest } from '../src/api/types';
import { onKeyDown } from '../src/components/useKeys';
import { clearDraft, proposal } from '../src/state/draft';
import { decided } from '../src/state/queue';
import { freshJudgements, serverJudgements } from '../src/state/selection';
import { classKeys } from '../src/state/session';
import { set } from '../src/state/settings';
import { desk, judgements, queued, settle, standIn, start } from './desk';

interface Rating {
  value: [number, number];
  expression: string;
}

const SOME: Rating[] = [
  { value: [-0.4, 0.6], expression: 'anger' },
  { value: [0.6, 0.4], expression: 'happiness' },
  { value: [0, 0], expression: 'neutral' },
  { value: [-0.3, -0.2], expression: 'sadness' },
  { value: [0.1, -0.1], expression: 'neutral' },
  { value: [-0.35, 0.25], expression: 'fear' },
];

const ratings: Rating[] = process.env.FELTLINE_KEYS
  ? (JSON.parse(readFileSync(process.env.FELTLINE_KEYS, 'utf8')) as Rating[])
  : SOME;

standIn();

/** A number as it is typed: a digit is a tenth, anything finer has its point. */
function digitsOf(value: number): string[] {
  const tenths = Math.round(Math.abs(value) * 10);
  if (tenths < 10 && Math.abs(tenths / 10 - Math.abs(value)) < 1e-9)
    return [`${tenths}`];
  return [...Math.abs(value).toFixed(2).replace(/^0/, '').replace(/0$/, '')];
}

/** What somebody presses who knows the keys: the value by its digits, class, Enter. */
function keysFor({ value: [v, a], expression }: Rating): string[] {
  const first = digitsOf(v);
  const second = digitsOf(a);
  const space = first.length > 1 ? [' '] : [];
  const sign = a < 0 ? ['-'] : space;
  return [v < 0 ? '-' : '=', ...first, ...sign, ...second, keyOf(expression), 'Enter'];
}

function keyOf(expression: string): string {
  for (const [key, name] of classKeys.value) if (name === expression) return key;
  throw new Error(`no key gives ${expression}`);
}

function press(key: string): void {
  onKeyDown(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
}

async function judged(keys: readonly string[]): Promise<JudgementRequest> {
  const before = judgements().length;
  for (const key of keys) press(key);
  await settle();
  const made = judgements();
  expect(made).toHaveLength(before + 1);
  return made.at(-1) as JudgementRequest;
}

/** As if nobody had judged anything yet. */
function forget(): void {
  clearDraft();
  desk.sent = [];
  decided.value = new Map();
  serverJudgements.value = [];
  freshJudgements.value = [];
}

async function blindItem(): Promise<void> {
  forget();
  const one = queued(50, { kind: 'suggested', blind: true, prediction: null });
  await start(
    [],
    [one, queued(90, { kind: 'suggested', blind: true, prediction: null })],
  );
}

const counted: Record<string, number> = {};
const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, n) => sum + n, 0) / numbers.length;

function check(made: JudgementRequest, { value, expression }: Rating): void {
  expect(made.expression).toBe(expression);
  expect(made.decision).toBe('label');
  value.forEach((wanted, d) => {
    expect(Math.abs((made.value[d] ?? 9) - wanted)).toBeLessThan(1e-6);
  });
}

describe('keys per judgement', () => {
  it('is at most 5.5 of a blind frame, value and class', async () => {
    const counts: number[] = [];
    for (const rating of ratings) {
      await blindItem();
      const keys = keysFor(rating);
      check(await judged(keys), rating);
      counts.push(keys.length);
    }
    counted.blind = mean(counts);
    if (process.env.FELTLINE_KEYS) expect(counted.blind).toBeLessThanOrEqual(5.5);
  });

  it('is counted with the class proposing its place, too', async () => {
    set('classProposes', true);
    const counts: number[] = [];
    for (const rating of ratings) {
      await blindItem();
      const key = keyOf(rating.expression);
      press(key);
      const place = proposal.value;
      const near = rating.value.every((v, d) => Math.abs((place[d] ?? 9) - v) < 1e-6);
      clearDraft();
      const keys = near ? [key, key, 'Enter'] : keysFor(rating);
      check(await judged(keys), rating);
      counts.push(keys.length);
    }
    set('classProposes', false);
    counted.proposed = mean(counts);
  });

  it('is one to accept, and at most three to correct a step', async () => {
    forget();
    await start([queued(50), queued(90)]);
    const acceptKeys = ['Enter'];
    expect((await judged(acceptKeys)).decision).toBe('accept');
    counted.accept = acceptKeys.length;
    forget();
    await start([queued(50), queued(90)]);
    const stepKeys = ['ArrowUp', 'ArrowUp', 'Enter'];
    const corrected = await judged(stepKeys);
    expect(corrected.decision).toBe('edit');
    forget();
    await start([queued(50), queued(90)]);
    const typedKeys = ['=', '6', 'Enter'];
    const typed = await judged(typedKeys);
    expect(typed.value[0]).toBeCloseTo(0.6);
    expect(typed.decision).toBe('edit');
    counted.correction = mean([stepKeys.length, typedKeys.length]);
    if (process.env.FELTLINE_KEYS_OUT) {
      writeFileSync(process.env.FELTLINE_KEYS_OUT, JSON.stringify(counted));
    }
  });
});
