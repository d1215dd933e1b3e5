/** The faces of the contact sheet: while it is open, pad and classes are about them. */

import { computed, signal } from '@preact/signals';
import type { SheetCell } from '../api/types';
import type { Value } from '../lib/value';

/** A value, a class, or both. */
export interface Annotation {
  value?: Value;
  expression?: string;
}

/** The rater's own doubt and words, for all faces together. */
export interface Remarks {
  unsure: boolean;
  comment: string;
}

export interface SheetFaces {
  /** Those that a value goes to. */
  cells: readonly SheetCell[];
  /** What is in force of a single one. */
  annotation: { value: Value; expression: string | null } | null;
  /** True where the model may be shown. */
  isModelShown: boolean;
  save: (annotation: Annotation, remarks: Remarks) => void;
  /** Back to the list, the draft taken back. */
  leave: () => void;
}

/** null while no contact sheet is open. */
export const sheetFaces = signal<SheetFaces | null>(null);

export const onSheet = computed(() => sheetFaces.value !== null);

const keyOf = ({ video_id, track_id, frame }: SheetCell) =>
  `${video_id}/${track_id}/${frame}`;

/** Faces whose picture was there while this sheet is open. */
const pictured = signal<ReadonlySet<string>>(new Set());

export function markSheetPictured(cell: SheetCell): void {
  pictured.value = new Set(pictured.peek()).add(keyOf(cell));
}

export function forgetSheetPictured(): void {
  pictured.value = new Set();
}

/** How many of the faces that a value goes to nobody can have seen yet. */
export const nUnseen = computed(
  () =>
    (sheetFaces.value?.cells ?? []).filter((one) => !pictured.value.has(keyOf(one)))
      .length,
);

/** The one face that the pad is about, if it is one. */
export const sheetFace = computed<SheetCell | null>(() => {
  const cells = sheetFaces.value?.cells ?? [];
  return cells.length === 1 ? (cells[0] as SheetCell) : null;
});
