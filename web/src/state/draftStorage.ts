/** Keeps the draft, or a comment, through a reload: of this rater in this project only. */

import { batch, effect } from '@preact/signals';
import type { Scope } from '../api/types';
import { store, stored } from '../lib/storage';
import { loadDraft } from './draft';
import {
  type Draft,
  draft,
  draftTouched,
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

/** One per project and rater: projects are served from one address in turn. */
export const draftStorageKey = () => `feltline.draft/${encodeURIComponent(ownerKey())}`;

interface StoredDraft {
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
    if (at && (draftTouched.value || now.comment !== '')) {
      const kept: StoredDraft = {
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

/** The value that a reload has cut off: on its item if there is one, else freely. */
export function restoreDraft(): void {
  const kept = stored<Partial<StoredDraft>>(localStorage, draftStorageKey());
  if (kept === null) return;
  const at = kept.place;
  const goal = at && trackOf(at.video_id, at.track_id);
  const holds = kept.draft?.value.length ?? 0;
  const fits = holds === 0 || holds === dimensions.value.length;
  if (
    !at ||
    kept.frame === undefined ||
    !kept.draft ||
    !fits ||
    !goal ||
    goal.ignored
  ) {
    localStorage.removeItem(draftStorageKey());
    return;
  }
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
}
