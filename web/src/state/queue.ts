/** What there is to judge, in order: suggested frames first, then the review queue. */

import { batch, computed, signal } from '@preact/signals';
import { cropUrl, getQueue, getSuggestions } from '../api/client';
import type { Item, Position } from '../api/types';
import { outboxSignal } from './changes';
import { prefetch, showPlace } from './current';
import type { Draft } from './draft';
import { onlyVideo } from './videos';

export type Lane = 'suggested' | 'queue';

/** What this person said of an item, for going back to it. */
export interface Decided {
  client_id: string;
  what: 'label' | 'accept' | 'edit' | 'reject' | 'skip' | 'unsure';
  draft: Draft;
  /** Its place in the count: '7 of 41'. */
  number: number;
}

const FETCHED = 20;
const FEW_LEFT = 6;
const AHEAD = 2;

export const lane = signal<Lane>('queue');
export const items = signal<Item[]>([]);
/** Place in `items`; its length = all done. */
export const cursor = signal(0);
export const decided = signal<ReadonlyMap<string, Decided>>(new Map());
/** Label any frame instead of the item on the card. */
export const free = signal(false);
export const loadingQueue = signal(false);
const serverPosition = signal<Position>({ done: 0, total: 0, seconds_left: null });

/** The item on the card. */
export const item = computed<Item | null>(() => items.value[cursor.value] ?? null);
/** The item that values go to. */
export const activeItem = computed(() => (free.value ? null : item.value));
export const decision = computed(() =>
  item.value ? decided.value.get(item.value.item_id) : undefined,
);
/** True while the model's value must stay hidden. */
export const hidden = computed(() => item.value?.blind === true && !decision.value);

/** Decisions that the server does not count yet, minus those being taken back. */
const uncounted = computed(() => {
  let n = 0;
  for (const change of outboxSignal.value?.waiting.value ?? []) {
    n += change.counts ?? 0;
  }
  return n;
});

export const position = computed<Position>(() => {
  const { done, total, seconds_left } = serverPosition.value;
  const now = Math.min(Math.max(done + uncounted.value, 0), total);
  const share = total > done ? (total - now) / (total - done) : 0;
  return {
    done: now,
    total,
    seconds_left: seconds_left === null ? null : seconds_left * share,
  };
});

/** The server's count after a decision; it is that of all videos. */
export function takePosition(fresh: Position, counts: number): void {
  if (onlyVideo.value === null) serverPosition.value = fresh;
  else count(counts);
}

/** More or less done in the lane of suggested frames, where we count ourselves. */
export function countSuggested(n: number): void {
  if (lane.value === 'suggested') count(n);
}

function count(n: number): void {
  const before = serverPosition.value;
  serverPosition.value = { ...before, done: before.done + n };
}

/** Starts: suggested frames that wait for labels, else the queue. */
export async function loadQueue(): Promise<void> {
  loadingQueue.value = true;
  try {
    const { items: found, done, total } = await getSuggestions();
    const wanted = onlyVideo.value;
    const open = found.filter((i) => wanted === null || i.video_id === wanted);
    if (open.length > 0) {
      begin('suggested', open, { done, total, seconds_left: null });
    } else {
      await loadReview();
    }
  } finally {
    loadingQueue.value = false;
  }
}

async function loadReview(): Promise<void> {
  const fresh = await getQueue(FETCHED, onlyVideo.value ?? undefined);
  begin('queue', fresh.items, fresh.position);
}

function begin(which: Lane, found: Item[], at: Position): void {
  batch(() => {
    lane.value = which;
    items.value = found.filter((i) => !decided.value.has(i.item_id));
    serverPosition.value = at;
    goTo(0);
  });
}

/** Asks the server anew for what comes after the item on the card. */
export async function refreshQueue(): Promise<void> {
  if (lane.value !== 'queue') return;
  const fresh = await getQueue(FETCHED, onlyVideo.value ?? undefined);
  if (lane.value !== 'queue') return;
  const here = item.value;
  const kept = items.value.slice(0, cursor.value + 1);
  const known = new Set(kept.map((i) => i.item_id));
  const coming = fresh.items.filter(
    (i) => !known.has(i.item_id) && !decided.value.has(i.item_id),
  );
  batch(() => {
    items.value = [...kept, ...coming];
    serverPosition.value = fresh.position;
    if (!here && coming.length > 0) goTo(kept.length);
    else fetchAhead();
  });
}

/** The server's idea of the next item, when it answers a decision. */
export function takeNext(next: Item | null): void {
  if (lane.value !== 'queue' || next === null || next.kind === 'suggested') return;
  const known = items.value.some((i) => i.item_id === next.item_id);
  const foreign = onlyVideo.value !== null && next.video_id !== onlyVideo.value;
  if (known || foreign || decided.value.has(next.item_id)) return;
  const after = cursor.value + 1;
  items.value = [...items.value.slice(0, after), next, ...items.value.slice(after)];
}

/** Puts an item on the card and its frame on screen. */
export function goTo(index: number): void {
  batch(() => {
    cursor.value = index;
    free.value = false;
    const shown = items.value[index];
    if (shown) showPlace(shown, shown.frame);
  });
  fetchAhead();
}

function fetchAhead(): void {
  for (const next of items.value.slice(cursor.value + 1, cursor.value + 1 + AHEAD)) {
    prefetch(next);
    new Image().src = cropUrl(next.video_id, next.track_id, next.frame);
  }
}

export function setDecided(item_id: string, what: Decided | null): void {
  const map = new Map(decided.value);
  if (what) map.set(item_id, what);
  else map.delete(item_id);
  decided.value = map;
}

/** Goes to the next item that nobody has judged; at the end of a lane to the next lane. */
export function advance(): void {
  const open = (i: Item) => !decided.value.has(i.item_id);
  const after = items.value.findIndex((i, at) => at > cursor.value && open(i));
  if (after >= 0) {
    goTo(after);
    if (items.value.length - after < FEW_LEFT) void more();
    return;
  }
  const before = items.value.findIndex(open);
  if (before >= 0 && before !== cursor.value) {
    goTo(before);
  } else if (lane.value === 'suggested') {
    void loadReview().catch(() => undefined);
  } else {
    cursor.value = items.value.length;
    void more();
  }
}

/** While offline the items at hand have to do. */
async function more(): Promise<void> {
  await refreshQueue().catch(() => undefined);
}

export function step(by: 1 | -1): void {
  const wanted = cursor.value + by;
  if (wanted < 0) return;
  if (wanted < items.value.length) goTo(wanted);
  else if (by > 0) advanceLane();
}

function advanceLane(): void {
  if (lane.value === 'suggested') void loadReview().catch(() => undefined);
  else void more();
}
