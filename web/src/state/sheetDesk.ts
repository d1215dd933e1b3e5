/** Pad and classes go over to the contact sheet and come back: a draft for each. */

import { batch, computed } from '@preact/signals';
import type { Scope } from '../api/types';
import { hasValue } from '../lib/value';
import { announce } from './announcements';
import { clearDraft } from './draft';
import {
  type Draft,
  draft,
  draftTouched,
  EMPTY,
  NO_MARKS,
  type SpanMarks,
  scope,
  spanMarks,
} from './draftValue';
import { dimensions } from './session';
import {
  type Annotation,
  forgetSheetPictured,
  nUnseen,
  type SheetFaces,
  sheetFaces,
} from './sheetFaces';
import { draftPlace } from './target';

interface Kept {
  draft: Draft;
  place: typeof draftPlace.value;
  scope: Scope;
  marks: SpanMarks;
}

const NOTHING: Kept = { draft: EMPTY, place: null, scope: 'frame', marks: NO_MARKS };

/** What was begun on the page before the sheet was opened. */
let kept: Kept = NOTHING;

const taken = (): Kept => ({
  draft: draft.value,
  place: draftPlace.value,
  scope: scope.value,
  marks: spanMarks.value,
});

function put({ draft: now, place, scope: of, marks }: Kept): void {
  draft.value = now;
  draftPlace.value = place;
  scope.value = of;
  spanMarks.value = marks;
}

/** From here on the pad is about faces of the sheet; what was begun on the page waits. */
export function enterSheet(faces: SheetFaces): void {
  batch(() => {
    kept = taken();
    put(NOTHING);
    sheetFaces.value = faces;
  });
}

export function leaveSheet(): void {
  batch(() => {
    if (draftTouched.value) announce('info', 'notice.valueDropped');
    sheetFaces.value = null;
    forgetSheetPictured();
    put(kept);
    kept = NOTHING;
  });
}

/** Does something about the page's own draft, whether a sheet is open or not. */
export function withPageDraft(work: () => void): void {
  const faces = sheetFaces.peek();
  if (!faces) {
    work();
    return;
  }
  batch(() => {
    const own = taken();
    sheetFaces.value = null;
    put(kept);
    work();
    kept = taken();
    sheetFaces.value = faces;
    put(own);
  });
}

/** What Enter would give to the faces; null while nothing was given. */
export const sheetAnnotation = computed<Annotation | null>(() => {
  const { value: wanted, touched, expression } = draft.value;
  const value = dimensions.value.map((_, d) =>
    touched[d] ? (wanted[d] ?? null) : null,
  );
  const given: Annotation = {};
  if (hasValue(value)) given.value = value;
  if (expression) given.expression = expression;
  return given.value || given.expression ? given : null;
});

/** Why Enter gives nothing to the faces though there is something to give, or null. */
export const notSeenOnSheet = computed(() => {
  const n = nUnseen.value;
  if (n === 0) return null;
  const isOne = sheetFaces.value?.cells.length === 1;
  return { key: isOne ? 'plan.notSeen' : 'sheetCard.notSeen', params: { n } };
});

/** Enter: the value and class of the pad go to the faces, in one judgement each. */
export function saveOnSheet(): void {
  const faces = sheetFaces.value;
  const annotation = sheetAnnotation.value;
  if (!faces || faces.cells.length === 0 || !annotation) {
    announce('warning', 'plan.valueFirst');
    return;
  }
  const why = notSeenOnSheet.value;
  if (why) {
    announce('warning', why.key, why.params);
    return;
  }
  const { unsure, comment } = draft.value;
  batch(() => {
    faces.save(annotation, { unsure, comment });
    clearDraft();
  });
}
