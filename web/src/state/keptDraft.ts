/** Keeps the value being given, or a comment, through a reload. */

import { batch, effect } from '@preact/signals';
import type { Scope } from '../api/types';
import { type Place, place, showPlace } from './current';
import { anchor, draftKey, takeUp } from './draft';
import {
  type Draft,
  draft,
  NO_MARKS,
  type SpanMarks,
  scope,
  spanMarks,
  touched,
} from './given';
import { free } from './queue';
import { trackOf } from './videos';

const STORED = 'feltline.draft';
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
    const given = draft.value;
    const marks = { scope: scope.value, spanMarks: spanMarks.value };
    const at = place.peek();
    if (at && (touched.value || given.comment !== '')) {
      const stored: StoredDraft = {
        place: at,
        frame: anchor.peek(),
        draft: given,
        ...marks,
      };
      localStorage.setItem(STORED, JSON.stringify(stored));
      mine = true;
    } else if (mine) {
      // Never that of another tab.
      localStorage.removeItem(STORED);
      mine = false;
    }
  });
}

/** The value that a reload has cut off: on the card if it was begun there, else freely. */
export function restoreDraft(): void {
  const text = localStorage.getItem(STORED);
  if (text === null) return;
  const stored = JSON.parse(text) as Partial<StoredDraft>;
  const at = stored.place;
  const goal = at && trackOf(at.video_id, at.track_id);
  if (!at || stored.frame === undefined || !stored.draft || !goal || goal.ignored) {
    localStorage.removeItem(STORED);
    return;
  }
  const key = `${at.video_id}/${at.track_id}/${stored.frame}`;
  batch(() => {
    if (key !== draftKey.value) {
      free.value = true;
      showPlace(at, stored.frame as number);
    }
    takeUp(stored.draft as Draft);
    scope.value = stored.scope ?? 'frame';
    spanMarks.value = stored.spanMarks ?? NO_MARKS;
  });
}
