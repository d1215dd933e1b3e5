import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Event, LabelRequest, Session, Video } from '../api/types';
import { setLanguage } from '../i18n';
import { outboxSignal } from '../state/changes';
import { ContactSheet } from './ContactSheet';
import { FacesPanel } from './FacesPanel';
import { HistoryPanel } from './HistoryPanel';
import { ThresholdPanel } from './ThresholdPanel';
import { standInOutbox, standInServer } from './testing/server';

const EXPRESSIONS = [
  'neutral',
  'happiness',
  'surprise',
  'sadness',
  'anger',
  'disgust',
  'fear',
  'contempt',
];
const session = { rater: 'anna', expressions: EXPRESSIONS } as Session;

beforeEach(() => {
  setLanguage('en');
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      observe() {}
      disconnect() {}
    },
  );
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
    label: i === 2 ? { valence: 0.5, arousal: 0.25, expression: null } : null,
    estimate: null,
  }));
  const sheet = { title: 'typical', clusters: [{ cells }] };
  const place = { video_id: 'v.mp4', track_id: 1, frame: 42 };

  async function opened(answer?: Parameters<typeof standInOutbox>[0]) {
    const asked = standInServer({ '/sheet': sheet });
    const { send, changes } = standInOutbox(answer);
    const onOpen = vi.fn();
    const onClose = vi.fn();
    render(
      <ContactSheet
        session={session}
        place={place}
        send={send}
        onOpen={onOpen}
        onClose={onClose}
      />,
    );
    const first = await byId('sheet-cell-0');
    first.focus();
    return { asked, changes, onOpen, onClose, first };
  }
  const labelsOf = (change?: { body: Record<string, unknown> }) =>
    change?.body.labels as LabelRequest[];
  const focused = () => document.activeElement?.getAttribute('data-testid');

  it('gives a class to the face with the focus', async () => {
    const { first, changes } = await opened();
    key(first, '2');
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(changes[0]).toMatchObject({ path: '/labels/many', method: 'POST' });
    expect(labelsOf(changes[0])).toHaveLength(1);
    expect(labelsOf(changes[0])[0]).toMatchObject({
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
    const labels = labelsOf(changes[0]);
    expect(labels.map((l) => [l.valence, l.arousal])).toEqual(
      new Array(3).fill([0.25, -0.05]),
    );
    expect(new Set(labels.map((l) => l.client_id)).size).toBe(3);
    expect(screen.queryByTestId('sheet-editor')).toBeNull();
    expect(focused()).toBe('sheet-cell-0');
  });

  it('starts the value from what is on record', async () => {
    const { first } = await opened();
    key(first, 'End');
    expect(focused()).toBe('sheet-cell-2');
    key(screen.getByTestId('sheet-cell-2'), 'Enter');
    expect((screen.getByTestId('sheet-valence') as HTMLInputElement).value).toBe('0.5');
  });

  it('leaves the value with Escape, without closing the sheet', async () => {
    const { first, changes, onClose } = await opened();
    const outside = vi.fn();
    addEventListener('keydown', outside);
    key(first, 'Enter');
    outside.mockClear();
    key(screen.getByTestId('sheet-valence'), 'Escape');
    expect(screen.queryByTestId('sheet-editor')).toBeNull();
    expect(outside).not.toHaveBeenCalled();
    expect(onClose).not.toHaveBeenCalled();
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
    const about = labelsOf(changes[0])[0]?.client_id;
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

  it('asks for faces like the one on screen', async () => {
    const { asked } = await opened();
    fireEvent.click(screen.getByTestId('sheet-kind-similar'));
    await waitFor(() => expect(asked.at(-1)?.search).toContain('kind=similar'));
    expect(asked.at(-1)?.searchParams.get('frame')).toBe('42');
  });

  it('says so when there is nothing to show, and why it cannot load', async () => {
    standInServer({ '/sheet': { title: 'x', clusters: [] } });
    const { send } = standInOutbox();
    const shared = { session, place: null, send, onOpen: vi.fn(), onClose: vi.fn() };
    render(<ContactSheet {...shared} />);
    expect((await byId('sheet-none')).textContent).toContain('No suggested frame');
    expect(screen.getByTestId('sheet-kind-similar')).toHaveProperty('disabled', true);
    cleanup();
    standInServer({ '/sheet': { status: 409, error: 'There is no face yet.' } });
    render(<ContactSheet {...shared} />);
    expect((await byId('panel-fault')).textContent).toBe('There is no face yet.');
  });
});

describe('ThresholdPanel', () => {
  const points = Array.from({ length: 51 }, (_, i) => ({
    threshold: 0.5 + i / 100,
    frames: 1000 + 100 * i,
    share: i / 50,
    items: 3.4 * i,
    minutes: 2 * i,
    wrong: 0.2 - 0.004 * i,
  }));

  async function opened(answer?: Parameters<typeof standInOutbox>[0]) {
    let threshold = 0.8;
    standInServer({ '/threshold': () => ({ threshold, points }) });
    const { send, changes } = standInOutbox((change) => {
      const said = answer?.(change);
      if (said) return said;
      threshold = change.body.value as number;
      return { event_id: 9, threshold };
    });
    const onApplied = vi.fn();
    render(<ThresholdPanel send={send} onClose={vi.fn()} onApplied={onApplied} />);
    const slider = (await byId('threshold-slider')) as HTMLInputElement;
    return { slider, changes, onApplied };
  }

  it('shows at once what the slider would mean, beside what is in force', async () => {
    const { slider } = await opened();
    expect(slider.value).toBe('0.8');
    expect(screen.getByTestId('threshold-apply')).toHaveProperty('disabled', true);
    fireEvent.input(slider, { target: { value: '0.9' } });
    expect(screen.getByTestId('threshold-frames').textContent).toBe('5,000');
    expect(screen.getByTestId('threshold-share').textContent).toBe('80.0%');
    expect(screen.getByTestId('threshold-time').textContent).toBe('80 min');
    expect(screen.getByTestId('threshold-wrong').textContent).toBe('4.0%');
    expect(screen.getByTestId('threshold-numbers').textContent).toContain(
      'in force: 0.80',
    );
    expect(slider.getAttribute('aria-valuetext')).toContain('5,000 frames to people');
  });

  it('applies through the outbox', async () => {
    const { slider, changes, onApplied } = await opened();
    fireEvent.input(slider, { target: { value: '0.9' } });
    fireEvent.submit(slider.form as HTMLFormElement);
    await waitFor(() => expect(onApplied).toHaveBeenCalledWith(0.9));
    expect(changes[0]).toMatchObject({
      kind: 'threshold',
      method: 'PUT',
      path: '/threshold',
      body: { value: 0.9, client_id: changes[0]?.client_id },
    });
    await waitFor(() =>
      expect(screen.getByTestId('threshold-numbers').textContent).toContain(
        'in force: 0.90',
      ),
    );
  });

  it('says why the server refuses', async () => {
    const { slider, onApplied } = await opened(
      () => new Error('Only a lead may do this.'),
    );
    fireEvent.input(slider, { target: { value: '0.9' } });
    fireEvent.submit(slider.form as HTMLFormElement);
    expect((await byId('panel-fault')).textContent).toBe('Only a lead may do this.');
    expect(onApplied).not.toHaveBeenCalled();
  });
});

describe('FacesPanel', () => {
  const track = (track_id: number, person = '', ignored = false) => ({
    track_id,
    person,
    ignored,
    n_frames: 50,
    first_frame: 10,
    last_frame: 90,
    n_labels: 0,
    n_pending: 0,
    estimated: true,
  });
  const video = {
    video_id: 'a/b.mp4',
    tracks: [track(1, 'Mika'), track(2), track(3, '', true)],
  } as Video;

  function opened(frame = 40, answer?: Parameters<typeof standInOutbox>[0]) {
    standInServer({ '/persons': [{ name: 'Mika', tracks: [] }] });
    const { send, changes } = standInOutbox(answer);
    const onOpen = vi.fn();
    const onChanged = vi.fn();
    render(
      <FacesPanel
        video={video}
        track_id={1}
        frame={frame}
        send={send}
        onOpen={onOpen}
        onClose={vi.fn()}
        onChanged={onChanged}
      />,
    );
    return { changes, onOpen, onChanged };
  }

  it('splits at the frame on screen', async () => {
    const { changes, onChanged } = opened();
    fireEvent.click(screen.getByTestId('face-split-2'));
    await waitFor(() => expect(onChanged).toHaveBeenCalled());
    expect(changes[0]).toMatchObject({
      kind: 'track',
      path: '/videos/a%2Fb.mp4/tracks/2/split',
      body: { frame: 40, client_id: changes[0]?.client_id },
    });
  });

  it('cannot split where the face has no earlier frame', () => {
    opened(10);
    expect(screen.getByTestId('face-split-1')).toHaveProperty('disabled', true);
  });

  it('merges into another face that is in use', async () => {
    const { changes, onChanged } = opened();
    const select = screen.getByTestId('face-merge-1') as HTMLSelectElement;
    expect([...select.options].map((o) => o.value)).toEqual(['', '2']);
    fireEvent.change(select, { target: { value: '2' } });
    fireEvent.click(screen.getByTestId('face-merge-do-1'));
    await waitFor(() => expect(onChanged).toHaveBeenCalled());
    expect(changes[0]?.body).toMatchObject({ into: 2 });
  });

  it('leaves a face out and takes it back in', async () => {
    const { changes } = opened();
    fireEvent.click(screen.getByTestId('face-ignore-2'));
    await waitFor(() => expect(changes).toHaveLength(1));
    fireEvent.click(screen.getByTestId('face-restore-3'));
    await waitFor(() => expect(changes).toHaveLength(2));
    expect(changes.map((c) => c.path.split('/').at(-1))).toEqual(['ignore', 'restore']);
  });

  it('saves a name on Enter or on leaving, but only a new one', async () => {
    const { changes } = opened();
    const name = screen.getByTestId('face-name-2') as HTMLInputElement;
    fireEvent.blur(name);
    fireEvent.input(name, { target: { value: ' Jonas ' } });
    key(name, 'Enter');
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(changes[0]).toMatchObject({
      kind: 'person',
      method: 'PUT',
      body: { name: 'Jonas' },
    });
    const other = screen.getByTestId('face-name-1') as HTMLInputElement;
    fireEvent.input(other, { target: { value: '' } });
    fireEvent.blur(other);
    await waitFor(() => expect(changes).toHaveLength(2));
    expect(changes[1]?.body.name).toBe('');
  });

  it('takes typing back with Escape, and leaves Enter to an input method', async () => {
    const { changes } = opened();
    const name = screen.getByTestId('face-name-1') as HTMLInputElement;
    fireEvent.input(name, { target: { value: 'ミカ' } });
    key(name, 'Enter', { isComposing: true });
    key(name, 'Escape');
    fireEvent.blur(name);
    await Promise.resolve();
    expect(name.value).toBe('Mika');
    expect(changes).toHaveLength(0);
  });

  it('offers known persons', async () => {
    opened();
    await waitFor(() =>
      expect(
        document.querySelector('#faces-persons option')?.getAttribute('value'),
      ).toBe('Mika'),
    );
    expect(screen.getByTestId('face-name-2').getAttribute('list')).toBe(
      'faces-persons',
    );
  });

  it('says why the server refuses, at the face', async () => {
    const { onChanged } = opened(40, () => new Error('Face 2 has no frame 40.'));
    fireEvent.click(screen.getByTestId('face-split-2'));
    const fault = await byId('panel-fault');
    expect(screen.getByTestId('face-2').contains(fault)).toBe(true);
    expect(fault.textContent).toBe('Face 2 has no frame 40.');
    expect(onChanged).not.toHaveBeenCalled();
  });

  it('goes to a face', () => {
    const { onOpen } = opened();
    fireEvent.click(screen.getByTestId('face-open-2'));
    expect(onOpen).toHaveBeenCalledWith('a/b.mp4', 2, 10);
  });
});

describe('HistoryPanel', () => {
  const event = (event_id: number): Event => ({
    event_id,
    at: '2026-03-01T10:00:00Z',
    rater: event_id === 7 ? '' : 'anna',
    kind: event_id === 250 ? 'undo' : 'review',
    undoes: event_id === 250 ? 240 : null,
    client_id: null,
    video_id: 'v.mp4',
    detail: { track_id: 1, frame: event_id, decision: 'skip' },
  });
  // Some events went with a purged video.
  const log = Array.from({ length: 250 }, (_, i) => i + 1).filter(
    (id) => id < 100 || id > 130,
  );

  function answer(url: URL) {
    const limit = Number(url.searchParams.get('limit'));
    const after = url.searchParams.get('after');
    if (after === null) return log.slice(-limit).reverse().map(event);
    return log
      .filter((id) => id > Number(after))
      .slice(0, limit)
      .map(event);
  }

  it('lists the newest first and marks what is undone', async () => {
    standInServer({ '/events': answer });
    const onOpen = vi.fn();
    render(<HistoryPanel onOpen={onOpen} onClose={vi.fn()} />);
    await byId('event-250');
    const rows = screen.getByTestId('history-list').children;
    expect(rows[0]?.textContent).toContain('Took back #240');
    expect(screen.getByTestId('event-240').textContent).toContain('undone');
    expect(screen.getByTestId('event-239').textContent).not.toContain('undone');
    fireEvent.click(screen.getByText('Skipped frame 239'));
    expect(onOpen).toHaveBeenCalledWith('v.mp4', 1, 239);
  });

  it('goes back to the first event, over what was purged', async () => {
    standInServer({ '/events': answer });
    render(<HistoryPanel onOpen={vi.fn()} onClose={vi.fn()} />);
    await byId('event-250');
    for (let turn = 0; turn < 6 && screen.queryByTestId('history-more'); turn += 1) {
      fireEvent.click(screen.getByTestId('history-more'));
      await new Promise((done) => setTimeout(done, 30));
    }
    expect(screen.queryByTestId('history-more')).toBeNull();
    expect(screen.getByTestId('history-list').children).toHaveLength(log.length);
    expect(screen.getByTestId('event-7').textContent).toContain('feltline');
  });

  it('takes in new events', async () => {
    standInServer({ '/events': answer });
    const { rerender } = render(
      <HistoryPanel onOpen={vi.fn()} onClose={vi.fn()} revision={1} />,
    );
    await byId('event-250');
    log.push(251);
    rerender(<HistoryPanel onOpen={vi.fn()} onClose={vi.fn()} revision={2} />);
    expect(await byId('event-251')).toBeTruthy();
    expect(screen.getByTestId('event-151')).toBeTruthy();
    log.pop();
  });

  it('says why it cannot load, and tries again only when asked', async () => {
    const asked = standInServer({
      '/events': { status: 500, error: 'The disk is full.' },
    });
    render(<HistoryPanel onOpen={vi.fn()} onClose={vi.fn()} />);
    expect((await byId('panel-fault')).textContent).toBe('The disk is full.');
    expect(asked).toHaveLength(1);
  });
});

describe('Panel', () => {
  it('is a landmark with a name, takes the focus and gives it back', async () => {
    standInServer({ '/threshold': { threshold: 0.8, points: [] } });
    const button = document.createElement('button');
    document.body.append(button);
    button.focus();
    const { send } = standInOutbox();
    const onClose = vi.fn();
    const { unmount } = render(<ThresholdPanel send={send} onClose={onClose} />);
    const panel = screen.getByRole('complementary', { name: 'Threshold' });
    expect(document.activeElement).toBe(panel);
    fireEvent.click(screen.getByTestId('panel-close'));
    expect(onClose).toHaveBeenCalled();
    expect(await screen.findByText(/There are no estimates yet/)).toBeTruthy();
    unmount();
    expect(document.activeElement).toBe(button);
    button.remove();
  });
});
