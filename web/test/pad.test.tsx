/** The pad by keyboard and by label schema. */

import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';
import { Pad } from '../src/components/Pad';
import { onKeyDown } from '../src/components/useKeys';
import { setLanguage } from '../src/i18n';
import { giveStep } from '../src/state/actions';
import { notices } from '../src/state/announcements';
import { dimension } from '../src/state/draft';
import { draft } from '../src/state/draftValue';
import { session } from '../src/state/session';
import { queued, standIn, start } from './desk';
import { DEFAULT_SCHEMA, PAIN_SCHEMA, sessionWith } from './labelSchema';

standIn();

afterEach(() => {
  cleanup();
  session.value = sessionWith(DEFAULT_SCHEMA);
});

function press(key: string, more: KeyboardEventInit = {}): boolean {
  const event = new KeyboardEvent('keydown', { key, cancelable: true, ...more });
  onKeyDown(event);
  return event.defaultPrevented;
}

describe('Tab', () => {
  it('goes to the other dimension while a value is being given', async () => {
    await start([queued(50)]);
    render(<Pad />);
    giveStep(1);
    expect(press('Tab')).toBe(true);
    expect(document.activeElement?.id).toBe('pad-1');
    expect(dimension.value).toBe(1);
    press('ArrowDown');
    expect(draft.value.value).toEqual([0.35, -0.25]);
  });

  it('is the browser’s own before anything is given', async () => {
    await start([queued(50)]);
    render(<Pad />);
    expect(press('Tab')).toBe(false);
  });

  it('out of the pad under a draft is announced', async () => {
    await start([queued(50)]);
    render(<Pad />);
    giveStep(1);
    const last = screen.getByTestId('pad-arousal');
    last.focus();
    fireEvent.keyDown(last, { key: 'Tab' });
    fireEvent.blur(last, { relatedTarget: null });
    expect(notices.value.map((one) => one.key)).toContain('notice.leftPad');
  });
});

describe('by label schema', () => {
  it('is a square for two dimensions, with poles and classes in words', async () => {
    setLanguage('en');
    await start([queued(50)]);
    render(<Pad />);
    expect(screen.getByTestId('pad-plane').textContent).toContain('unpleasant');
    expect(screen.getByTestId('class-fear').textContent).toBe('7fear');
  });

  it('is one slider for one dimension, under its own name and scale', async () => {
    await start([queued(50)]);
    session.value = sessionWith(PAIN_SCHEMA);
    render(<Pad />);
    expect(screen.queryByTestId('pad-plane')).toBeNull();
    const slider = screen.getByTestId('pad-pain');
    expect(slider.getAttribute('aria-valuemax')).toBe('100');
    expect(screen.getByTestId('class-grimace').textContent).toBe('Rgrimace');
    press('r');
    expect(draft.value.expression).toBe('grimace');
  });

  it('has no classes where there are none, and any number of dimensions', async () => {
    await start([queued(50)]);
    const more = { name: 'dominance', low: 1, high: 9, low_pole: '', high_pole: '' };
    const dimensions = [...DEFAULT_SCHEMA.dimensions, more];
    session.value = sessionWith({ dimensions, classes: [] });
    render(<Pad />);
    expect(screen.queryByTestId('pad-plane')).toBeNull();
    expect(screen.getAllByRole('slider')).toHaveLength(3);
    expect(document.querySelector('.class-chip')).toBeNull();
  });
});
