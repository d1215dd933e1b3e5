/** Values by their digits: which keys belong to the one field while it is open. */

import { batch, computed } from '@preact/signals';
import { readTyped } from '../lib/typedValue';
import { hasValue } from '../lib/value';
import { announce } from './announcements';
import { draft, type Typing, typing } from './draftValue';
import { dimensions } from './session';
import { draftPlace } from './target';

const read = ({ text, first }: Typing) => readTyped(text, dimensions.value, first);

/** What the field holds just now; null while it is closed. */
export const typed = computed(() => {
  const on = typing.value;
  return on && { ...read(on), text: on.text };
});

/** Opens the field, or begins it anew: what was typed into it before is replaced. */
export function openTyping(sign: '' | '-', first: number): void {
  const before = typing.value?.before ?? draft.value;
  batch(() => {
    goBackTo(before);
    typing.value = {
      text: sign,
      first: first < dimensions.value.length ? first : 0,
      before,
    };
  });
}

export function closeTyping(): void {
  typing.value = null;
}

function goBackTo(before: Typing['before']): void {
  draft.value = before;
  if (!hasValue(before.value) && before.expression === undefined) {
    draftPlace.value = null;
  }
}

/**
 * Takes a key into the field.
 *
 * @param give puts values into the draft
 * @returns false if the key is not the field's: it is closed, and the key means what it
 *   means elsewhere
 */
export function typeKey(
  chord: string,
  give: (value: readonly (number | null)[]) => void,
): boolean {
  const on = typing.value;
  if (on === null) return false;
  if (chord === 'Escape') {
    batch(() => {
      goBackTo(on.before);
      closeTyping();
    });
    return true;
  }
  if (chord === 'Backspace') {
    take({ ...on, text: on.text.slice(0, -1) }, give);
    if (on.text === '') closeTyping();
    return true;
  }
  if (chord === 'Enter') return isUnfinished(on);
  const sign = chord === 'Space' ? ' ' : chord === '=' ? '+' : chord;
  if (!/^[-+0-9., ]$/.test(sign)) {
    closeTyping();
    return false;
  }
  const next = { ...on, text: on.text + sign };
  if (read(next).isText && !(sign === ' ' && isWhole(on))) {
    take(next, give);
    return true;
  }
  // All dimensions have their number: a digit is the key of a class again, a sign begins
  // anew, and a space or a point has nothing more to say.
  closeTyping();
  return /[., ]/.test(sign);
}

/** True if each dimension has its number. */
const isWhole = (on: Typing) =>
  read(on)
    .value.slice(on.first)
    .every((one) => one !== null);

function take(on: Typing, give: (value: readonly (number | null)[]) => void): void {
  batch(() => {
    goBackTo(on.before);
    const { value } = read(on);
    if (hasValue(value)) give(value);
    typing.value = on;
  });
}

/** Enter saves nothing while a number is begun only, or outside of its scale. */
function isUnfinished(on: Typing): boolean {
  const { value, fits } = read(on);
  if (!fits) {
    const [one] = dimensions.value.slice(on.first);
    announce('warning', 'typed.range', { low: one?.low ?? 0, high: one?.high ?? 0 });
    return true;
  }
  closeTyping();
  if (hasValue(value)) return false;
  announce('warning', 'typed.nothing');
  return true;
}
