/** How far the work is: as the server counts it, and with what is on its way to it. */

import { computed, signal } from '@preact/signals';
import type { Position } from '../api/types';
import { steadyTimeLeft } from '../lib/timeLeft';
import { outboxSignal } from './changes';

/** As the server last counted it. */
export const serverPosition = signal<Position>({
  done: 0,
  total: 0,
  seconds_left: null,
});

/** Decisions that the server does not count yet, minus those being taken back. */
const uncounted = computed(() => {
  let n = 0;
  for (const change of outboxSignal.value?.waiting.value ?? []) {
    n += change.counts ?? 0;
  }
  return n;
});

const counted = computed<Position>(() => {
  const { done, total, seconds_left } = serverPosition.value;
  const now = Math.min(Math.max(done + uncounted.value, 0), total);
  const share = total > done ? (total - now) / (total - done) : 0;
  return {
    done: now,
    total,
    seconds_left: seconds_left === null ? null : seconds_left * share,
  };
});

/** What the server counts: another threshold, or other videos, are other work. */
let countedOf = '';

export function countedNow(what: string): void {
  countedOf = what;
}

const steadyTime = steadyTimeLeft();

/** Where nothing is left, there is no time left. */
export const position = computed<Position>(() => {
  const now = counted.value;
  return { ...now, seconds_left: steadyTime(now, countedOf) };
});

/** What the server has taken counts at once; the queue brings its own count later. */
export function countDone(n: number): void {
  const before = serverPosition.value;
  serverPosition.value = { ...before, done: before.done + n };
}
