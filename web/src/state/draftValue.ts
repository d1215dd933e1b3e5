/** The value that is about to be given, whatever it is about. */

import { computed, signal } from '@preact/signals';
import type { Scope } from '../api/types';
import { hasValue, type Value } from '../lib/value';

export interface Draft {
  /** Empty while no dimension has a value. */
  value: Value;
  /** Per dimension, whether the rater moved it. */
  touched: readonly boolean[];
  /** undefined = not touched, null = explicitly none. */
  expression: string | null | undefined;
  /** The rater's own doubt about it. */
  unsure: boolean;
  comment: string;
  /** Typical place of the class, where one was proposed for it; empty = none was. */
  proposed: Value;
}

/** What is typed into the one field of values. */
export interface Typing {
  text: string;
  /** The dimension that the first number is of. */
  first: number;
  /** The draft before, for going back to it. */
  before: Draft;
}

export interface SpanMarks {
  start: number | null;
  end: number | null;
}

export const EMPTY: Draft = {
  value: [],
  touched: [],
  expression: undefined,
  unsure: false,
  comment: '',
  proposed: [],
};
export const NO_MARKS: SpanMarks = { start: null, end: null };

export const draft = signal<Draft>(EMPTY);
/** null = the field of typed values is closed. */
export const typing = signal<Typing | null>(null);
export const commentOpen = signal(false);
export const scope = signal<Scope>('frame');
export const spanMarks = signal<SpanMarks>(NO_MARKS);

/** True if there is a value or a class to save. */
export const draftTouched = computed(
  () => hasValue(draft.value.value) || draft.value.expression !== undefined,
);

/** True if there is anything that the rater would miss, be it a doubt or a mark only. */
export const draftStarted = computed(
  () =>
    draftTouched.value ||
    draft.value.unsure ||
    draft.value.comment !== '' ||
    scope.value !== 'frame' ||
    spanMarks.value.start !== null ||
    spanMarks.value.end !== null,
);
