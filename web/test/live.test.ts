/** Notifications of the server, against a stand-in for it. */

import { beforeAll, expect, it, vi } from 'vitest';

let n_frames = 200;
let asked: string[] = [];

function facesBytes(): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(4 + 24 * n_frames));
  view.setUint32(0, n_frames, true);
  for (let i = 0; i < n_frames; i += 1) view.setInt32(4 + 4 * i, i, true);
  return view.buffer;
}

let names = ['clip'];
function videosNow() {
  const ends = { first_frame: 0, last_frame: n_frames - 1 };
  const track = { track_id: 0, person: '', ignored: false, n_frames, ...ends };
  const about = { n_frames: 200, duration_s: 8, tracks: [track] };
  return names.map((video_id) => ({ video_id, ...about }));
}

const ANSWERS: Record<string, () => unknown> = {
  '/session': () => ({
    project: { project_id: 'p', folder_id: 'f', name: 'P' },
    rater: 'mika',
    permissions: ['judge', 'lead', 'manage', 'read'],
    csrf: 'x',
    threshold: 0.8,
    label_schema: { dimensions: [], classes: [] },
  }),
  '/videos': videosNow,
  '/queue': () => ({ items: [], position: { done: 0, total: 0, seconds_left: null } }),
  '/suggestions': () => ({ items: [], done: 0, total: 0 }),
};

/** How long the answer to what is saved is on its way. */
let answerMs = 0;

async function answer(address: string, init?: RequestInit): Promise<Response> {
  if (init?.method === 'POST') {
    await new Promise((resolve) => setTimeout(resolve, answerMs));
    return Response.json({ event_id: 70_000, at: '2026-01-01T00:00:00Z' });
  }
  const path = new URL(address, 'http://test').pathname.replace('/api', '');
  asked.push(path);
  if (path.endsWith('/looked_at')) return new Response(new Int32Array(0).buffer);
  if (path.endsWith('/times')) return new Response(new Float64Array(200).buffer);
  if (path.endsWith('/faces')) return new Response(facesBytes());
  if (path.endsWith('/prediction'))
    return Response.json({ error: '' }, { status: 404 });
  return Response.json(ANSWERS[path]?.() ?? []);
}

const heard: Record<string, (event: { data: string }) => void> = {};

class StandIn {
  static readonly CLOSED = 2;
  readonly readyState = 1;
  addEventListener(name: string, handler: (event: { data: string }) => void): void {
    heard[name] = handler;
  }
  close(): void {}
}

const send = (name: string, what: object) =>
  heard[name]?.({ data: JSON.stringify(what) });

beforeAll(async () => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', vi.fn(answer));
  vi.stubGlobal('EventSource', StandIn);
  const { begin } = await import('../src/state/live');
  await begin();
});

it('asks for the queue regularly while predictions go on arriving', async () => {
  await vi.advanceTimersByTimeAsync(10_000);
  asked = [];
  for (let ms = 0; ms < 45_000; ms += 150) {
    send('refilled', { video_id: 'clip', track_ids: [0], model_id: 'm' });
    await vi.advanceTimersByTimeAsync(150);
  }
  const n = asked.filter((path) => path === '/queue').length;
  expect(n).toBeGreaterThanOrEqual(15);
  expect(n).toBeLessThanOrEqual(50);
});

it('raises the revision of predictions once for many, and while they go on', async () => {
  const { predictionRevision } = await import('../src/state/live');
  const refilled = { video_id: 'clip', track_ids: [0], model_id: 'm' };
  await vi.advanceTimersByTimeAsync(10_000);
  const before = predictionRevision.value;
  for (let i = 0; i < 5; i += 1) send('refilled', refilled);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(predictionRevision.value).toBe(before + 1);
  for (let ms = 0; ms < 12_000; ms += 150) {
    send('refilled', refilled);
    await vi.advanceTimersByTimeAsync(150);
  }
  const n = predictionRevision.value - before - 1;
  expect(n).toBeGreaterThanOrEqual(4);
  expect(n).toBeLessThanOrEqual(7);
});

// Whichever of the page's own looks at the videos comes first.
it.each([500, 3700, 3800])(
  'fetches faces anew after a track edit by someone else, %i ms after another change',
  async (wait) => {
    const { frames } = await import('../src/state/selection');
    n_frames = 200;
    await vi.advanceTimersByTimeAsync(10_000);
    send('hello', { last_event_id: 0 });
    send('changed', { event_id: 10 * wait, video_id: 'clip' });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(frames.value).toHaveLength(200);
    send('changed', { event_id: 10 * wait + 1, video_id: 'clip' });
    await vi.advanceTimersByTimeAsync(wait);
    n_frames = 100;
    asked = [];
    send('changed', { event_id: 10 * wait + 2, video_id: 'clip' });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(frames.value).toHaveLength(100);
    expect(asked.filter((path) => path.endsWith('/faces'))).toHaveLength(1);
  },
);

it('knows the news of its own judgement, which comes before the answer to it', async () => {
  const { outbox } = await import('../src/state/changes');
  await vi.advanceTimersByTimeAsync(10_000);
  answerMs = 2500;
  asked = [];
  const body = { client_id: 'mine', video_id: 'clip', track_id: 0, first_frame: 3 };
  const change = { client_id: 'mine', kind: 'judgement', method: 'POST' } as const;
  outbox().add({ ...change, path: '/judgements', body: { ...body, last_frame: 3 } });
  send('changed', { event_id: 70_000, video_id: 'clip' });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).not.toContain('/suggestions');
  // Another person's, while one's own is on its way.
  outbox().add({ ...change, path: '/judgements', body: { ...body, last_frame: 3 } });
  send('changed', { event_id: 70_001, video_id: 'clip' });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toContain('/suggestions');
});

it('asks anew for all that failed once the line is back, though the stream outlived it', async () => {
  const { reconnects } = await import('../src/state/line');
  await vi.advanceTimersByTimeAsync(10_000);
  const before = reconnects.value;
  asked = [];
  dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(5000);
  expect(reconnects.value).toBe(before + 1);
  expect(asked).toEqual(expect.arrayContaining(['/videos', '/queue', '/suggestions']));
  expect(asked.some((path) => path.endsWith('/faces'))).toBe(true);
});

it('goes on with what is asked once the video that one labels freely is purged', async () => {
  const { item, items, freeMode } = await import('../src/state/queue');
  const { place, showPlace } = await import('../src/state/selection');
  const { markSpan } = await import('../src/state/draft');
  const { scope } = await import('../src/state/draftValue');
  names = ['clip', 'other'];
  dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(5000);
  const asks = {
    item_id: 'i5',
    kind: 'queue',
    video_id: 'clip',
    track_id: 0,
    frame: 5,
  };
  items.value = [{ ...asks, first_frame: 5, last_frame: 5 } as (typeof items.value)[0]];
  freeMode.value = true;
  showPlace({ video_id: 'other', track_id: 0 }, 9);
  markSpan('start');
  names = ['clip'];
  dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(5000);
  expect([freeMode.value, scope.value]).toEqual([false, 'frame']);
  expect([item.value?.item_id, place.value?.video_id]).toEqual(['i5', 'clip']);
  // Nothing is asked either: what is left is shown, as at the end of the queue.
  names = ['clip', 'other'];
  dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(5000);
  items.value = [];
  freeMode.value = true;
  showPlace({ video_id: 'other', track_id: 0 }, 9);
  names = ['clip'];
  dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(5000);
  expect([freeMode.value, place.value?.video_id]).toEqual([false, 'clip']);
});

it('leaves whoever labels freely where they are when the item behind is purged', async () => {
  const { item, items, freeMode, lane } = await import('../src/state/queue');
  const { frame, place, showPlace } = await import('../src/state/selection');
  names = ['clip', 'other'];
  dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(5000);
  const asks = { kind: 'queue', track_id: 0, frame: 5, first_frame: 5, last_frame: 5 };
  const gone = { ...asks, item_id: 'i5', video_id: 'other' };
  const stays = { ...asks, item_id: 'i6', video_id: 'clip' };
  lane.value = 'queue';
  items.value = [gone, stays] as typeof items.value;
  freeMode.value = true;
  showPlace({ video_id: 'clip', track_id: 0 }, 9);
  names = ['clip'];
  ANSWERS['/queue'] = () => ({
    items: [stays],
    position: { done: 0, total: 1, seconds_left: null },
  });
  dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(5000);
  expect([freeMode.value, place.value?.video_id, frame.value]).toEqual([
    true,
    'clip',
    9,
  ]);
  expect(item.value?.item_id).toBe('i6');
});
