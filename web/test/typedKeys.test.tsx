/** Keys that say nothing by themselves do nothing: neither to the field of values. */

import { act, cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { beforeEach, describe, expect, it } from 'vitest';
import { LabelBar } from '../src/components/LabelBar';
import { onKeyDown } from '../src/components/useKeys';
import { setLanguage } from '../src/i18n';
import { accept, toggleComment } from '../src/state/actions';
import { draft, typing } from '../src/state/draftValue';
import { frame } from '../src/state/selection';
import { sideSheet } from '../src/state/ui';
import { judgements, queued, settle, standIn, start } from './desk';

standIn();

/** Keys as browsers name them; with an input method on, `code` says which one it is. */
const SILENT: readonly KeyboardEventInit[] = [
  { key: 'Shift', code: 'ShiftLeft', shiftKey: true },
  { key: 'Control', code: 'ControlLeft', ctrlKey: true },
  { key: 'Alt', code: 'AltLeft', altKey: true },
  { key: 'AltGraph', code: 'AltRight' },
  { key: 'AltGraph', code: 'AltRight', ctrlKey: true, altKey: true },
  { key: 'Meta', code: 'MetaLeft', metaKey: true },
  { key: 'OS', code: 'MetaLeft' },
  { key: 'CapsLock', code: 'CapsLock' },
  { key: 'NumLock', code: 'NumLock' },
  { key: 'ScrollLock', code: 'ScrollLock' },
  { key: 'Fn', code: 'Fn' },
  { key: 'Dead', code: 'Equal' },
  { key: 'Compose', code: 'AltRight' },
  { key: 'Unidentified', code: '' },
  { key: 'Process', code: 'ShiftLeft', shiftKey: true },
  { key: 'Process', code: 'ControlRight', ctrlKey: true },
  { key: 'Process', code: 'CapsLock' },
  { key: 'Process', code: 'Backquote' },
  { key: 'Process', code: 'Lang1' },
  { key: 'Process', code: '' },
  { key: 'ZenkakuHankaku', code: 'Backquote' },
  { key: 'Hankaku', code: 'Backquote' },
  { key: 'Zenkaku', code: 'Backquote' },
  { key: 'Convert', code: 'Convert' },
  { key: 'NonConvert', code: 'NonConvert' },
  { key: 'HiraganaKatakana', code: 'KanaMode' },
  { key: 'KanaMode', code: 'KanaMode' },
  { key: 'Eisu', code: 'Lang2' },
  { key: 'Alphanumeric', code: 'CapsLock' },
  { key: 'AudioVolumeUp', code: 'AudioVolumeUp' },
  { key: 'PrintScreen', code: 'PrintScreen' },
  { key: 'F12', code: 'F12' },
  // An input method at work: the key is a part of what it writes.
  { key: 'a', code: 'KeyA', isComposing: true },
  { key: 'Enter', code: 'Enter', isComposing: true },
  { key: 'Escape', code: 'Escape', isComposing: true },
];

function press(init: KeyboardEventInit): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { cancelable: true, ...init });
  onKeyDown(event);
  return event;
}
const keys = (text: string) => [...text].map((key) => press({ key }));

beforeEach(() => start([queued(50), queued(90)]));

describe('a key that says nothing by itself', () => {
  it.each(SILENT)('leaves what is typed as it is: %o', (init) => {
    keys('=6');
    const before = [typing.value, draft.value, frame.value, sideSheet.value];
    expect(press(init).defaultPrevented).toBe(false);
    expect([typing.value, draft.value, frame.value, sideSheet.value]).toEqual(before);
    keys('4');
    expect(draft.value.value).toEqual([0.6, 0.4]);
  });

  it.each(SILENT)('does nothing where nothing is typed: %o', async (init) => {
    const before = [draft.value, frame.value, sideSheet.value];
    expect(press(init).defaultPrevented).toBe(false);
    await settle();
    expect([draft.value, frame.value, sideSheet.value]).toEqual(before);
    expect(judgements()).toEqual([]);
  });
});

describe('a sign that needs Shift', () => {
  it('goes into the field after its modifier', async () => {
    keys('=6');
    press({ key: 'Shift', shiftKey: true });
    press({ key: '=', code: 'Minus', shiftKey: true });
    keys('4');
    expect(draft.value.value).toEqual([0.6, 0.4]);
    accept();
    await settle();
    expect(judgements()).toMatchObject([{ value: [0.6, 0.4] }]);
  });

  it('is typed where an input method names every key Process', () => {
    for (const code of ['Semicolon', 'Digit6', 'ShiftLeft', 'Minus', 'Digit4']) {
      press({ key: 'Process', code });
    }
    expect(draft.value.value).toEqual([0.6, -0.4]);
  });
});

describe('a word that an input method writes into a comment', () => {
  // As browsers say that Enter takes the word; Safari by the code of the key only.
  it.each([{ isComposing: true }, { keyCode: 229 }])(
    'is taken by Enter, which does not leave the field: %o',
    async (how) => {
      setLanguage('ja');
      render(<LabelBar />);
      await act(toggleComment);
      const field = screen.getByTestId('comment');
      field.focus();
      fireEvent.keyDown(field, { key: 'Enter', ...how });
      expect(document.activeElement).toBe(field);
      fireEvent.keyDown(field, { key: 'Enter' });
      expect(document.activeElement).not.toBe(field);
      cleanup();
      setLanguage('en');
    },
  );
});
