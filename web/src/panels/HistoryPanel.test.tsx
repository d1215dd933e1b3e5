import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_SCHEMA, sessionWith } from '../../test/labelSchema';
import type { LogEvent, Video } from '../api/types';
import { setLanguage } from '../i18n';
import { outboxSignal } from '../state/changes';
import { session } from '../state/session';
import { videos } from '../state/videos';
import { HistoryPanel } from './HistoryPanel';
import { standInOutbox, standInServer } from './testing/server';

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

describe('HistoryPanel', () => {
  const event = (event_id: number): LogEvent => ({
    event_id,
    at: '2026-03-01T10:00:00Z',
    rater: event_id === 7 ? '' : 'anna',
    kind: event_id === 250 ? 'undo' : 'judgement',
    undoes: event_id === 250 ? 240 : null,
    undone: event_id === 240,
    video_id: 'v.mp4',
    detail: {
      track_id: 1,
      scope: 'frame',
      first_frame: event_id,
      last_frame: event_id,
      value: [],
      decision: 'skip',
    },
  });
  // Some events went with a purged video.
  const log = Array.from({ length: 250 }, (_, i) => i + 1).filter(
    (id) => id < 100 || id > 130,
  );

  function answer(url: URL) {
    const limit = Number(url.searchParams.get('limit'));
    const before = Number(url.searchParams.get('before') ?? Number.POSITIVE_INFINITY);
    return log
      .filter((id) => id < before)
      .slice(-limit)
      .reverse()
      .map(event);
  }

  it('lists the newest first and marks what is undone', async () => {
    standInServer({ '/events': answer });
    const onOpen = vi.fn();
    render(<HistoryPanel onOpen={onOpen} />);
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
    render(<HistoryPanel onOpen={vi.fn()} />);
    await byId('event-250');
    for (let turn = 0; turn < 6 && screen.queryByTestId('history-more'); turn += 1) {
      fireEvent.click(screen.getByTestId('history-more'));
      await new Promise((done) => setTimeout(done, 30));
    }
    expect(screen.queryByTestId('history-more')).toBeNull();
    expect(screen.getByTestId('history-list').children).toHaveLength(log.length);
    expect(screen.getByTestId('event-7').textContent).toContain('feltline');
  });

  it('asks for lines of one kind, rater and video', async () => {
    videos.value = [{ video_id: 'v.mp4' } as Video];
    const asked = standInServer({
      '/raters': [
        { rater_id: 'anna', name: 'anna', role: null },
        { rater_id: 'rater-1', name: 'Ben', role: 'rater' },
      ],
      '/events': (url: URL) =>
        url.searchParams.get('about') === 'faces' ? [] : answer(url),
    });
    render(<HistoryPanel onOpen={vi.fn()} />);
    await byId('event-250');
    const chip = screen.getByTestId('history-about-faces');
    fireEvent.click(chip);
    await waitFor(() => expect(screen.queryByTestId('event-250')).toBeNull());
    expect(chip.getAttribute('aria-pressed')).toBe('true');
    const of = (name: string) => asked.at(-1)?.searchParams.get(name);
    await waitFor(() => expect(screen.getByText('Ben')).toBeTruthy());
    fireEvent.change(screen.getByTestId('history-rater'), {
      target: { value: 'rater-1' },
    });
    await waitFor(() =>
      expect([of('about'), of('rater')]).toEqual(['faces', 'rater-1']),
    );
    fireEvent.change(screen.getByTestId('history-video_id'), {
      target: { value: 'v.mp4' },
    });
    await waitFor(() => expect(of('video_id')).toBe('v.mp4'));
    fireEvent.click(screen.getByTestId('history-about-all'));
    await waitFor(() => expect(of('about')).toBeNull());
  });

  it('takes one line back, and brings back what a line took away', async () => {
    session.value = { ...sessionWith(DEFAULT_SCHEMA), rater: 'anna' };
    standInServer({ '/events': answer, '/raters': [] });
    const undone = { event_id: 300, undone: null };
    const { changes } = standInOutbox(() => undone);
    render(<HistoryPanel onOpen={vi.fn()} />);
    fireEvent.click(await byId('event-back-239'));
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(changes[0]).toMatchObject({ kind: 'undo', path: '/events/239/undo' });
    // What is undone already has no button, nor what feltline did.
    expect(screen.queryByTestId('event-back-240')).toBeNull();
    const back = screen.getByTestId('event-back-250');
    expect(back.textContent).toBe('Bring back');
    fireEvent.click(back);
    await waitFor(() => expect(changes).toHaveLength(2));
    expect(changes[1]).toMatchObject({ kind: 'redo', path: '/events/250/undo' });
  });

  it('lets who leads take back a lag and a reopening of nobody', async () => {
    const kinds = ['trace-lag', 'reopening', 'model'];
    const made = kinds.map((kind, i) => ({
      ...event(i + 1),
      rater: '',
      kind,
      detail: { lag_s: 0.8, videos: ['v.mp4'], least_confidence: 0.9 },
    }));
    standInServer({ '/events': () => made, '/raters': [] });
    standInOutbox(() => ({}));
    for (const [permissions, n] of [
      [['read', 'judge'], 0],
      [['read', 'judge', 'lead'], 2],
    ] as const) {
      session.value = {
        ...sessionWith(DEFAULT_SCHEMA),
        rater: 'anna',
        permissions: [...permissions],
      };
      render(<HistoryPanel onOpen={vi.fn()} />);
      await byId('event-3');
      expect(screen.queryAllByTestId(/^event-back-/)).toHaveLength(n);
      cleanup();
    }
  });

  it('takes in new events', async () => {
    standInServer({ '/events': answer });
    const { rerender } = render(<HistoryPanel onOpen={vi.fn()} revision={1} />);
    await byId('event-250');
    log.push(251);
    rerender(<HistoryPanel onOpen={vi.fn()} revision={2} />);
    expect(await byId('event-251')).toBeTruthy();
    expect(screen.getByTestId('event-151')).toBeTruthy();
    log.pop();
  });

  it('says why it cannot load, and tries again only when asked', async () => {
    const asked = standInServer({
      '/events': { status: 500, error: 'The disk is full.' },
    });
    render(<HistoryPanel onOpen={vi.fn()} />);
    expect((await byId('panel-fault')).textContent).toBe('The disk is full.');
    const events = asked.filter(({ pathname }) => pathname.endsWith('/events'));
    expect(events).toHaveLength(1);
  });
});
