/** What there is to judge, in order: suggested frames first, then the review queue. */

import { batch, computed, signal } from '@preact/signals';
import { getQueue, getSuggestions } from '../api/client';
import type { Decision, Item, Position, Queue } from '../api/types';
import { answers, faceOf, keyOf } from '../lib/items';
import { inTurn } from '../lib/timing';
import { outboxSignal } from './changes';
import { draftStarted } from './draftValue';
import { fetchFace, holdFaces, isFetched, isSlow, prefetchDepth } from './faces';
import { countedNow, serverPosition } from './progress';
import { place, prefetch, showPlace } from './selection';
import { threshold } from './session';
import { onlyVideo, purged, trackOf, videoOf } from './videos';

export type Lane = 'suggested' | 'queue';

/** What this person decided of an item, for going back to it. */
export interface Decided {
  item: Item;
  client_id: string;
  what: Decision;
  /** Its place in the count: '7 of 41'. */
  number: number;
}

const FETCHED = 20;
const FEW_LEFT = 6;
/** As many as the server takes. */
const MOST_KEPT = 16;
/** Of so many faces to come, curves and times are fetched, too. */
const PREFETCHED = 2;

export const lane = signal<Lane>('queue');
export const items = signal<Item[]>([]);
/** Place in `items`; its length = all done. */
export const cursor = signal(0);
/** By `keyOf` of the item. */
export const decided = signal<ReadonlyMap<string, Decided>>(new Map());
/** Label any frame instead of the item on the card. */
export const freeMode = signal(false);
export const loadingQueue = signal(false);

const isDecided = (of: Item) => decided.value.has(keyOf(of));

/** Judged, maybe as part of other frames: every prediction cuts the queue anew. */
function isAnswered(asked: Item): boolean {
  if (isDecided(asked)) return true;
  for (const { item: of, what } of decided.value.values()) {
    if (what !== 'skip' && answers(of, asked)) return true;
  }
  return false;
}

/** The item on the card. */
export const item = computed<Item | null>(() => items.value[cursor.value] ?? null);
/** The item that values go to. */
export const activeItem = computed(() => (freeMode.value ? null : item.value));
export const decision = computed(() =>
  item.value ? decided.value.get(keyOf(item.value)) : undefined,
);
const VALUES: readonly string[] = ['label', 'accept', 'edit'];
/** True while the model's value must stay hidden: until an own value is saved. */
export const hidden = computed(
  () => item.value?.blind === true && !VALUES.includes(decision.value?.what ?? ''),
);

/** Starts: suggested frames that wait for labels, else the queue. */
export async function loadQueue(): Promise<void> {
  loadingQueue.value = true;
  // Both at once: on a slow line one answer after the other is twice the wait.
  const queue = fetchQueue();
  queue.catch(() => undefined);
  try {
    const { items: found, done, total } = await getSuggestions();
    const wanted = onlyVideo.value;
    const open = found.filter((i) => wanted === null || i.video_id === wanted);
    remember(open);
    if (open.length > 0) {
      // Of one video alone nobody has counted those that are done.
      const of = wanted === null ? { done, total } : { done: 0, total: open.length };
      begin('suggested', open, { ...of, seconds_left: null });
    } else {
      beginReview(await queue);
    }
  } finally {
    loadingQueue.value = false;
  }
}

/** Suggested frames that came up here: who went on without them did so knowingly. */
const cameUp = new Set<string>();

function remember(suggested: readonly Item[]): void {
  for (const of of suggested) cameUp.add(keyOf(of));
}

/**
 * Frames were suggested while the queue is being worked on, here or elsewhere: they come
 * first, and the model's values stay hidden on them. True if any came up.
 *
 * A value that was begun is not taken away: the item that it is for stays until it is
 * judged; nor is the frame on which one labels freely.
 */
export async function bringSuggested(isAskedAgain = false): Promise<boolean> {
  if (lane.value !== 'queue') return false;
  const { items: found, done, total } = await getSuggestions();
  if (lane.value !== 'queue') return false;
  const only = onlyVideo.value;
  const open = found.filter((of) => only === null || of.video_id === only);
  const coming = open.filter((of) => !isAnswered(of));
  const isNew = coming.some((of) => isAskedAgain || !cameUp.has(keyOf(of)));
  remember(open);
  if (!isNew) return false;
  batch(() => {
    const on = item.value;
    const here = on && draftStarted.value && !freeMode.value && !isGone(on) ? on : null;
    lane.value = 'suggested';
    const at = only === null ? { done, total } : { done: 0, total: open.length };
    serverPosition.value = { ...at, seconds_left: null };
    items.value = [...(here ? [here] : []), ...coming];
    if (!here && !freeMode.value) goTo(0);
    else {
      cursor.value = 0;
      prefetchNext();
    }
  });
  return true;
}

/** Videos were purged: nothing of them is asked for, or gone back to. */
export function dropPurged(): void {
  const isLeft = (of: Pick<Item, 'video_id'>) => !purged.value.has(of.video_id);
  holdFaces(isLeft);
  if (items.value.every(isLeft)) return;
  batch(() => {
    const here = item.value;
    const before = items.value.slice(0, cursor.value).filter(isLeft);
    items.value = items.value.filter(isLeft);
    decided.value = new Map([...decided.value].filter(([, of]) => isLeft(of.item)));
    cursor.value = before.length;
    if (here && !isLeft(here) && item.value && !freeMode.value) goTo(before.length);
  });
}

const beginReview = (fresh: Queue) => begin('queue', fresh.items, fresh.position);

async function loadReview(): Promise<void> {
  beginReview(await fetchQueue());
}

async function fetchQueue(kept: readonly Item[] = []): Promise<Queue> {
  const only = onlyVideo.value;
  countedNow(`${only} ${threshold.value}`);
  // What is assigned comes first as it is: only the common queue has an order to keep.
  const common = kept.filter((of) => of.kind !== 'assigned');
  const keep = common.map((of) => `${of.item_id}/${of.video_id}`);
  return only === null
    ? getQueue({ limit: FETCHED, keep, video_id: place.value?.video_id })
    : getQueue({ limit: FETCHED, keep, only });
}

function begin(which: Lane, found: Item[], at: Position): void {
  batch(() => {
    const on = freeMode.value ? null : item.value;
    // A value that was begun while this was asked for stays, and so does its face.
    const isBegun = draftStarted.value && place.value !== null && !(on && isGone(on));
    lane.value = which;
    const open = found.filter((i) => !isAnswered(i) || comesBack(i));
    forgetSkipped(open);
    const others = open.filter((i) => !on || keyOf(i) !== keyOf(on));
    items.value = isBegun && on ? [on, ...others] : open;
    serverPosition.value = at;
    if (!isBegun) {
      goTo(0);
      return;
    }
    if (!on && items.value.length > 0) freeMode.value = true;
    cursor.value = 0;
    prefetchNext();
  });
}

/** Skipped, known to be so by the server, and asked again all the same. */
function comesBack(of: Item): boolean {
  const before = decided.value.get(keyOf(of));
  if (before?.what !== 'skip') return false;
  const waiting = outboxSignal.value?.waiting.value ?? [];
  return !waiting.some((change) => change.client_id === before.client_id);
}

function forgetSkipped(asked: Item[]): void {
  for (const again of asked.filter(isDecided)) setDecided(again, null);
}

/** Its face was left out, merged, or is another one from here on. */
function isGone(of: Item): boolean {
  if (!videoOf(of.video_id)) return purged.value.has(of.video_id);
  const face = trackOf(of.video_id, of.track_id);
  if (!face || face.ignored) return true;
  return of.frame < face.first_frame || of.frame > face.last_frame;
}

/**
 * What comes next and whose face is there or on its way; and audits that are coming, for
 * the server counts their places by what it has, which is less than was judged here.
 */
const fetchedNext = () =>
  items.value
    .slice(cursor.value + 1)
    .filter((of) => !isDecided(of) && (isFetched(of) || of.kind === 'audit'))
    .slice(0, MOST_KEPT);

/**
 * On a slow line faces that were fetched come first, as long as the server still asks for
 * them: the order of a moment ago costs less than a wait for each face of the newest one.
 * It was `asked` about some; of what was fetched since then its next answer will tell.
 */
function fetchedFirst(coming: readonly Item[], asked: readonly Item[]): Item[] {
  const found = new Map(coming.map((of) => [faceOf(of), of]));
  const known = new Set(asked.map(faceOf));
  const since = fetchedNext().filter((of) => !known.has(faceOf(of)) && !isGone(of));
  const first: Item[] = [];
  for (const before of [...asked, ...since]) {
    const now = found.get(faceOf(before));
    // The server may name an item of an earlier answer, and does not repeat why it asks.
    if (now) first.push({ ...now, reason: now.reason || before.reason });
    else if (since.includes(before)) first.push(before);
  }
  return [...first, ...coming.filter((of) => !first.some((one) => answers(one, of)))];
}

/**
 * Assigned, and asked no more: its audit is decided, or its plan was withdrawn. What is
 * assigned comes first, so all of it is there unless the answer holds nothing else. A
 * value that was begun stays.
 */
function isWithdrawn(of: Item, fresh: readonly Item[]): boolean {
  if (of.kind !== 'assigned' || isDecided(of) || draftStarted.value) return false;
  const isAll =
    fresh.length < FETCHED || fresh.some((other) => other.kind !== 'assigned');
  return isAll && !fresh.some((other) => keyOf(other) === keyOf(of));
}

/** Asks the server anew for what comes after the item on the card. */
export const refreshQueue = inTurn(askAnew);

async function askAnew(): Promise<void> {
  if (lane.value !== 'queue') {
    await refreshSuggested();
    return;
  }
  const only = onlyVideo.value;
  const head = isSlow() ? fetchedNext() : [];
  const fresh = await fetchQueue(head);
  if (lane.value !== 'queue' || onlyVideo.value !== only) return;
  const atEnd = item.value === null;
  const isFree = freeMode.value && place.value !== null;
  const on = item.value;
  const here = on && !isGone(on) && !isWithdrawn(on, fresh.items) ? on : null;
  const mine = here && keyOf(here);
  const open = fresh.items.filter(
    (i) => !(here && answers(here, i)) && (!isAnswered(i) || comesBack(i)),
  );
  const coming = isSlow() ? fetchedFirst(open, head) : open;
  const keys = new Set(coming.map(keyOf));
  const kept = items.value
    .slice(0, here ? cursor.value + 1 : cursor.value)
    .filter((i) => keyOf(i) === mine || !keys.has(keyOf(i)));
  batch(() => {
    forgetSkipped(coming);
    items.value = [...kept, ...coming];
    cursor.value = kept.length - (here ? 1 : 0);
    serverPosition.value = fresh.position;
    // With nothing to judge one labels freely: a value begun there is not left behind.
    if (atEnd && coming.length > 0 && draftStarted.value) freeMode.value = true;
    else if (!here && coming.length > 0 && !isFree) goTo(kept.length);
    else {
      // Whoever labels freely is not called away from it.
      if (!here && isFree) cursor.value = kept.length;
      prefetchNext();
    }
  });
}

/**
 * Suggested frames may be labelled elsewhere, freely or on a contact sheet, and their
 * faces may be left out, or be parts of other faces now.
 */
async function refreshSuggested(): Promise<void> {
  const { items: found, done, total } = await getSuggestions();
  if (lane.value !== 'suggested') return;
  const only = onlyVideo.value;
  const open = found.filter((of) => only === null || of.video_id === only);
  remember(open);
  const keys = new Set(open.map(keyOf));
  const here = item.value;
  const isAsked = (of: Item) =>
    !isGone(of) && (keys.has(keyOf(of)) || (of === here && draftStarted.value));
  const stays = (of: Item) => isDecided(of) || isAsked(of);
  // What is on its way is counted here already.
  const allSaved = (outboxSignal.value?.waiting.value ?? []).length === 0;
  batch(() => {
    if (only === null && allSaved) {
      serverPosition.value = { done, total, seconds_left: null };
    }
    const before = items.value.slice(0, cursor.value).filter(stays);
    const kept = items.value.filter(stays);
    const known = new Set(kept.map(keyOf));
    const fresh = open.filter((of) => !known.has(keyOf(of)) && !isAnswered(of));
    items.value = [...kept, ...fresh];
    const isLeft = here !== null && !stays(here) && !freeMode.value;
    cursor.value = isLeft ? before.length - 1 : before.length;
    if (isLeft) advance();
  });
}

/** Puts an item on the card and its frame on screen. */
export function goTo(index: number): void {
  const shown = items.value[index];
  if (shown) faceFirst(shown);
  batch(() => {
    cursor.value = index;
    freeMode.value = false;
    if (shown) showPlace(shown, shown.frame);
  });
}

/**
 * The face to judge is asked for before its curves and its video, and before what comes
 * after it: a browser asks a server for six things at a time.
 */
function faceFirst(of: Item): void {
  fetchFace(of, () => {
    if (item.value && keyOf(item.value) === keyOf(of)) prefetchNext();
  });
}

/** Faces first: they are what is waited for. */
function prefetchNext(): void {
  const open = items.value.slice(cursor.value + 1).filter((of) => !isDecided(of));
  for (const next of open.slice(0, prefetchDepth())) fetchFace(next);
  for (const next of open.slice(0, PREFETCHED)) prefetch(next);
}

export function setDecided(of: Item, what: Decided | null): void {
  const map = new Map(decided.value);
  if (what) map.set(keyOf(of), what);
  else map.delete(keyOf(of));
  decided.value = map;
}

/** Goes to the next item that nobody has judged; at the end of a lane to the next lane. */
export function advance(): void {
  const open = (i: Item) => !isDecided(i);
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
    void moreAtEnd();
  }
}

/** Nothing is left once the server says so: what was skipped may still wait. */
async function moreAtEnd(): Promise<void> {
  loadingQueue.value = true;
  await more();
  loadingQueue.value = false;
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
