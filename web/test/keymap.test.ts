import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { t } from '../src/i18n';
import { ariaKeys, classChords, keyHint, keyMap, keysOf, SHORTCUTS } from '../src/keys';
import {
  isChanged,
  keysAsText,
  resetKey,
  resetKeys,
  restoreKeys,
  setKey,
  takeKeys,
} from '../src/state/keymap';
import { session } from '../src/state/session';
import { DEFAULT_SCHEMA, sessionWith } from './labelSchema';

beforeEach(() => {
  localStorage.clear();
  keyMap.value = {};
  session.value = sessionWith(DEFAULT_SCHEMA);
});
afterEach(() => {
  keyMap.value = {};
});

describe('another key', () => {
  it('takes the place of those of the table, wherever keys are named', () => {
    expect(setKey('accept', 'r')).toBeNull();
    expect(keysOf('accept')).toEqual(['r']);
    expect([keyHint('accept'), ariaKeys('accept')]).toEqual(['R', 'r']);
    expect(t('bar.willAccept', { what: 'x', where: 'y' })).toBe('R accepts x for y');
  });

  it('is refused where it means something else', () => {
    expect(setKey('skip', 'x')).toMatchObject({
      key: 'keys.taken',
      params: { chord: 'X', other: 'key.reject' },
    });
    expect(setKey('skip', '3')).toMatchObject({
      key: 'keys.takenByClass',
      params: { name: 'surprise' },
    });
    for (const chord of ['F5', 'Ctrl+s', 'Alt+x', 'Tab', 'Shift+Tab', 'Meta']) {
      expect(setKey('skip', chord), chord).toMatchObject({ key: 'keys.browser' });
    }
    expect(setKey('skip', 'Shift+a')).toMatchObject({ key: 'keys.ofPart' });
    expect(keyMap.value).toEqual({});
  });

  it('frees the one that the action had', () => {
    setKey('skip', 'r');
    expect(setKey('reject', 's')).toBeNull();
    expect(resetKey('skip')).toMatchObject({ params: { other: 'key.reject' } });
    resetKeys();
    expect(keysOf('skip')).toEqual(['s']);
  });

  it('is none where it is that of the table', () => {
    setKey('skip', 'r');
    setKey('skip', 's');
    expect(isChanged('skip')).toBe(false);
  });

  it('is never taken by a class of another project', () => {
    setKey('skip', 'r');
    const classes = [{ name: 'joy', key: 'r', colour: '', place: {} }];
    expect([...classChords(classes)]).toEqual([['1', 'joy']]);
  });
});

describe('the map', () => {
  it('is kept in this browser', () => {
    setKey('skip', 'r');
    keyMap.value = {};
    restoreKeys();
    expect(keysOf('skip')).toEqual(['r']);
  });

  it('gives way to a newer table, and to what cannot be read', () => {
    const kept = {
      skip: ['x'],
      reject: 7,
      noSuch: ['r'],
      close: ['r'],
      edit: ['Shift+e'],
    };
    localStorage.setItem('feltline.keys', JSON.stringify(kept));
    restoreKeys();
    expect(keyMap.value).toEqual({ edit: ['Shift+e'] });
    localStorage.setItem('feltline.keys', '[');
    restoreKeys();
    expect(keyMap.value).toEqual({});
  });

  it('goes out and in as it is', () => {
    setKey('skip', 'r');
    setKey('reject', 's');
    const text = keysAsText();
    resetKeys();
    expect(takeKeys(text)).toBeNull();
    expect([keysOf('skip'), keysOf('reject')]).toEqual([['r'], ['s']]);
  });

  it('is taken whole or not at all', () => {
    const file = (keys: unknown) => JSON.stringify({ feltline_keys: 1, keys });
    for (const [text, key] of [
      ['no json', 'keys.noFile'],
      ['{"keys": {}}', 'keys.noFile'],
      [file({ noSuch: ['r'] }), 'keys.unknown'],
      [file({ close: ['r'] }), 'keys.unknown'],
      [file({ skip: 'r' }), 'keys.unknown'],
      [file({ skip: [] }), 'keys.unknown'],
      [file({ skip: ['r'], reject: ['r'] }), 'keys.taken'],
      [file({ skip: ['r'], reject: ['1'] }), 'keys.takenByClass'],
      [file({ skip: ['Ctrl+w'] }), 'keys.browser'],
    ]) {
      expect(takeKeys(text as string), text).toMatchObject({ key });
      expect(keyMap.value).toEqual({});
    }
  });

  it('may exchange two keys', () => {
    const keys = { skip: ['x'], reject: ['s'] };
    expect(takeKeys(JSON.stringify({ feltline_keys: 1, keys }))).toBeNull();
    expect(keysOf('skip')).toEqual(['x']);
  });
});

describe('sentences', () => {
  it('name keys of actions that there are', async () => {
    const { STRINGS } = await import('../src/i18n');
    const actions = new Set<string>(SHORTCUTS.map((s) => s.action));
    const named = Object.values(STRINGS).flatMap((all) =>
      Object.values(all).flatMap((text) =>
        [...text.matchAll(/\{key:(\w+)\}/g)].map((m) => m[1] as string),
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !actions.has(name))).toEqual([]);
  });
});
