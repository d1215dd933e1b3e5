import { afterEach, describe, expect, it } from 'vitest';
import { hasString } from '../src/i18n';
import {
  type Action,
  actionOf,
  chordOf,
  classChords,
  keyHint,
  SHORTCUTS,
  shownChord,
} from '../src/keys';
import { DEFAULT_SCHEMA } from './labelSchema';

function press(key: string, more: KeyboardEventInit = {}, target?: Element) {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, ...more });
  let found: Action | null = null;
  const listen = (heard: Event) => {
    found = actionOf(heard as KeyboardEvent);
  };
  addEventListener('keydown', listen);
  (target ?? document.body).dispatchEvent(event);
  removeEventListener('keydown', listen);
  return found;
}

function added(html: string): Element {
  document.body.innerHTML = html;
  return document.body.firstElementChild as Element;
}

afterEach(() => {
  document.body.innerHTML = '';
});

describe('the table', () => {
  it('gives no key twice', () => {
    const keys = SHORTCUTS.flatMap((s) => s.keys);
    const twice = keys.filter((key, i) => keys.indexOf(key) !== i);
    expect(twice).toEqual([]);
  });

  it('gives no action twice', () => {
    const actions = SHORTCUTS.map((s) => s.action);
    expect(new Set(actions).size).toBe(actions.length);
  });

  it('has a string for each', () => {
    expect(SHORTCUTS.filter((s) => !hasString(s.label))).toEqual([]);
  });

  it('writes chords as a pressed key is written', () => {
    for (const chord of SHORTCUTS.flatMap((s) => s.keys)) {
      const parts = chord.split('+');
      const key = parts.at(-1) as string;
      const event = new KeyboardEvent('keydown', {
        key: key === 'Space' ? ' ' : key,
        ctrlKey: parts.includes('Ctrl'),
        shiftKey: parts.includes('Shift'),
      });
      expect(chordOf(event)).toBe(chord);
    }
  });

  it('leaves Tab to the browser: nobody is trapped', () => {
    expect(SHORTCUTS.flatMap((s) => s.keys).join()).not.toContain('Tab');
  });
});

describe('chordOf', () => {
  const chord = (init: KeyboardEventInit) =>
    chordOf(new KeyboardEvent('keydown', init));

  it('does not care about Caps Lock or about Shift for signs', () => {
    expect(chord({ key: 'X' })).toBe('x');
    expect(chord({ key: '?', shiftKey: true })).toBe('?');
    expect(chord({ key: 'I', shiftKey: true })).toBe('Shift+i');
  });

  it('takes the command key for Ctrl', () => {
    expect(chord({ key: 'z', metaKey: true })).toBe('Ctrl+z');
  });

  it('knows letters and digits with a Japanese input method on', () => {
    expect(chord({ key: 'Process', code: 'KeyS' })).toBe('s');
    expect(chord({ key: 'Process', code: 'Digit4' })).toBe('4');
    expect(chord({ key: '\u3000', code: 'Space' })).toBe('Space');
  });
});

describe('actionOf', () => {
  it('finds actions', () => {
    expect(press('ArrowLeft')).toBe('frameBack');
    expect(press('ArrowLeft', { shiftKey: true })).toBe('secondBack');
    expect(press('Z', { ctrlKey: true, shiftKey: true })).toBe('redo');
    expect(press('r')).toBeNull();
    expect(press('ArrowLeft', { altKey: true })).toBeNull();
    expect(press('s', { ctrlKey: true })).toBeNull();
  });

  it('never takes what is typed', () => {
    for (const html of [
      '<input type="text">',
      '<input type="search">',
      '<input type="number">',
      '<textarea></textarea>',
      '<select><option>x</option></select>',
      '<div contenteditable="true"></div>',
    ]) {
      const field = added(html);
      for (const { keys } of SHORTCUTS) {
        for (const chord of keys) {
          const parts = chord.split('+');
          const init = {
            ctrlKey: parts.includes('Ctrl'),
            shiftKey: parts.includes('Shift'),
          };
          const key = parts.at(-1) === 'Space' ? ' ' : (parts.at(-1) as string);
          expect(press(key, init, field), `${chord} in ${html}`).toBeNull();
        }
      }
    }
  });

  it('leaves the keys of pages to a side sheet with the focus', () => {
    expect(press('PageDown')).toBe('valueDownFar');
    const sheet = added('<aside class="panel" tabindex="-1"></aside>');
    expect(press('PageDown', {}, sheet)).toBeNull();
    expect(press('s', {}, sheet)).toBe('skip');
  });

  it('leaves Enter and Space to a button with the focus, not the letters', () => {
    const button = added('<button>x</button>');
    expect(press('Enter', {}, button)).toBeNull();
    expect(press(' ', {}, button)).toBeNull();
    expect(press('s', {}, button)).toBe('skip');
  });

  it('leaves the arrows to a range or radio field, not the letters', () => {
    const range = added('<input type="range">');
    expect(press('ArrowUp', {}, range)).toBeNull();
    expect(press('x', {}, range)).toBe('reject');
  });

  it('moves a value by a large step with Page Up and Page Down, but in a sheet', () => {
    expect(press('PageUp')).toBe('valueUpFar');
    expect(press('PageDown')).toBe('valueDownFar');
    const sheet = added('<div data-keys="scroll" tabindex="0"></div>');
    expect(press('PageDown', {}, sheet)).toBeNull();
    expect(press('PageDown', {}, added('<input type="range">'))).toBeNull();
    expect(shownChord('PageDown')).toBe('PgDn');
  });

  it('lets a slider of the pad be driven by the page', () => {
    const slider = added('<div role="slider" tabindex="0"></div>');
    expect(press('ArrowUp', {}, slider)).toBe('valueUp');
    expect(press(' ', {}, slider)).toBe('playPause');
  });

  it('leaves keys that somebody else has used', () => {
    const list = added('<div role="listbox"></div>');
    list.addEventListener('keydown', (event) => event.preventDefault());
    expect(press('ArrowDown', { cancelable: true }, list)).toBeNull();
  });

  it('leaves keys to an input method at work', () => {
    expect(press('Enter', { isComposing: true })).toBeNull();
  });
});

describe('keys of classes', () => {
  const classes = (...keys: string[]) =>
    keys.map((key, i) => ({ name: `c${i}`, key, colour: '', place: {} }));

  it('are those of the label schema', () => {
    expect([...classChords(DEFAULT_SCHEMA.classes)]).toEqual(
      DEFAULT_SCHEMA.classes.map(({ name }, i) => [String(i + 1), name]),
    );
    expect(classChords(classes('R')).get('r')).toBe('c0');
  });

  it('are free digits for classes without one, and end with these', () => {
    const found = classChords(classes('', '2', '', ''));
    expect([...found]).toEqual([
      ['2', 'c1'],
      ['1', 'c0'],
      ['3', 'c2'],
      ['4', 'c3'],
    ]);
    expect(classChords(classes(...new Array(12).fill(''))).size).toBe(9);
  });

  it('never take a key of the page, nor one twice', () => {
    const found = classChords(classes('x', '0', 'r', 'r'));
    expect([...found.keys()].sort()).toEqual(['1', '2', '3', 'r']);
    expect(new Set(found.values()).size).toBe(4);
  });
});

describe('shown keys', () => {
  it('are those of a key cap', () => {
    expect(keyHint('accept')).toBe('Enter');
    expect(keyHint('undo')).toBe('Ctrl Z');
    expect(shownChord('Shift+ArrowUp')).toBe('Shift ↑');
  });
});
