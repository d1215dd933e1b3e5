/**
 * The fewest keys that lead to what a rater means, found by pressing them.
 *
 * A breadth-first search over the page's own handler of keys and its own state: each key
 * is dispatched as it would be by a browser, and what Enter would save is the page's own
 * plan. Nothing here knows what a key does.
 */

import { batch } from '@preact/signals';
import { onKeyDown } from '../src/components/useKeys';
import { keysOf, SHORTCUTS } from '../src/keys';
import { dimension } from '../src/state/draft';
import { type Draft, draft, type Typing, typing } from '../src/state/draftValue';
import { type Outcome, plan } from '../src/state/outcome';
import { draftPlace } from '../src/state/target';
import { typed } from '../src/state/typing';

/** As the browser names it; `Shift` is a key of its own, held until it is let go. */
export type Key = string;

interface State {
  draft: Draft;
  typing: Typing | null;
  dimension: number;
  place: typeof draftPlace.value;
  isShiftHeld: boolean;
}

interface Found {
  keys: readonly Key[];
  state: State;
}

/** Keys of values that say nothing of a value or a class. */
const BESIDE: readonly string[] = ['toggleUnsure', 'clearClass'];
const OF_TYPING: readonly Key[] = [...'0123456789', '.', ' '];

/** All that can give or change a value: each key of the table, digits, and E. */
export function valueKeys(): Key[] {
  const rows = SHORTCUTS.filter(
    ({ action, group }) =>
      (group === 'value' && !BESIDE.includes(action)) || action === 'edit',
  );
  return [...new Set(rows.flatMap(({ action }) => keysOf(action)))];
}

const stateNow = (isShiftHeld: boolean): State => ({
  draft: draft.value,
  typing: typing.value,
  dimension: dimension.value,
  place: draftPlace.value,
  isShiftHeld,
});

function putBack(state: State): void {
  batch(() => {
    draft.value = state.draft;
    typing.value = state.typing;
    dimension.value = state.dimension;
    draftPlace.value = state.place;
  });
}

const nameOf = ({ draft: on, typing: field, dimension: d, isShiftHeld }: State) =>
  JSON.stringify([
    on.value,
    on.touched,
    on.expression,
    on.proposed,
    field && [field.text, field.first, field.before.value, field.before.expression],
    d,
    isShiftHeld,
  ]);

/** One keydown. `Shift` is one, too, and is held until a key without it comes. */
export function press(chord: Key): void {
  const shiftKey = chord === 'Shift' || chord.startsWith('Shift+');
  const key = chord.startsWith('Shift+') ? chord.slice('Shift+'.length) : chord;
  onKeyDown(new KeyboardEvent('keydown', { key, shiftKey, cancelable: true }));
}

/** What may be pressed next: Shift first, then its chords; digits where one types. */
function nextOf(
  alphabet: readonly Key[],
  { typing: field, isShiftHeld }: State,
): Key[] {
  const chords = alphabet.filter((one) => !one.startsWith('Shift+') || isShiftHeld);
  const shift = isShiftHeld || chords.length === alphabet.length ? [] : ['Shift'];
  return [...chords, ...shift, ...(field ? OF_TYPING : [])];
}

/** What Enter would save; null while it would save nothing. */
function outcomeNow(): Outcome | null {
  const field = typed.value;
  if (field && (!field.fits || field.value.every((one) => one === null))) return null;
  return plan.value.outcome ?? null;
}

/**
 * Goes through all that can be reached from the state on screen, the shortest way first.
 *
 * @param alphabet keys that may be pressed, as `valueKeys` names them
 * @param most no way has more keydowns
 * @param look is given each outcome with the shortest keys that lead to it; true = enough
 */
export function explore(
  alphabet: readonly Key[],
  most: number,
  look: (outcome: Outcome, keys: readonly Key[]) => boolean,
): void {
  const start: Found = { keys: [], state: stateNow(false) };
  const known = new Set([nameOf(start.state)]);
  let reached = [start];
  let outcome = outcomeNow();
  let isEnough = outcome !== null && look(outcome, []);
  for (let length = 0; length < most && !isEnough; length += 1) {
    const further: Found[] = [];
    for (const { keys, state } of reached) {
      for (const chord of nextOf(alphabet, state)) {
        putBack(state);
        press(chord);
        const isHeld = chord === 'Shift' || chord.startsWith('Shift+');
        const found = { keys: [...keys, chord], state: stateNow(isHeld) };
        const name = nameOf(found.state);
        if (known.has(name)) continue;
        known.add(name);
        further.push(found);
        outcome = outcomeNow();
        isEnough = outcome !== null && look(outcome, found.keys);
        if (isEnough) break;
      }
      if (isEnough) break;
    }
    reached = further;
  }
  putBack(start.state);
}

/** The fewest keys to an outcome that is meant, Enter not among them; null = none. */
export function shortest(
  alphabet: readonly Key[],
  most: number,
  isMeant: (outcome: Outcome) => boolean,
): readonly Key[] | null {
  let found: readonly Key[] | null = null;
  explore(alphabet, most, (outcome, keys) => {
    if (!isMeant(outcome)) return false;
    found = keys;
    return true;
  });
  return found;
}
