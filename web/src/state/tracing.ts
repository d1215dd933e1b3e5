/** Whether the page is for live rating now, and what a rating keeps through a reload. */

import { signal } from '@preact/signals';
import { store, stored } from '../lib/storage';
import { tabName } from '../lib/tab';
import type { Device, Mode } from '../tracing/values';
import { restartClock } from './activeTime';
import { player } from './player';
import type { Place } from './selection';
import { ownerKey } from './session';
import { sideSheet } from './ui';
import { trackOf } from './videos';

/** True while live rating has the page: the model, the queue and their keys are away. */
export const tracing = signal(false);

export function openTracing(): void {
  player.value?.pause();
  sideSheet.value = null;
  tracing.value = true;
}

export function closeTracing(): void {
  tracing.value = false;
  // The time of the next judgement begins now.
  restartClock();
}

/** A rating that is not sent yet. */
export interface KeptTrace {
  /** Milliseconds since 1970. */
  at: number;
  place: Place;
  /** Frame that it began at. */
  frame: number;
  dimensions: string[];
  mode: Mode;
  device: Device;
  speed: number;
  active_s: number;
  pieces: { time_s: number[]; value: number[][] }[];
  /** One per piece, so that sending it twice is sending it once. */
  client_ids: string[];
}

const ownersKey = () => `feltline.trace/${encodeURIComponent(ownerKey())}/`;
const tabsKey = () => ownersKey() + tabName();

/** False where storage is full: it is on this page only. */
export const keepTrace = (kept: KeptTrace): boolean =>
  store(localStorage, tabsKey(), JSON.stringify(kept));

export const dropTrace = () => localStorage.removeItem(tabsKey());

/** What this tab has not sent; a rating of a face that is gone cannot be. */
export function keptTrace(): KeptTrace | null {
  const kept = stored<Partial<KeptTrace>>(localStorage, tabsKey());
  if (!kept?.place || !kept.pieces || !kept.client_ids) return null;
  const goal = trackOf(kept.place.video_id, kept.place.track_id);
  return goal && !goal.ignored ? (kept as KeptTrace) : null;
}

/**
 * Goes on with a rating that a reload has cut off, or that a tab has left which is no
 * more.
 *
 * @param open other tabs that are open: their ratings are theirs
 */
export function restoreTrace(open: ReadonlySet<string> = new Set()): void {
  const prefix = ownersKey();
  const own = tabsKey();
  if (localStorage.getItem(own) === null) {
    const all = Array.from(localStorage, (_, i) => localStorage.key(i) ?? '');
    const left = all.find(
      (key) => key.startsWith(prefix) && !open.has(key.slice(prefix.length)),
    );
    const text = left === undefined ? null : localStorage.getItem(left);
    if (left !== undefined && text !== null) {
      // Room first: it is the same text under another name.
      localStorage.removeItem(left);
      if (!store(localStorage, own, text)) store(localStorage, left, text);
    }
  }
  if (keptTrace()) openTracing();
}
