/** Judging, against a server that is a list of requests and their answers. */

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  Item,
  Label,
  LabelRequest,
  ReviewRequest,
  Session,
  Video,
} from '../src/api/types';
import type { FramePlayer } from '../src/lib/framePlayer';
import type { Change } from '../src/outbox';
import { openOutbox, outboxSignal } from '../src/state/changes';
import { frame, place, seek, serverLabels, showPlace } from '../src/state/current';
import {
  accept,
  editModel,
  followDecisions,
  giveAffect,
  giveClass,
  giveStep,
  next,
  previous,
  review,
  toggleFree,
} from '../src/state/decide';
import {
  clearDraft,
  dimension,
  draft,
  labelAt,
  markSpan,
  model,
  modelAt,
  ownAffect,
  scope,
  setComment,
  setSpan,
  target,
  touched,
} from '../src/state/draft';
import { keepDraft, restoreDraft } from '../src/state/keptDraft';
import { notices } from '../src/state/notices';
import { plan } from '../src/state/plan';
import { player } from '../src/state/player';
import {
  cursor,
  decided,
  free,
  hidden,
  item,
  items,
  lane,
  loadQueue,
  position,
  refreshQueue,
} from '../src/state/queue';
import { session } from '../src/state/session';
import { followSteps, redo, undo } from '../src/state/steps';
import { videos } from '../src/state/videos';

const N = 200;
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

function queued(frame: number, more: Partial<Item> = {}): Item {
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

let queue: Item[] = [];
let suggested: Item[] = [];
let sent: { path: string; body: Record<string, unknown> }[] = [];
let refuse: string | null = null;
/** The one path that is refused; null = every one. */
let refuseOnly: string | null = null;

async function answer(address: string, init?: RequestInit): Promise<Response> {
  const url = new URL(address, 'http://test');
  const path = url.pathname.replace('/api', '');
  if (init?.method === 'POST') {
    const body = JSON.parse(String(init.body)) as Record<string, unknown>;
    sent.push({ path, body });
    if (refuse !== null && (refuseOnly ?? path) === path)
      return Response.json({ error: refuse }, { status: 422 });
    const at = '2026-01-01T00:00:00Z';
    if (path === '/labels/many') return Response.json([]);
    if (path === '/undo' || path === '/redo') {
      const undone = { kind: 'label', video_id: null, track_id: null, frame: null };
      return Response.json({ event_id: sent.length, undone });
    }
    const done = { done: sent.length, total: 10, seconds_left: 60 };
    return Response.json({ event_id: sent.length, at, next: null, position: done });
  }
  if (path === '/queue') {
    const done = { done: 0, total: queue.length, seconds_left: 60 };
    return Response.json({ items: queue, position: done });
  }
  if (path === '/suggestions') {
    const done = new Set(sent.map(({ body }) => body.item_id));
    const open = suggested.filter((one) => !done.has(one.item_id));
    const { length } = suggested;
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

const settle = () => vi.advanceTimersByTimeAsync(20);
const labels = () =>
  sent
    .filter((s) => s.path === '/labels')
    .map((s) => s.body as unknown as LabelRequest);

async function start(found: Item[], toLabel: Item[] = []): Promise<void> {
  queue = found;
  suggested = toLabel;
  await loadQueue();
  await settle();
}

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
  sent = [];
  refuse = null;
  refuseOnly = null;
  decided.value = new Map();
  serverLabels.value = [];
  notices.value = [];
  clearDraft();
  dimension.value = 'valence';
  for (const one of outboxSignal.value?.refused.value ?? []) {
    outboxSignal.value?.dismiss(one.change.client_id);
  }
});

describe('Enter on an item', () => {
  it('accepts what the model says and shows the next at once', async () => {
    await start([queued(50), queued(90)]);
    expect(position.value).toEqual({ done: 0, total: 2, seconds_left: 60 });
    accept();
    // Before any answer of the server:
    expect(item.value?.item_id).toBe('i90');
    expect(frame.value).toBe(90);
    expect(position.value.done).toBe(1);
    await settle();
    expect(labels()).toMatchObject([
      {
        decision: 'accept',
        scope: 'frame',
        first_frame: 50,
        last_frame: 50,
        expression: 'happiness',
        shown_run_id: 'run1',
        item_id: 'i50',
      },
    ]);
    expect(labels()[0]?.valence).toBeCloseTo(0.3);
    expect(labels()[0]?.arousal).toBeCloseTo(-0.2);
  });

  it('saves an own value as an edit, without the class that was not asked', async () => {
    await start([queued(50), queued(90)]);
    giveAffect({ valence: -0.5, arousal: 0.1 });
    accept();
    await settle();
    expect(labels()).toMatchObject([
      { decision: 'edit', valence: -0.5, arousal: 0.1, expression: null },
    ]);
  });

  it('takes an own value that is the model’s for an accept', async () => {
    await start([queued(50), queued(90)]);
    editModel();
    expect(ownAffect.value).toEqual({ valence: 0.3, arousal: -0.2 });
    accept();
    await settle();
    expect(labels()[0]?.decision).toBe('accept');
  });

  it('saves another class with the value in sight', async () => {
    await start([queued(50), queued(90)]);
    giveClass('sadness');
    accept();
    await settle();
    expect(labels()[0]).toMatchObject({ decision: 'edit', expression: 'sadness' });
    expect(labels()[0]?.valence).toBeCloseTo(0.3);
  });

  it('gives the class of a key, however often it is pressed; 0 takes it away', async () => {
    await start([queued(50), queued(90)]);
    giveClass('fear');
    giveClass('fear');
    expect(draft.value.expression).toBe('fear');
    giveClass(null);
    accept();
    await settle();
    expect(labels()[0]).toMatchObject({ decision: 'edit', expression: null });
  });

  it('steps from the model’s value', async () => {
    await start([queued(50)]);
    giveStep(0.05);
    dimension.value = 'arousal';
    giveStep(-0.2);
    expect(draft.value.affect).toEqual({ valence: 0.35, arousal: -0.4 });
  });

  it('brings the item’s frame back when a value is given elsewhere', async () => {
    await start([queued(50)]);
    seek(180);
    giveStep(0.05);
    expect(frame.value).toBe(50);
  });

  it('does not take items of two videos with the same id for one', async () => {
    const other = queued(50, { video_id: 'other' });
    await start([queued(50), other, queued(90)]);
    accept();
    expect(item.value?.video_id).toBe('other');
    accept();
    await settle();
    expect(labels().map((l) => l.video_id)).toEqual(['clip', 'other']);
    expect(item.value?.item_id).toBe('i90');
  });

  it('is not asked of the same frames again under another name', async () => {
    await start([queued(50), queued(90)]);
    const again = queued(51, { item_id: 'new', first_frame: 51, last_frame: 60 });
    queue = [again, queued(120)];
    accept();
    await refreshQueue();
    expect(items.value.map((i) => i.frame)).toEqual([50, 90, 120]);
  });

  it('does nothing twice: on a judged item it goes on', async () => {
    await start([queued(50), queued(90)]);
    accept();
    previous();
    accept();
    await settle();
    expect(sent).toHaveLength(1);
    expect(item.value?.item_id).toBe('i90');
  });
});

describe('other decisions', () => {
  it('are sent with the frames that the item stands for', async () => {
    await start([queued(50), queued(90), queued(120), queued(150)]);
    for (const what of ['reject', 'skip', 'unsure'] as const) review(what);
    await settle();
    const bodies = sent.map((s) => s.body as unknown as ReviewRequest);
    expect(bodies.map((b) => b.decision)).toEqual(['reject', 'skip', 'unsure']);
    expect(bodies[0]).toMatchObject({
      frame: 50,
      first_frame: 48,
      last_frame: 52,
      run_id: 'run1',
      item_id: 'i50',
    });
    expect(item.value?.item_id).toBe('i150');
  });

  it('count as done, all but a skip', async () => {
    await start([queued(50), queued(90), queued(120), queued(150)]);
    const total = { total: 4 };
    review('skip');
    expect(position.value).toMatchObject({ done: 0, ...total });
    review('unsure');
    expect(position.value).toMatchObject({ done: 1, ...total });
  });

  it('bring a skipped item back once nothing else is left', async () => {
    await start([queued(50), queued(90)]);
    review('skip');
    queue = [queued(50)];
    accept();
    await settle();
    expect(item.value?.item_id).toBe('i50');
    expect(decided.value.size).toBe(1);
    accept();
    await settle();
    expect(labels().map((l) => l.item_id)).toEqual(['i90', 'i50']);
  });

  it('need an item', async () => {
    await start([]);
    review('reject');
    await settle();
    expect(sent).toEqual([]);
    expect(notices.value[0]?.key).toBe('notice.noItem');
  });
});

describe('a blind item', () => {
  const blind = () => queued(50, { kind: 'audit', blind: true, estimate: null });

  it('betrays nothing before the own value is saved', async () => {
    await start([blind(), queued(150)]);
    expect(hidden.value).toBe(true);
    expect(model.value).toBeNull();
    expect(modelAt(50 + 25)).toBeNull();
    expect(modelAt(50 + 60)?.valence).toBeCloseTo(0.3);
    giveStep(0.05);
    expect(draft.value.affect).toEqual({ valence: 0.05, arousal: 0 });
    expect(model.value).toBeNull();
  });

  it('cannot be accepted', async () => {
    await start([blind(), queued(150)]);
    accept();
    await settle();
    expect(sent).toEqual([]);
    expect(plan.value.why).toBe('plan.blind');
    expect(item.value?.item_id).toBe('i50');
  });

  it('stays blind after a skip', async () => {
    await start([blind(), queued(150)]);
    review('skip');
    previous();
    expect(hidden.value).toBe(true);
  });

  it('is saved as judged blind, and then shows the model', async () => {
    await start([blind(), queued(150)]);
    giveAffect({ valence: 0.6, arousal: 0 });
    accept();
    await settle();
    expect(labels()).toMatchObject([
      { decision: 'label', shown_run_id: null, item_id: 'i50' },
    ]);
    previous();
    expect(hidden.value).toBe(false);
    expect(model.value?.valence).toBeCloseTo(0.3);
  });
});

describe('suggested frames', () => {
  const first = () => queued(30, { kind: 'suggested', item_id: 's30', estimate: null });
  const second = () =>
    queued(60, { kind: 'suggested', item_id: 's60', estimate: null });

  it('come before the queue and want a value', async () => {
    await start([queued(90)], [first(), second()]);
    expect(lane.value).toBe('suggested');
    accept();
    review('reject');
    await settle();
    expect(sent).toEqual([]);
    giveClass('anger');
    accept();
    await settle();
    expect(labels()).toMatchObject([
      { decision: 'label', expression: 'anger', valence: null, item_id: 's30' },
    ]);
    expect(item.value?.item_id).toBe('s60');
    expect(position.value).toMatchObject({ done: 1, total: 2 });
  });

  it('lead on to the queue', async () => {
    await start([queued(90)], [first()]);
    giveAffect({ valence: 0, arousal: 0.5 });
    accept();
    await settle();
    expect(lane.value).toBe('queue');
    expect(item.value?.item_id).toBe('i90');
  });
});

describe('leaving', () => {
  it('saves the value that was begun', async () => {
    await start([queued(50), queued(90)]);
    giveAffect({ valence: 0.9, arousal: 0 });
    next();
    await settle();
    expect(labels()).toMatchObject([
      { valence: 0.9, decision: 'edit', first_frame: 50 },
    ]);
    expect(item.value?.item_id).toBe('i90');
    expect(touched.value).toBe(false);
  });

  it('saves each frame while labelling freely', async () => {
    await start([queued(50)]);
    toggleFree();
    seek(10);
    giveClass('fear');
    seek(11);
    await settle();
    expect(labels()).toMatchObject([{ first_frame: 10, expression: 'fear' }]);
    expect(labels()[0]?.item_id).toBeUndefined();
    expect(touched.value).toBe(false);
    toggleFree();
    expect(free.value).toBe(false);
    expect(frame.value).toBe(50);
  });
});

describe('spans and clips', () => {
  it('go from mark to mark in either order', async () => {
    await start([queued(50), queued(90)]);
    seek(60);
    markSpan('start');
    expect(plan.value.why).toBe('plan.noSpan');
    seek(40);
    markSpan('end');
    giveClass('happiness');
    accept();
    await settle();
    expect(labels()).toMatchObject([
      { scope: 'span', first_frame: 40, last_frame: 60, decision: 'label' },
    ]);
    expect(scope.value).toBe('frame');
  });

  it('cover the whole track', async () => {
    await start([queued(50)]);
    scope.value = 'clip';
    giveAffect({ valence: 0.1, arousal: 0.1 });
    accept();
    await settle();
    expect(labels()).toMatchObject([
      { scope: 'clip', first_frame: 0, last_frame: N - 1 },
    ]);
  });
});

describe('undo', () => {
  it('brings the item back with the value that was given, and redo goes on', async () => {
    await start([queued(50), queued(90), queued(120)]);
    giveAffect({ valence: -0.7, arousal: 0.2 });
    accept();
    accept();
    expect(item.value?.item_id).toBe('i120');
    undo();
    expect(item.value?.item_id).toBe('i90');
    undo();
    expect(item.value?.item_id).toBe('i50');
    expect(draft.value.affect).toEqual({ valence: -0.7, arousal: 0.2 });
    expect(position.value.done).toBe(0);
    redo();
    expect(item.value?.item_id).toBe('i90');
    await settle();
    expect(sent.map((s) => s.path)).toEqual([
      '/labels',
      '/labels',
      '/undo',
      '/undo',
      '/redo',
    ]);
  });
});

describe('an undo', () => {
  it('names what it takes back, and a redo the undo', async () => {
    await start([queued(50), queued(90)]);
    accept();
    await settle();
    const label = labels()[0]?.client_id;
    undo();
    redo();
    await settle();
    const [, undone, redone] = sent.map(({ body }) => body);
    expect(undone?.of).toBe(label);
    expect(redone?.of).toBe(undone?.client_id);
  });

  it('of an earlier visit is what a redo brings back, not a later one', async () => {
    // Takes back all that other tests did, and once more.
    do {
      undo();
      clearDraft();
      await settle();
    } while (sent.at(-1)?.body.of !== undefined);
    sent = [];
    await start([queued(50), queued(90)]);
    accept();
    undo();
    clearDraft();
    undo();
    await settle();
    const [, first, second] = sent.map(({ body }) => body);
    expect(second).not.toHaveProperty('of');
    redo();
    expect(decided.value.size).toBe(0);
    await settle();
    expect(sent.at(-1)?.body.of).toBe(second?.client_id);
    redo();
    expect(decided.value.size).toBe(1);
    await settle();
    expect(sent.at(-1)?.body.of).toBe(first?.client_id);
  });

  it('of a span opens that span again', async () => {
    await start([queued(50), queued(90)]);
    setSpan(40, 60);
    giveClass('happiness');
    accept();
    await settle();
    undo();
    expect(target.value).toMatchObject({ scope: 'span', first: 40, last: 60 });
    expect(draft.value.expression).toBe('happiness');
  });
});

describe('labels of many faces by one key', () => {
  const added: Change[] = [];
  const asked = (kind: string) => added.filter((change) => change.kind === kind);
  const sheet = (...ids: string[]) =>
    outboxSignal.value?.add({
      client_id: ids[0] as string,
      kind: 'labels',
      method: 'POST',
      path: '/labels/many',
      body: { labels: ids.map((client_id) => ({ client_id })) },
    });

  it('are undone and redone by one key, the latest first', async () => {
    await start([queued(50), queued(90)]);
    outboxSignal.value?.listen({ added: (change) => added.push(change) });
    sheet('a1', 'a2');
    sheet('b1', 'b2', 'b3');
    await settle();
    undo();
    expect(asked('undo').map((u) => u.about)).toEqual(['b3', 'b2', 'b1']);
    undo();
    expect(asked('undo').map((u) => u.about)).toEqual(['b3', 'b2', 'b1', 'a2', 'a1']);
    redo();
    expect(asked('redo')).toHaveLength(2);
    redo();
    const undos = asked('undo').map((u) => u.client_id);
    expect(asked('redo').map((r) => r.about)).toEqual(undos.reverse());
    await settle();
    expect(sent.filter((s) => s.path === '/redo')).toHaveLength(5);
  });

  it('take their undos with them when they are refused', async () => {
    await start([queued(50), queued(90)]);
    accept();
    await settle();
    refuse = 'Face 1 was merged.';
    refuseOnly = '/labels/many';
    sheet('c1', 'c2');
    undo();
    await settle();
    expect(sent.map((s) => s.path)).toEqual(['/labels', '/labels/many']);
  });

  it('leave the card once the frame on it has been labelled among them', async () => {
    const ask = (at: number) =>
      queued(at, { kind: 'suggested', item_id: `s${at}`, estimate: null });
    await start([queued(90)], [ask(30), ask(60), ask(70)]);
    suggested = [ask(70)];
    sheet('d1', 'd2');
    await settle();
    expect(item.value?.item_id).toBe('s70');
    toggleFree();
    seek(99);
    suggested = [];
    sheet('e1');
    await settle();
    expect([free.value, frame.value]).toEqual([true, 99]);
    toggleFree();
    next();
    await settle();
    expect([lane.value, item.value?.item_id]).toEqual(['queue', 'i90']);
  });
});

describe('what stands on record', () => {
  const said = (event_id: number, more: Partial<Label>): Label => ({
    event_id,
    at: '2026-01-01T00:00:00Z',
    video_id: 'clip',
    track_id: 0,
    scope: 'frame',
    first_frame: 50,
    last_frame: 50,
    valence: null,
    arousal: null,
    expression: null,
    rater: 'mika',
    active_s: null,
    shown_run_id: null,
    comment: '',
    decision: 'label',
    origin: 'human',
    ...more,
  });

  it('is the latest value and the latest class, as on the server', async () => {
    await start([queued(90)]);
    const span = { scope: 'span', first_frame: 40, last_frame: 60 } as const;
    serverLabels.value = [
      said(1, { valence: 0.5, arousal: 0.1 }),
      said(2, { expression: 'fear' }),
      said(3, {
        scope: 'clip',
        first_frame: 0,
        last_frame: 150,
        valence: 0,
        arousal: 0,
      }),
    ];
    expect(labelAt(50)).toMatchObject({
      valence: 0.5,
      arousal: 0.1,
      expression: 'fear',
    });
    expect(labelAt(51)).toMatchObject({ scope: 'clip', valence: 0, expression: null });
    serverLabels.value = [
      ...serverLabels.value,
      said(4, { ...span, valence: -0.5, arousal: -0.1 }),
    ];
    expect(labelAt(50)).toMatchObject({ valence: -0.5, expression: 'fear' });
  });

  it('keeps the own value when a class is added to it', async () => {
    await start([queued(50), queued(90)]);
    giveAffect({ valence: -0.5, arousal: 0.1 });
    accept();
    await settle();
    previous();
    giveClass('sadness');
    accept();
    await settle();
    expect(labels()[1]).toMatchObject({
      valence: null,
      arousal: null,
      expression: 'sadness',
      decision: 'edit',
    });
  });

  it('has a class that cannot be left out, and says so', async () => {
    await start([queued(50)]);
    serverLabels.value = [said(1, { expression: 'fear' })];
    giveClass(null);
    expect(touched.value).toBe(false);
    expect(notices.value.at(-1)?.key).toBe('notice.classStays');
  });
});

describe('while it plays', () => {
  const pause = vi.fn();
  const seekTo = vi.fn();
  const playing = () => {
    pause.mockClear();
    player.value = { playing: true, pause, seek: seekTo } as unknown as FramePlayer;
  };

  it('a value stops it at the frame that the value is about', async () => {
    await start([queued(50)]);
    toggleFree();
    seek(100);
    playing();
    giveStep(0.2);
    expect(pause).toHaveBeenCalledOnce();
    expect(seekTo).toHaveBeenLastCalledWith(100);
    player.value = null;
    clearDraft();
    toggleFree();
  });

  it('a class goes to the frame that is passing', async () => {
    await start([queued(50)]);
    toggleFree();
    seek(100);
    playing();
    giveClass('fear');
    seek(101);
    await settle();
    expect(pause).not.toHaveBeenCalled();
    expect(labels()).toMatchObject([{ first_frame: 100, expression: 'fear' }]);
    player.value = null;
    toggleFree();
  });
});

describe('a value on its way', () => {
  const face = (id: number, more = {}) => ({
    ...(videos.value[0]?.tracks[0] as Video['tracks'][number]),
    track_id: id,
    ignored: false,
    ...more,
  });
  const faces = (...tracks: Video['tracks']) => {
    videos.value = [{ ...(videos.value[0] as Video), tracks }];
  };

  it('is what an undo takes back first', async () => {
    await start([queued(50), queued(90)]);
    accept();
    giveStep(0.2);
    undo();
    expect(touched.value).toBe(false);
    expect(item.value?.item_id).toBe('i90');
    undo();
    expect(item.value?.item_id).toBe('i50');
  });

  it('never goes to another face or frame', async () => {
    faces(face(0), face(1));
    await start([queued(50), queued(90)]);
    toggleFree();
    giveStep(0.2);
    showPlace({ video_id: 'clip', track_id: 1 }, 120);
    await settle();
    expect(touched.value).toBe(false);
    expect(sent).toEqual([]);
    expect(notices.value.at(-1)?.key).toBe('notice.faceGone');
    faces(face(0));
  });

  it('is not given to another face when that of the item is left out', async () => {
    faces(face(0), face(1));
    await start([queued(50), queued(90, { track_id: 1 })]);
    giveStep(0.2);
    faces(face(0, { ignored: true }), face(1));
    showPlace({ video_id: 'clip', track_id: 1 }, 50);
    expect(plan.value.outcome).toBeUndefined();
    queue = [queued(90, { track_id: 1 })];
    await refreshQueue();
    expect(item.value?.item_id).toBe('i90');
    expect(touched.value).toBe(false);
    expect(sent).toEqual([]);
    faces(face(0));
  });

  it('of the model is not put over what was just judged', async () => {
    await start([queued(50)]);
    toggleFree();
    seek(70);
    expect(plan.value.outcome?.decision).toBe('accept');
    giveStep(0.2);
    accept();
    await settle();
    seek(71);
    seek(70);
    expect(plan.value.why).toBe('plan.judged');
    giveStep(0.2);
    expect(plan.value.outcome?.decision).toBe('edit');
  });

  it('outlives a reload, with its span and its comment', async () => {
    await start([queued(50), queued(90)]);
    const stop = keepDraft();
    toggleFree();
    seek(70);
    markSpan('start');
    seek(80);
    markSpan('end');
    giveStep(0.2);
    setComment('why');
    const before = plan.value.outcome;
    const text = localStorage.getItem('feltline.draft') as string;
    clearDraft();
    expect(localStorage.getItem('feltline.draft')).toBeNull();
    await start([queued(50), queued(90)]);
    localStorage.setItem('feltline.draft', text);
    restoreDraft();
    expect(free.value).toBe(true);
    expect(draft.value.comment).toBe('why');
    expect(plan.value.outcome).toEqual(before);
    expect(before?.target).toMatchObject({ scope: 'span', first: 70, last: 80 });
    stop();
  });

  it('is not saved by a skip of a suggested frame', async () => {
    await start([], [queued(50, { kind: 'suggested' }), queued(90)]);
    giveStep(0.2);
    review('skip');
    await settle();
    expect(sent).toEqual([]);
  });
});

describe('a comment without a value', () => {
  it('is shown when it cannot be kept', async () => {
    await start([queued(50), queued(90)]);
    setComment('blurred');
    next();
    expect(notices.value.at(-1)?.params).toEqual({ comment: 'blurred' });
  });
});

describe('a refused change', () => {
  it('opens its item again and is shown', async () => {
    await start([queued(50), queued(90)]);
    refuse = 'This track was merged.';
    accept();
    undo();
    await settle();
    expect(sent).toHaveLength(1);
    expect(decided.value.size).toBe(0);
    expect(position.value.done).toBe(0);
    expect(outboxSignal.value?.refused.value[0]?.sentence).toBe(
      'This track was merged.',
    );
  });
});

describe('the end of the queue', () => {
  it('does not pull anyone away who labels freely meanwhile', async () => {
    await start([]);
    showPlace({ video_id: 'clip', track_id: 0 }, 70);
    await settle();
    giveStep(0.2);
    queue = [queued(150)];
    await refreshQueue();
    expect([frame.value, free.value, touched.value]).toEqual([70, true, true]);
    expect(item.value?.item_id).toBe('i150');
    accept();
    await settle();
    expect(labels()).toMatchObject([{ first_frame: 70 }]);
  });

  it('is an empty card, and the video stays', async () => {
    await start([queued(50)]);
    queue = [];
    accept();
    await settle();
    expect(item.value).toBeNull();
    expect(cursor.value).toBe(items.value.length);
    expect(place.value?.video_id).toBe('clip');
  });
});
