/** The one table of shortcuts, the keys of classes, and what a pressed key means. */

import { computed, signal } from '@preact/signals';
import type { ExpressionClass } from './api/types';

export type Action =
  | 'playPause'
  | 'frameBack'
  | 'frameOn'
  | 'secondBack'
  | 'secondOn'
  | 'tenBack'
  | 'tenOn'
  | 'firstFrame'
  | 'lastFrame'
  | 'labelledBack'
  | 'labelledOn'
  | 'unreviewedBack'
  | 'unreviewedOn'
  | 'slower'
  | 'faster'
  | 'fitFace'
  | 'valueUp'
  | 'valueDown'
  | 'valueUpFar'
  | 'valueDownFar'
  | 'secondUpFar'
  | 'secondDownFar'
  | 'toggleDimension'
  | 'typeValue'
  | 'typeNegative'
  | 'typeSecond'
  | 'clearClass'
  | 'toggleUnsure'
  | 'accept'
  | 'edit'
  | 'reject'
  | 'skip'
  | 'cannotJudge'
  | 'nextItem'
  | 'previousItem'
  | 'toItem'
  | 'freeMode'
  | 'undo'
  | 'redo'
  | 'spanStart'
  | 'spanEnd'
  | 'clipLabel'
  | 'comment'
  | 'talk'
  | 'tracing'
  | 'videos'
  | 'threshold'
  | 'sheet'
  | 'faces'
  | 'history'
  | 'guide'
  | 'team'
  | 'padFaces'
  | 'help'
  | 'close';

export type Group = 'video' | 'value' | 'decide' | 'scope' | 'panels';

export interface Shortcut {
  action: Action;
  /** As `chordOf` writes them; the first is the one that buttons show. */
  keys: readonly string[];
  group: Group;
  /** Key of the string that says what it does. */
  label: string;
}

const row = (group: Group, action: Action, ...keys: string[]): Shortcut => ({
  action,
  keys,
  group,
  label: `key.${action}`,
});

export const SHORTCUTS: readonly Shortcut[] = [
  row('video', 'playPause', 'Space'),
  row('video', 'frameBack', 'ArrowLeft', 'd'),
  row('video', 'frameOn', 'ArrowRight', 'f'),
  row('video', 'secondBack', 'Shift+ArrowLeft'),
  row('video', 'secondOn', 'Shift+ArrowRight'),
  row('video', 'tenBack', 'c'),
  row('video', 'tenOn', 'v'),
  row('video', 'firstFrame', 'Home'),
  row('video', 'lastFrame', 'End'),
  row('video', 'labelledBack', '['),
  row('video', 'labelledOn', ']'),
  row('video', 'unreviewedBack', '{'),
  row('video', 'unreviewedOn', '}'),
  row('video', 'slower', ','),
  row('video', 'faster', '.'),
  row('video', 'fitFace', 'z'),
  row('video', 'tracing', 'l'),
  row('value', 'valueUp', 'ArrowUp'),
  row('value', 'valueDown', 'ArrowDown'),
  row('value', 'valueUpFar', 'Shift+ArrowUp', 'PageUp'),
  row('value', 'valueDownFar', 'Shift+ArrowDown', 'PageDown'),
  row('value', 'secondUpFar', 'w'),
  row('value', 'secondDownFar', 'q'),
  row('value', 'toggleDimension', 'a'),
  // Where + is a key without Shift, that one; on a Japanese keyboard it shares ; .
  row('value', 'typeValue', '=', ';'),
  row('value', 'typeNegative', '-'),
  row('value', 'typeSecond', 'y'),
  row('value', 'clearClass', '0'),
  row('value', 'toggleUnsure', 'Shift+u'),
  row('decide', 'accept', 'Enter'),
  row('decide', 'edit', 'e'),
  row('decide', 'reject', 'x'),
  row('decide', 'skip', 's'),
  row('decide', 'cannotJudge', 'u'),
  row('decide', 'nextItem', 'n'),
  row('decide', 'previousItem', 'p'),
  row('decide', 'toItem', 'Backspace'),
  row('decide', 'undo', 'Ctrl+z'),
  row('decide', 'redo', 'Ctrl+Shift+z', 'Ctrl+y'),
  row('scope', 'freeMode', 'm'),
  row('scope', 'spanStart', 'i'),
  row('scope', 'spanEnd', 'o'),
  row('scope', 'clipLabel', 'Shift+i'),
  row('scope', 'comment', '/'),
  row('scope', 'talk', 'j'),
  row('panels', 'videos', 'g'),
  row('panels', 'threshold', 't'),
  row('panels', 'sheet', 'k'),
  row('panels', 'faces', 'b'),
  row('panels', 'history', 'h'),
  row('panels', 'guide', 'Shift+g'),
  row('panels', 'team', 'Shift+t'),
  row('panels', 'padFaces', 'Shift+f'),
  row('panels', 'help', '?'),
  row('panels', 'close', 'Escape'),
];

/** Keys that a person chose; an action that is not named keeps those of the table. */
export type KeyMap = Readonly<Partial<Record<Action, readonly string[]>>>;
export const keyMap = signal<KeyMap>({});

/** The keys of each action under a map. */
export const keysUnder = (map: KeyMap): ReadonlyMap<Action, readonly string[]> =>
  new Map(SHORTCUTS.map(({ action, keys }) => [action, map[action] ?? keys]));

const BY_ACTION = computed(() => keysUnder(keyMap.value));
const BY_CHORD = computed(
  () =>
    new Map(
      [...BY_ACTION.value].flatMap(([action, keys]) => keys.map((k) => [k, action])),
    ),
);

/** The keys of an action, the one that buttons show first. */
export const keysOf = (action: Action): readonly string[] =>
  BY_ACTION.value.get(action) ?? [];

type Pressed = Pick<
  KeyboardEvent,
  'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'
>;

const SIGNS: Readonly<Record<string, string>> = {
  Minus: '-',
  Subtract: '-',
  Equal: '=',
  Add: '=',
  Semicolon: ';',
  Period: '.',
  Decimal: '.',
  Comma: ',',
  Slash: '/',
};

/** The name of a key, whatever the layout: letters small, one name for what is one key. */
function nameOf({ key, code }: Pressed): string {
  // With a Japanese input method on, a letter's own name stands in `code` only.
  const own = code.replace(/^(Key|Digit|Numpad)/, '');
  const name = key === 'Process' ? (SIGNS[own] ?? own) : key;
  // One key on most keyboards; a chord is written with + between its keys.
  if (name === '+') return '=';
  if (name === ' ' || name === '\u3000') return 'Space';
  return /^[A-Za-z]$/.test(name) ? name.toLowerCase() : name;
}

/** Keys without a sign of their own that a page can act on. */
const NAMED =
  /^(Space|Enter|Escape|Tab|Backspace|Delete|Insert|Home|End|Page(Up|Down)|Arrow(Up|Down|Left|Right))$/;

/**
 * True for a key that says nothing by itself: a modifier, a dead key, what switches an
 * input method, a key of the machine. It must change nothing.
 */
export function isSilent(event: Pressed): boolean {
  const name = nameOf(event);
  return [...name].length !== 1 && !NAMED.test(name);
}

/**
 * True while an input method writes into a field: Enter takes its word, and is not ours.
 * Safari says so only by the code of the key that ends it.
 */
export const isWriting = (event: KeyboardEvent) =>
  event.isComposing || event.keyCode === 229;

/** One name per chord, whatever the layout: signs without Shift. */
export function chordOf(event: Pressed): string {
  const key = nameOf(event);
  const sign = key.length === 1 && !/^[a-z]$/.test(key);
  return [
    event.ctrlKey || event.metaKey ? 'Ctrl+' : '',
    event.altKey ? 'Alt+' : '',
    event.shiftKey && !sign ? 'Shift+' : '',
    key,
  ].join('');
}

const TYPED = 'input, textarea, select, [contenteditable=""], [contenteditable="true"]';
/** Input fields in which nothing is typed: letters stay shortcuts, arrows are theirs. */
const UNTYPED = 'input[type="checkbox"], input[type="radio"], input[type="range"]';
const OWN_KEYS = new Set(['Enter', 'Space']);

/** True if the key belongs to the element that has the focus. */
export function belongsTo(target: EventTarget | null, chord: string): boolean {
  if (!(target instanceof Element)) return false;
  // A side sheet takes the focus when it opens: there they turn its pages.
  if (chord.startsWith('Page') && target.closest('.panel, [data-keys="scroll"]')) {
    return true;
  }
  if (target.matches('[data-keys="scroll"]')) return /^Arrow|Home|End/.test(chord);
  if (target.matches(UNTYPED)) return /Arrow|Home|End|Space|Page/.test(chord);
  if (target.closest(TYPED)) return true;
  const pressed = target.closest('button, a[href], summary, [role="button"]');
  return pressed !== null && OWN_KEYS.has(chord);
}

/** The chord that is pressed, or null if it is none of the page's. */
export function pagesChord(event: KeyboardEvent): string | null {
  if (event.isComposing || event.defaultPrevented || isSilent(event)) return null;
  const chord = chordOf(event);
  return belongsTo(event.target, chord) ? null : chord;
}

/** What a pressed key asks for, or null. */
export function actionOf(event: KeyboardEvent): Action | null {
  return BY_CHORD.value.get(pagesChord(event) ?? '') ?? null;
}

/**
 * By key, the class that it gives: the keys of the label schema, and digits from 1 on for
 * classes without one. A key of the page's own is never taken: no key means two things.
 */
export function classChords(
  classes: readonly ExpressionClass[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const isFree = (key: string) =>
    key !== '' && !BY_CHORD.value.has(key) && !found.has(key);
  const without: string[] = [];
  for (const { key, name } of classes) {
    const chord = key.toLowerCase();
    if (isFree(chord)) found.set(chord, name);
    else without.push(name);
  }
  const digits = Array.from({ length: 9 }, (_, i) => String(i + 1)).filter(isFree);
  for (const [i, name] of without.slice(0, digits.length).entries()) {
    found.set(digits[i] as string, name);
  }
  return found;
}

const SHOWN: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  Backspace: '⌫',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
  '-': '−',
};

/** A chord as a person reads it on a key cap. */
export function shownChord(chord: string): string {
  return chord
    .split('+')
    .map((part) => SHOWN[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join(' ');
}

/** The key that a button shows for its action. */
export function keyHint(action: Action): string {
  const [first] = keysOf(action);
  if (first === undefined) throw new Error(`There is no key for ${action}`);
  return shownChord(first);
}

/** For aria-keyshortcuts. */
export function ariaKeys(action: Action): string {
  return keysOf(action)
    .map((key) => key.replace('Ctrl', 'Control'))
    .join(' ');
}
