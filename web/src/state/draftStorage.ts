/** Keeps what was begun through a reload: of this rater in this project only. */

import { batch, effect } from '@preact/signals';
import type { Scope } from '../api/types';
import { store, stored } from '../lib/storage';
import { tabName } from '../lib/tab';
import { loadDraft } from './draft';
import {
  type Draft,
  draft,
  draftStarted,
  NO_MARKS,
  type SpanMarks,
  scope,
  spanMarks,
} from './draftValue';
import { freeMode, goTo, items } from './queue';
import { isSamePlace, type Place, place, showPlace } from './selection';
import { dimensions, ownerKey } from './session';
import { onSheet } from './sheetFaces';
import { anchor, draftKey } from './target';
import { trackOf } from './videos';

/** Of a project and rater: projects are served from one address in turn. */
const ownersKey = () => `feltline.draft/${encodeURIComponent(ownerKey())}/`;
/** One per tab: none takes the draft of another, or writes over it. */
export const draftStorageKey = () => ownersKey() + tabName();

interface StoredDraft {
  /** Milliseconds since 1970. */
  at: number;
  place: Place;
  frame: number;
  draft: Draft;
  scope: Scope;
  spanMarks: SpanMarks;
}

export function keepDraft(): () => void {
  let mine = false;
  return effect(() => {
    // What is given on a contact sheet is not the page's draft.
    if (onSheet.value) return;
    const now = draft.value;
    const marks = { scope: scope.value, spanMarks: spanMarks.value };
    const at = place.peek();
    const key = draftStorageKey();
    if (at && draftStarted.value) {
      const kept: StoredDraft = {
        at: Date.now(),
        place: at,
        frame: anchor.peek(),
        draft: now,
        ...marks,
      };
      // Where storage is full the draft stays on the page.
      store(localStorage, key, JSON.stringify(kept));
      mine = true;
    } else if (mine) {
      // Never that of another tab.
      localStorage.removeItem(key);
      mine = false;
    }
  });
}

/** What tabs that are no more have left, the latest first. */
function leftBehind(open: ReadonlySet<string>): string[] {
  const prefix = ownersKey();
  const all = Array.from({ length: localStorage.length }, (_, i) =>
    localStorage.key(i),
  );
  const left = all.filter(
    (key) => key?.startsWith(prefix) && !open.has(key.slice(prefix.length)),
  ) as string[];
  const at = (key: string) => stored<Partial<StoredDraft>>(localStorage, key)?.at ?? 0;
  return left.sort((a, b) => at(b) - at(a));
}

/**
 * The value that a reload has cut off: on its item if there is one, else freely. A tab that
 * has none goes on with what a tab that was closed has left.
 *
 * @param open other tabs that are open: their drafts are theirs
 */
export function restoreDraft(open: ReadonlySet<string> = new Set()): void {
  const own = draftStorageKey();
  const others = leftBehind(open).filter((key) => key !== own);
  for (const key of [own, ...others]) {
    const kept = stored<Partial<StoredDraft>>(localStorage, key);
    if (kept === null) continue;
    const isPutBack = putBack(kept);
    // What is put back is kept anew, as this tab's.
    if (!isPutBack || key !== own) localStorage.removeItem(key);
    if (isPutBack) return;
  }
}

/** False if there is no such face any more. */
function putBack(kept: Partial<StoredDraft>): boolean {
  const at = kept.place;
  const goal = at && trackOf(at.video_id, at.track_id);
  const holds = kept.draft?.value.length ?? 0;
  const fits = holds === 0 || holds === dimensions.value.length;
  if (!at || kept.frame === undefined || !kept.draft || !fits) return false;
  if (!goal || goal.ignored) return false;
  const { draft: before, frame } = kept;
  batch(() => {
    if (`${at.video_id}/${at.track_id}/${frame}` !== draftKey.value) {
      const asked = items.value.findIndex(
        (one) => isSamePlace(one, at) && one.frame === frame,
      );
      if (asked >= 0) goTo(asked);
      else {
        freeMode.value = true;
        showPlace(at, frame);
      }
    }
    loadDraft(before);
    scope.value = kept.scope ?? 'frame';
    spanMarks.value = kept.spanMarks ?? NO_MARKS;
  });
  return true;
}
