/** The page against a server that is a list of requests and their answers. */

import { afterAll, beforeAll, beforeEach, vi } from 'vitest';
import type { Item, LabelRequest, Session, Video } from '../src/api/types';
import { EXPRESSION_AFFECT } from '../src/lib/expressions';
import { openOutbox, outboxSignal } from '../src/state/changes';
import { serverLabels } from '../src/state/selection';
import { followDecisions } from '../src/state/actions';
import { clearDraft, dimension } from '../src/state/draft';
import { notices } from '../src/state/announcements';
import { decided, loadQueue } from '../src/state/queue';
import { session } from '../src/state/session';
import { followSteps } from '../src/state/undoStack';
import { videos } from '../src/state/videos';

export const N = 200;
const EXPRESSIONS = Object.keys(EXPRESSION_AFFECT);

export function queued(frame: number, more: Partial<Item> = {}): Item {
  return {
    item_id: `i${frame}`,
    kind: 'queue',
    video_id: 'clip',
    track_id: 0,
    frame,
    time_s: frame / 25,
    first_frame: frame - 2,
    last_frame: frame + 2,
    reason: 'low_confidence',
    blind: false,
    estimate: {
      valence: 0.3,
      arousal: -0.2,
      low_valence: 0.1,
      high_valence: 0.5,
      low_arousal: -0.5,
      high_arousal: 0.1,
      confidence: 0.6,
      expression: [0.1, 0.6, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05],
      run_id: 'run1',
    },
    ...more,
  };
}

function estimateBytes(): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(4 + 16 * N));
  view.setUint32(0, N, true);
  const columns = [3000, -2000, 1000, 5000, -5000, 1000, 6000];
  columns.forEach((value, column) => {
    for (let i = 0; i < N; i += 1) view.setInt16(4 + 2 * (column * N + i), value, true);
  });
  for (let i = 0; i < N; i += 1) view.setUint8(4 + 14 * N + i, 1);
  return view.buffer;
}

function facesBytes(): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(4 + 24 * N));
  view.setUint32(0, N, true);
  for (let i = 0; i < N; i += 1) view.setInt32(4 + 4 * i, i, true);
  return view.buffer;
}

const timesBytes = () => Float64Array.from({ length: N }, (_, i) => i / 25).buffer;

/** What the stand-in for the server has, and was sent. */
export const desk = {
  queue: [] as Item[],
  suggested: [] as Item[],
  sent: [] as { path: string; body: Record<string, unknown> }[],
  refuse: null as string | null,
  /** The one path that is refused; null = every one. */
  refuseOnly: null as string | null,
};

async function answer(address: string, init?: RequestInit): Promise<Response> {
  const url = new URL(address, 'http://test');
  const path = url.pathname.replace('/api', '');
  if (init?.method === 'POST') {
    const body = JSON.parse(String(init.body)) as Record<string, unknown>;
    desk.sent.push({ path, body });
    if (desk.refuse !== null && (desk.refuseOnly ?? path) === path)
      return Response.json({ error: desk.refuse }, { status: 422 });
    const at = '2026-01-01T00:00:00Z';
    if (path === '/labels/many') return Response.json([]);
    if (path === '/undo' || path === '/redo') {
      const undone = { kind: 'label', video_id: null, track_id: null, frame: null };
      return Response.json({ event_id: desk.sent.length, undone });
    }
    const done = { done: desk.sent.length, total: 10, seconds_left: 60 };
    return Response.json({
      event_id: desk.sent.length,
      at,
      next: null,
      position: done,
    });
  }
  if (path === '/queue') {
    const done = { done: 0, total: desk.queue.length, seconds_left: 60 };
    return Response.json({ items: desk.queue, position: done });
  }
  if (path === '/suggestions') {
    const done = new Set(desk.sent.map(({ body }) => body.item_id));
    const open = desk.suggested.filter((one) => !done.has(one.item_id));
    const { length } = desk.suggested;
    return Response.json({ items: open, done: length - open.length, total: length });
  }
  if (path.endsWith('/times')) return new Response(timesBytes());
  if (path.endsWith('/faces')) return new Response(facesBytes());
  if (path.endsWith('/estimate')) {
    return new Response(estimateBytes(), { headers: { 'X-Run-Id': 'run1' } });
  }
  if (path.endsWith('/labels')) return Response.json([]);
  return Response.json({ error: `nothing at ${path}` }, { status: 404 });
}

export const settle = () => vi.advanceTimersByTimeAsync(20);
export const labels = () =>
  desk.sent
    .filter((s) => s.path === '/labels')
    .map((s) => s.body as unknown as LabelRequest);

export async function start(found: Item[], toLabel: Item[] = []): Promise<void> {
  desk.queue = found;
  desk.suggested = toLabel;
  await loadQueue();
  await settle();
}

/** Sets the page up before the tests of a file, and clears it before each. */
export function standIn(): void {
  beforeAll(() => {
    vi.useFakeTimers();
    vi.stubGlobal('fetch', vi.fn(answer));
    session.value = {
      project: { project_id: 'p', name: 'P' },
      rater: 'mika',
      csrf: 'x',
      threshold: 0.8,
      tolerance: 0.2,
      coverage: 0.9,
      expressions: EXPRESSIONS,
      version: '0',
    } satisfies Session;
    const track = {
      track_id: 0,
      person: '',
      ignored: false,
      n_frames: N,
      first_frame: 0,
      last_frame: N - 1,
      n_labels: 0,
      n_pending: 9,
      estimated: true,
    };
    const video = { video_id: 'clip', n_frames: N, duration_s: N / 25 };
    videos.value = [{ ...video, tracks: [track] } as unknown as Video];
    const box = openOutbox();
    followSteps(box);
    followDecisions(box);
  });

  afterAll(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  beforeEach(async () => {
    await settle();
    desk.sent = [];
    desk.refuse = null;
    desk.refuseOnly = null;
    decided.value = new Map();
    serverLabels.value = [];
    notices.value = [];
    clearDraft();
    dimension.value = 'valence';
    for (const one of outboxSignal.value?.refused.value ?? []) {
      outboxSignal.value?.dismiss(one.change.client_id);
    }
  });
}
