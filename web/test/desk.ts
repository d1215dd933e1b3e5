/** The page against a server that is a list of requests and their answers. */

import { effect } from '@preact/signals';
import { afterAll, beforeAll, beforeEach, vi } from 'vitest';
import type { Item, JudgementRequest, Video } from '../src/api/types';
import { followDecisions } from '../src/state/actions';
import { notices } from '../src/state/announcements';
import { openOutbox, outboxSignal } from '../src/state/changes';
import { clearDraft, dimension } from '../src/state/draft';
import { decided, freeMode, item, loadQueue } from '../src/state/queue';
import { markPictured } from '../src/state/seen';
import { freshJudgements, serverJudgements } from '../src/state/selection';
import { session } from '../src/state/session';
import { followChanges } from '../src/state/undoStack';
import { videos } from '../src/state/videos';

import { DEFAULT_SCHEMA, sessionWith } from './labelSchema';

export const N = 200;

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
    prediction: {
      model_id: 'model1',
      value: [0.3, -0.2],
      low: [0.1, -0.5],
      high: [0.5, 0.1],
      confidence: 0.6,
      class_probability: [0.1, 0.6, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05],
    },
    ...more,
  };
}

function predictionBytes(): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(8 + N * (4 * 7 + 3)));
  view.setUint32(0, N, true);
  view.setUint32(4, 2, true);
  const tables = [
    [0.3, -0.2],
    [0.1, -0.5],
    [0.5, 0.1],
  ];
  const put = (at: number, value: number) => view.setFloat32(8 + 4 * at, value, true);
  tables.forEach((row, k) => {
    for (let i = 0; i < N; i += 1) {
      row.forEach((value, d) => {
        put(2 * (k * N + i) + d, value);
      });
    }
  });
  for (let i = 0; i < N; i += 1) put(6 * N + i, 0.6);
  for (let i = 0; i < N; i += 1) view.setUint8(8 + 28 * N + i, 1);
  return view.buffer;
}

function facesBytes(): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(4 + 24 * N));
  view.setUint32(0, N, true);
  for (let i = 0; i < N; i += 1) view.setInt32(4 + 4 * i, i, true);
  return view.buffer;
}

const timesBytes = () => Float64Array.from({ length: N }, (_, i) => i / 25).buffer;

const NOWHERE = { video_id: null, track_id: null, frame: null };

/** What the stand-in for the server has, and was sent. */
export const desk = {
  queue: [] as Item[],
  suggested: [] as Item[],
  sent: [] as { path: string; body: Record<string, unknown> }[],
  refuse: null as string | null,
  /** The one path that is refused; null = every one. */
  refuseOnly: null as string | null,
  /** Answers that get lost on the way back, though the server has saved. */
  losesAnswers: 0,
  /** Where what is undone was. */
  undone: NOWHERE as {
    video_id: string | null;
    track_id: number | null;
    frame: number | null;
  },
  secondsLeft: 60,
  /** Frames that were searched for faces; empty = all. */
  lookedAt: new Int32Array(),
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
    if (desk.losesAnswers > 0) {
      desk.losesAnswers -= 1;
      throw new TypeError('the answer was lost');
    }
    if (path === '/judgements/many') return Response.json([]);
    if (path === '/undo' || path === '/redo') {
      const detail = { decision: 'label' };
      const undone = { kind: 'judgement', detail, ...desk.undone };
      return Response.json({ event_id: desk.sent.length, undone });
    }
    return Response.json({ event_id: desk.sent.length, at });
  }
  if (path === '/queue') {
    const done = { done: 0, total: desk.queue.length, seconds_left: desk.secondsLeft };
    return Response.json({ items: desk.queue, position: done });
  }
  if (path === '/suggestions') {
    const done = new Set(desk.sent.map(({ body }) => body.item_id));
    const open = desk.suggested.filter((one) => !done.has(one.item_id));
    const { length } = desk.suggested;
    return Response.json({ items: open, done: length - open.length, total: length });
  }
  if (path.endsWith('/looked_at')) return new Response(desk.lookedAt.slice().buffer);
  if (path.endsWith('/times')) return new Response(timesBytes());
  if (path.endsWith('/faces')) return new Response(facesBytes());
  if (path.endsWith('/prediction')) {
    return new Response(predictionBytes(), { headers: { 'X-Model-Id': 'model1' } });
  }
  if (path.endsWith('/judgements')) return Response.json([]);
  return Response.json({ error: `nothing at ${path}` }, { status: 404 });
}

export const settle = () => vi.advanceTimersByTimeAsync(20);
export const judgements = () =>
  desk.sent
    .filter((s) => s.path === '/judgements')
    .map((s) => s.body as unknown as JudgementRequest);

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
    session.value = sessionWith(DEFAULT_SCHEMA);
    const track = {
      track_id: 0,
      person: '',
      ignored: false,
      n_frames: N,
      first_frame: 0,
      last_frame: N - 1,
      n_judgements: 0,
      n_pending: 9,
    };
    const video = { video_id: 'clip', n_frames: N, duration_s: N / 25 };
    videos.value = [{ ...video, tracks: [track] } as unknown as Video];
    const box = openOutbox();
    followChanges(box);
    followDecisions(box);
    // The rater sees what is asked about: pictures are not loaded here.
    effect(() => {
      const on = item.value;
      if (on) markPictured(on, on.frame);
    });
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
    desk.losesAnswers = 0;
    desk.undone = NOWHERE;
    decided.value = new Map();
    serverJudgements.value = [];
    freshJudgements.value = [];
    notices.value = [];
    clearDraft();
    dimension.value = 0;
    freeMode.value = false;
    for (const one of outboxSignal.value?.refused.value ?? []) {
      outboxSignal.value?.dismiss(one.change.client_id);
    }
  });
}
