/** The map of keys that a person chose: checked, kept in this browser, out and in. */

import { className } from '../i18n/names';
import {
  type Action,
  type KeyMap,
  keyMap,
  keysUnder,
  SHORTCUTS,
  shownChord,
} from '../keys';
import { store, stored } from '../lib/storage';
import { classKeys } from './session';

const STORED = 'feltline.keys';
/** Esc always closes, so that everybody finds out of everything. */
const FIXED: ReadonlySet<Action> = new Set<Action>(['close']);
const DEFAULTS = keysUnder({});

/** Why a key cannot be given to an action: key of a string, and what it names. */
export interface KeyFault {
  key: string;
  params: Record<string, string>;
}

export const isFixed = (action: Action) => FIXED.has(action);
export const isChanged = (action: Action) => keyMap.value[action] !== undefined;

const labelKey = (action: Action) => `key.${action}`;
const KEY =
  /^(Shift\+)?([a-z]|Space|Arrow(Up|Down|Left|Right)|Home|End|PageUp|PageDown|Enter|Backspace|Delete|Insert)$|^[^\sA-Za-z]$/u;
/** What the timeline and the contact sheet do with keys while they have the focus. */
const OF_A_PART: ReadonlySet<string> = new Set(['+', '-', 'Shift+a']);

function ownFault(action: Action, chord: string): KeyFault | null {
  if (DEFAULTS.get(action)?.includes(chord)) return null;
  const params = { chord: shownChord(chord) };
  if (!KEY.test(chord)) return { key: 'keys.browser', params };
  return OF_A_PART.has(chord) ? { key: 'keys.ofPart', params } : null;
}

/** Why an action cannot have a key under a map, or null if it can. */
export function keyFault(map: KeyMap, action: Action, chord: string): KeyFault | null {
  const own = ownFault(action, chord);
  if (own) return own;
  for (const [other, keys] of keysUnder(map)) {
    if (other !== action && keys.includes(chord)) {
      const params = { chord: shownChord(chord), other: labelKey(other) };
      return { key: 'keys.taken', params };
    }
  }
  const name = classKeys.value.get(chord);
  if (name === undefined) return null;
  return {
    key: 'keys.takenByClass',
    params: { chord: shownChord(chord), name: className(name) },
  };
}

function without(map: KeyMap, action: Action): KeyMap {
  const { [action]: _, ...rest } = map;
  return rest;
}

function keep(map: KeyMap): void {
  keyMap.value = map;
  store(localStorage, STORED, JSON.stringify(map));
}

/** Gives an action one key in the place of those it had; says why not. */
export function setKey(action: Action, chord: string): KeyFault | null {
  const rest = without(keyMap.value, action);
  const fault = keyFault(rest, action, chord);
  if (fault) return fault;
  const isDefault = DEFAULTS.get(action)?.length === 1;
  const same = isDefault && DEFAULTS.get(action)?.[0] === chord;
  keep(same ? rest : { ...rest, [action]: [chord] });
  return null;
}

/** Gives an action the keys of the table again; says why not. */
export function resetKey(action: Action): KeyFault | null {
  const rest = without(keyMap.value, action);
  for (const chord of DEFAULTS.get(action) ?? []) {
    const fault = keyFault(rest, action, chord);
    if (fault) return fault;
  }
  keep(rest);
  return null;
}

export const resetKeys = () => keep({});

/** The map as a file for another browser. */
export const keysAsText = () =>
  `${JSON.stringify({ feltline_keys: 1, keys: keyMap.value }, null, 2)}\n`;

const ACTIONS: ReadonlyMap<string, Action> = new Map(
  SHORTCUTS.map(({ action }) => [action, action]),
);
const isChords = (value: unknown): value is string[] =>
  Array.isArray(value) &&
  value.every((one) => typeof one === 'string') &&
  value.length > 0;

function entriesOf(value: unknown): [string, unknown][] | null {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? Object.entries(value) : null;
}

/** A map from a file: all of it is put in force, or nothing and why not. */
export function takeKeys(text: string): KeyFault | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return { key: 'keys.noFile', params: {} };
  }
  const file = Object.fromEntries(entriesOf(read) ?? []);
  const entries = file.feltline_keys === 1 ? entriesOf(file.keys) : null;
  if (!entries) return { key: 'keys.noFile', params: {} };
  const map: Partial<Record<Action, readonly string[]>> = {};
  for (const [name, chords] of entries) {
    const action = ACTIONS.get(name);
    if (!action || isFixed(action) || !isChords(chords)) {
      return { key: 'keys.unknown', params: { name } };
    }
    map[action] = chords;
  }
  const fault = faultIn(map);
  if (!fault) keep(map);
  return fault;
}

function faultIn(map: KeyMap): KeyFault | null {
  for (const [action, chords] of Object.entries(map) as [Action, string[]][]) {
    for (const chord of chords) {
      const fault = keyFault(map, action, chord);
      if (fault) return fault;
    }
  }
  return null;
}

/**
 * Puts the map of this browser in force. What a newer table has given to another action
 * since, or what cannot be read, goes back to the table.
 */
export function restoreKeys(): void {
  let map: KeyMap = {};
  for (const [name, chords] of entriesOf(stored(localStorage, STORED)) ?? []) {
    const action = ACTIONS.get(name);
    if (!action || isFixed(action) || !isChords(chords)) continue;
    const more = { ...map, [action]: chords };
    if (!faultIn(more)) map = more;
  }
  keyMap.value = map;
}
