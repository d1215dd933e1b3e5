import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_SCHEMA, sessionWith } from '../../test/labelSchema';
import type { JudgementRequest } from '../api/types';
import { setLanguage } from '../i18n';
import { outboxSignal } from '../state/changes';
import { session as current } from '../state/session';
import { sideSheet } from '../state/ui';
import { ContactSheet } from './ContactSheet';
import { standInOutbox, standInServer } from './testing/server';

const session = sessionWith(DEFAULT_SCHEMA);

beforeEach(() => {
  setLanguage('en');
  current.value = session;
});

afterEach(() => {
  cleanup();
  outboxSignal.value = null;
  vi.unstubAllGlobals();
});

const byId = (id: string) => screen.findByTestId(id);
const key = (element: Element, name: string, more = {}) =>
  fireEvent.keyDown(element, { key: name, ...more });

describe('ContactSheet', () => {
  const cells = [0, 1, 2].map((i) => ({
    video_id: 'v.mp4',
    track_id: 1,
    frame: 10 * i,
    time_s: i,
    annotation: i === 2 ? { value: [0.5, 0.25], expression: null } : null,
    prediction: null,
  }));
  const sheet = { title: 'suggested', clusters: [{ cells }] };
  const place = { video_id: 'v.mp4', track_id: 1, frame: 42 };

  async function opened(answer?: Parameters<typeof standInOutbox>[0]) {
    const asked = standInServer({ '/sheet': sheet });
    const { send, changes } = standInOutbox(answer);
    const onOpen = vi.fn();
    const { unmount } = render(
      <ContactSheet session={session} place={place} send={send} onOpen={onOpen} />,
    );
    const first = await byId('sheet-cell-0');
    first.focus();
    return { asked, changes, onOpen, first, unmount };
  }
  const judgementsOf = (change?: { body: Record<string, unknown> }) =>
    change?.body.judgements as JudgementRequest[];
  const focused = () => document.activeElement?.getAttribute('data-testid');

  it('gives a class to the face with the focus', async () => {
    const { first, changes } = await opened();
    key(first, '2');
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(changes[0]).toMatchObject({ path: '/judgements/many', method: 'POST' });
    expect(judgementsOf(changes[0])).toHaveLength(1);
    expect(judgementsOf(changes[0])[0]).toMatchObject({
      first_frame: 0,
      expression: 'happiness',
    });
    expect(first.textContent).toContain('happiness');
    expect(first.getAttribute('aria-label')).toContain('labelled: happiness');
  });

  it('gives one value to all selected faces in one request', async () => {
    const { first, changes } = await opened();
    key(first, 'A', { shiftKey: true });
    expect(screen.getByTestId('sheet-count').textContent).toBe('3 of 3 selected');
    key(first, 'Enter');
    const valence = screen.getByTestId('sheet-valence');
    expect(document.activeElement).toBe(valence);
    key(valence, 'ArrowUp');
    key(valence, 'ArrowUp', { shiftKey: true });
    key(screen.getByTestId('sheet-arousal'), 'ArrowDown');
    key(valence, 'Enter');
    await waitFor(() => expect(changes).toHaveLength(1));
    const judgements = judgementsOf(changes[0]);
    expect(judgements.map((one) => one.value)).toEqual(
      new Array(3).fill([0.25, -0.05]),
    );
    expect(new Set(judgements.map((one) => one.client_id)).size).toBe(3);
    expect(screen.queryByTestId('sheet-editor')).toBeNull();
    expect(focused()).toBe('sheet-cell-0');
    // The next value must not go to these faces too.
    expect(screen.getByTestId('sheet-count').textContent).toBe('0 of 3 selected');
  });

  it('starts the value from what is on record', async () => {
    const { first } = await opened();
    key(first, 'End');
    expect(focused()).toBe('sheet-cell-2');
    key(screen.getByTestId('sheet-cell-2'), 'Enter');
    expect((screen.getByTestId('sheet-valence') as HTMLInputElement).value).toBe('0.5');
  });

  it('leaves the value with Escape, without closing the sheet', async () => {
    const { first, changes } = await opened();
    sideSheet.value = 'sheet';
    const outside = vi.fn();
    addEventListener('keydown', outside);
    key(first, 'Enter');
    outside.mockClear();
    key(screen.getByTestId('sheet-valence'), 'Escape');
    expect(screen.queryByTestId('sheet-editor')).toBeNull();
    expect(outside).not.toHaveBeenCalled();
    expect(sideSheet.value).toBe('sheet');
    expect(changes).toHaveLength(0);
  });

  it('moves with the arrows and selects with Space, leaving shortcuts alone', async () => {
    const { first } = await opened();
    key(first, 'ArrowRight');
    expect(focused()).toBe('sheet-cell-1');
    const second = screen.getByTestId('sheet-cell-1');
    expect(second.tabIndex).toBe(0);
    expect(first.tabIndex).toBe(-1);
    expect(key(second, ' ')).toBe(false);
    expect(second.getAttribute('aria-selected')).toBe('true');
    expect(key(second, 'z', { ctrlKey: true })).toBe(true);
    expect(key(second, 't')).toBe(true);
  });

  it('opens the frame with a double click', async () => {
    const { onOpen } = await opened();
    fireEvent.dblClick(screen.getByTestId('sheet-cell-2'));
    expect(onOpen).toHaveBeenCalledWith('v.mp4', 1, 20);
  });

  it('takes a refused label back and says why', async () => {
    const { first } = await opened(() => new Error('Face 1 was merged away.'));
    key(first, '1');
    expect((await byId('panel-fault')).textContent).toBe('Face 1 was merged away.');
    expect(first.textContent).not.toContain('neutral');
    expect(outboxSignal.value?.refused.value).toHaveLength(0);
  });

  it('takes a label back when it is undone, and puts it there again', async () => {
    const { first, changes } = await opened();
    key(first, '2');
    await waitFor(() => expect(changes).toHaveLength(1));
    const about = judgementsOf(changes[0])[0]?.client_id;
    const step = (kind: 'undo' | 'redo', client_id: string, about?: string) =>
      outboxSignal.value?.add({
        client_id,
        kind,
        method: 'POST',
        path: `/${kind}`,
        body: {},
        about,
      });
    step('undo', 'u1', about);
    await waitFor(() => expect(first.textContent).not.toContain('happiness'));
    step('redo', 'r1', 'u1');
    await waitFor(() => expect(first.textContent).toContain('happiness'));
  });

  it('takes a digit for its faces wherever the focus is in it', async () => {
    const { changes } = await opened();
    const all = screen.getByTestId('sheet-all');
    fireEvent.click(all);
    // False: the sheet has taken it.
    expect(key(all, '4')).toBe(false);
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(judgementsOf(changes[0]).map((one) => one.expression)).toContain('sadness');
    fireEvent.click(screen.getByTestId('sheet-edit'));
    expect(key(await byId('sheet-valence'), '2')).toBe(false);
    await waitFor(() => expect(changes).toHaveLength(2));
    // What means nothing here must not reach the page behind.
    expect(key(all, '0')).toBe(false);
    expect(changes).toHaveLength(2);
  });

  it('leaves a refusal to the page if it is closed when that comes', async () => {
    const { first, unmount } = await opened(() => new Error('Face 1 was merged away.'));
    key(first, '1');
    unmount();
    await waitFor(() => expect(outboxSignal.value?.refused.value).toHaveLength(1));
  });

  it('asks for faces like the one on screen', async () => {
    const { asked } = await opened();
    fireEvent.click(screen.getByTestId('sheet-kind-similar'));
    await waitFor(() => expect(asked.at(-1)?.search).toContain('kind=similar'));
    expect(asked.at(-1)?.searchParams.get('frame')).toBe('42');
  });

  it('says so when there is nothing to show, and why it cannot load', async () => {
    standInServer({ '/sheet': { title: 'x', clusters: [] } });
    const { send } = standInOutbox();
    const shared = { session, place: null, send, onOpen: vi.fn() };
    render(<ContactSheet {...shared} />);
    expect((await byId('sheet-none')).textContent).toContain('No suggested frame');
    expect(screen.getByTestId('sheet-kind-similar')).toHaveProperty('disabled', true);
    cleanup();
    standInServer({ '/sheet': { status: 409, error: 'There is no face yet.' } });
    render(<ContactSheet {...shared} />);
    expect((await byId('panel-fault')).textContent).toBe('There is no face yet.');
  });
});
