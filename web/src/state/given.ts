/** The value being given, whatever it is about. */

import { computed, signal } from '@preact/signals';
import type { Scope } from '../api/types';
import type { Affect } from '../lib/geometry';

export interface Draft {
  affect: Affect | null;
  /** undefined = not touched, null = explicitly none. */
  expression: string | null | undefined;
  comment: string;
}

export interface SpanMarks {
  start: number | null;
  end: number | null;
}

export const EMPTY: Draft = { affect: null, expression: undefined, comment: '' };
export const NO_MARKS: SpanMarks = { start: null, end: null };

export const draft = signal<Draft>(EMPTY);
export const scope = signal<Scope>('frame');
export const spanMarks = signal<SpanMarks>(NO_MARKS);

/** True if there is a value or a class to save. */
export const touched = computed(
  () => draft.value.affect !== null || draft.value.expression !== undefined,
);

/** True if there is anything that the rater would miss. */
export const begun = computed(
  () =>
    touched.value ||
    draft.value.comment !== '' ||
    spanMarks.value.start !== null ||
    spanMarks.value.end !== null,
);
