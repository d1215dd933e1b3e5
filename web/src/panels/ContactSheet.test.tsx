import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_SCHEMA, sessionWith } from '../../test/labelSchema';
import type { JudgementRequest } from '../api/types';
import { Pad } from '../components/Pad';
import { SheetCard } from '../components/SheetCard';
import { useKeys } from '../components/useKeys';
import { setLanguage } from '../i18n';
import { accept } from '../state/actions';
import { notices } from '../state/announcements';
import { outboxSignal } from '../state/changes';
import { draftTouched } from '../state/draftValue';
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

  type DeskProps = Parameters<typeof ContactSheet>[0];

  /** The sheet with what stands beside it on the page. */
  function Desk(props: DeskProps) {
    useKeys();
    return (
      <>
        <ContactSheet {...props} />
        <SheetCard />
        <Pad />
      </>
    );
  }

  async function opened(answer?: Parameters<typeof standInOutbox>[0], pictures = true) {
    const asked = standInServer({ '/sheet': sheet });
    const { send, changes } = standInOutbox(answer);
    const onOpen = vi.fn();
    const { unmount } = render(<Desk place={place} send={send} onOpen={onOpen} />);
    const first = await byId('sheet-cell-0');
    if (pictures) for (const one of cells.keys()) pictured(one);
    first.focus();
    return { asked, changes, onOpen, first, unmount };
  }
  /** The picture of a face comes, in the list. */
  const pictured = (i: number) =>
    fireEvent.load(
      screen.getByTestId(`sheet-cell-${i}`).querySelector('img') as HTMLElement,
    );
  const judgementsOf = (change?: { body: Record<string, unknown> }) =>
    change?.body.judgements as JudgementRequest[];
  const focused = () => document.activeElement?.getAttribute('data-testid');
  const count = () => screen.getByTestId('sheet-count').textContent;
  const plan = () => screen.getByTestId('sheet-plan').textContent;

  it('gives a class to the face with the focus once Enter is pressed', async () => {
    const { first, changes } = await opened();
    key(first, '2');
    await waitFor(() => expect(plan()).toBe('Enter saves happiness for one face'));
    // It stays with the face, wherever the focus goes.
    await waitFor(() => expect(count()).toBe('1 of 3 selected'));
    expect(changes).toHaveLength(0);
    key(first, 'Enter');
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(changes[0]).toMatchObject({ path: '/judgements/many', method: 'POST' });
    expect(judgementsOf(changes[0])).toHaveLength(1);
    expect(judgementsOf(changes[0])[0]).toMatchObject({
      ...{ first_frame: 0, expression: 'happiness', value: [], touched: [] },
    });
    await waitFor(() => expect(first.textContent).toContain('happiness'));
    expect(first.getAttribute('aria-label')).toContain('labelled: happiness');
    expect(focused()).toBe('sheet-cell-1');
  });

  it('selects all faces, not the text of the page, with Ctrl and A', async () => {
    const { first } = await opened();
    const isLeft = key(first, 'a', { ctrlKey: true });
    expect(isLeft).toBe(false);
    await waitFor(() => expect(count()).toBe('3 of 3 selected'));
  });

  it('gives one value and class to all selected faces in one request', async () => {
    const { first, changes } = await opened();
    key(first, 'A', { shiftKey: true });
    await waitFor(() => expect(count()).toBe('3 of 3 selected'));
    key(first, 'Enter');
    const valence = screen.getByTestId('pad-valence');
    expect(document.activeElement).toBe(valence);
    key(valence, 'ArrowUp');
    key(valence, 'ArrowUp', { shiftKey: true });
    screen.getByTestId('pad-arousal').focus();
    key(screen.getByTestId('pad-arousal'), 'ArrowDown');
    key(valence, '4');
    key(valence, 'Enter');
    await waitFor(() => expect(changes).toHaveLength(1));
    const judgements = judgementsOf(changes[0]);
    expect(judgements.map((one) => one.value)).toEqual(new Array(3).fill([0.2, 0]));
    expect(judgements.map((one) => one.expression)).toEqual(
      new Array(3).fill('sadness'),
    );
    expect(new Set(judgements.map((one) => one.client_id)).size).toBe(3);
    // The next value must not go to these faces too.
    await waitFor(() => expect(count()).toBe('0 of 3 selected'));
    expect(focused()).toMatch(/^sheet-cell-/);
    expect(screen.queryByTestId('pad-own')).not.toBeNull();
  });

  it('leaves a dimension open that was not moved', async () => {
    const { first, changes } = await opened();
    key(first, 'Enter');
    key(screen.getByTestId('pad-valence'), 'ArrowUp');
    key(screen.getByTestId('pad-valence'), 'Enter');
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(judgementsOf(changes[0])[0]).toMatchObject({
      ...{ value: [0, null], touched: [true, false] },
    });
  });

  it('starts the value from what is on record', async () => {
    const { first, changes } = await opened();
    key(first, 'End');
    expect(focused()).toBe('sheet-cell-2');
    key(screen.getByTestId('sheet-cell-2'), 'Enter');
    const valence = screen.getByTestId('pad-valence');
    await waitFor(() => expect(valence.getAttribute('aria-valuenow')).toBe('0.5'));
    key(valence, 'ArrowUp');
    key(valence, 'Enter');
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(judgementsOf(changes[0])[0]?.value).toEqual([0.55, null]);
  });

  it('leaves the value with Escape, without closing the sheet', async () => {
    const { first, changes } = await opened();
    sideSheet.value = 'sheet';
    key(first, 'Enter');
    key(screen.getByTestId('pad-valence'), 'ArrowUp');
    key(screen.getByTestId('pad-valence'), 'Escape');
    expect(sideSheet.value).toBe('sheet');
    expect(draftTouched.value).toBe(false);
    expect(focused()).toBe('sheet-cell-0');
    key(first, 'Escape');
    expect(sideSheet.value).toBeNull();
    expect(changes).toHaveLength(0);
  });

  it('drops a value whose faces are gone, and gives it to no others', async () => {
    const { first, changes } = await opened();
    key(first, '2');
    await waitFor(() => expect(count()).toBe('1 of 3 selected'));
    fireEvent.click(screen.getByTestId('sheet-kind-similar'));
    await waitFor(() => expect(draftTouched.value).toBe(false));
    expect(notices.value.at(-1)?.key).toBe('notice.valueDropped');
    expect(changes).toHaveLength(0);
  });

  it('decides nothing about the item behind it', async () => {
    const { first } = await opened();
    key(first, 'n');
    expect(notices.value.at(-1)?.key).toBe('notice.sheetOpen');
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
    // All other keys are the page's.
    key(second, 't');
    expect(sideSheet.value).toBe('threshold');
  });

  it('selects faces with an input method on, too', async () => {
    const { first } = await opened();
    key(first, 'Process', { code: 'Space' });
    expect(first.getAttribute('aria-selected')).toBe('true');
    key(first, 'Process', { code: 'ShiftLeft', shiftKey: true });
    key(first, 'Process', { code: 'KeyA', shiftKey: true });
    await waitFor(() => expect(count()).toBe('3 of 3 selected'));
  });

  it('judges no face whose picture was not there yet', async () => {
    const { first, changes } = await opened(undefined, false);
    key(first, '2');
    const save = screen.getByTestId('sheet-save');
    await waitFor(() => expect(plan()).toContain('Loading the face …'));
    expect(save).toHaveProperty('disabled', true);
    key(first, 'Enter');
    expect(notices.value.at(-1)?.key).toBe('plan.notSeen');
    expect(draftTouched.value).toBe(true);
    pictured(0);
    await waitFor(() => expect(plan()).toBe('Enter saves happiness for one face'));
    key(first, 'A', { shiftKey: true });
    await waitFor(() => expect(plan()).toContain('2 of these faces were not'));
    fireEvent.click(save);
    accept();
    expect(changes).toHaveLength(0);
    setLanguage('ja');
    await waitFor(() => expect(plan()).toContain('2 件の顔は'));
    // On the card beside the pad it has been seen as well.
    const card = screen.getByTestId('sheet-card');
    for (const one of card.querySelectorAll('img')) fireEvent.load(one);
    await waitFor(() => expect(save).toHaveProperty('disabled', false));
    fireEvent.click(save);
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(judgementsOf(changes[0])).toHaveLength(3);
  });

  it('opens the frame with a double click', async () => {
    const { onOpen } = await opened();
    fireEvent.dblClick(screen.getByTestId('sheet-cell-2'));
    expect(onOpen).toHaveBeenCalledWith('v.mp4', 1, 20);
  });

  it('takes a refused label back and says why', async () => {
    const { first } = await opened(() => new Error('Face 1 was merged away.'));
    key(first, '1');
    key(first, 'Enter');
    expect((await byId('panel-fault')).textContent).toBe('Face 1 was merged away.');
    expect(first.textContent).not.toContain('neutral');
    expect(outboxSignal.value?.refused.value).toHaveLength(0);
  });

  it('takes a label back when it is undone, and puts it there again', async () => {
    const { first, changes } = await opened();
    key(first, '2');
    key(first, 'Enter');
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

  it('takes a class key for its faces wherever the focus is in it', async () => {
    const { changes } = await opened();
    const all = screen.getByTestId('sheet-all');
    all.focus();
    fireEvent.click(all);
    // Enter would take the selection away again, were the focus still on the button.
    expect(focused()).toBe('sheet-cell-0');
    await waitFor(() => expect(count()).toBe('3 of 3 selected'));
    key(screen.getByTestId('sheet-refresh'), '4');
    await waitFor(() => expect(plan()).toContain('sadness for 3 faces'));
    key(screen.getByTestId('sheet-cell-0'), 'Enter');
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(judgementsOf(changes[0]).map((one) => one.expression)).toContain('sadness');
  });

  it('leaves a refusal to the page if it is closed when that comes', async () => {
    const { first, unmount } = await opened(() => new Error('Face 1 was merged away.'));
    key(first, '1');
    key(first, 'Enter');
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
    const shared = { place: null, send, onOpen: vi.fn() };
    render(<ContactSheet {...shared} />);
    expect((await byId('sheet-none')).textContent).toContain('No suggested frame');
    expect(screen.getByTestId('sheet-kind-similar')).toHaveProperty('disabled', true);
    cleanup();
    standInServer({ '/sheet': { status: 409, error: 'There is no face yet.' } });
    render(<ContactSheet {...shared} />);
    expect((await byId('panel-fault')).textContent).toBe('There is no face yet.');
  });
});
