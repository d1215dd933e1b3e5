/** Judging. */

import { describe, expect, it, vi } from 'vitest';
import type { Label, ReviewRequest, Video } from '../src/api/types';
import type { FramePlayer } from '../src/lib/framePlayer';
import { frame, place, seek, serverLabels, showPlace } from '../src/state/selection';
import {
  accept,
  editModel,
  giveAffect,
  giveClass,
  giveStep,
  next,
  previous,
  review,
  toggleFree,
} from '../src/state/actions';
import {
  clearDraft,
  dimension,
  labelAt,
  markSpan,
  model,
  modelAt,
  ownAffect,
  setComment,
} from '../src/state/draft';
import { draft, scope, touched } from '../src/state/draftValue';
import { keepDraft, restoreDraft } from '../src/state/draftStorage';
import { notices } from '../src/state/announcements';
import { plan } from '../src/state/outcome';
import { player } from '../src/state/player';
import {
  cursor,
  decided,
  free,
  hidden,
  item,
  items,
  lane,
  position,
  refreshQueue,
} from '../src/state/queue';
import { undo } from '../src/state/undoStack';
import { videos } from '../src/state/videos';
import { desk, labels, N, queued, settle, standIn, start } from './desk';

standIn();

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
    desk.queue = [again, queued(120)];
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
    expect(desk.sent).toHaveLength(1);
    expect(item.value?.item_id).toBe('i90');
  });
});

describe('other decisions', () => {
  it('are desk.sent with the frames that the item stands for', async () => {
    await start([queued(50), queued(90), queued(120), queued(150)]);
    for (const what of ['reject', 'skip', 'unsure'] as const) review(what);
    await settle();
    const bodies = desk.sent.map((s) => s.body as unknown as ReviewRequest);
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
    desk.queue = [queued(50)];
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
    expect(desk.sent).toEqual([]);
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
    expect(desk.sent).toEqual([]);
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

  it('come before the desk.queue and want a value', async () => {
    await start([queued(90)], [first(), second()]);
    expect(lane.value).toBe('suggested');
    accept();
    review('reject');
    await settle();
    expect(desk.sent).toEqual([]);
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
    expect(desk.sent).toEqual([]);
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
    desk.queue = [queued(90, { track_id: 1 })];
    await refreshQueue();
    expect(item.value?.item_id).toBe('i90');
    expect(touched.value).toBe(false);
    expect(desk.sent).toEqual([]);
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

  it('is not saved by a skip of a desk.suggested frame', async () => {
    await start([], [queued(50, { kind: 'suggested' }), queued(90)]);
    giveStep(0.2);
    review('skip');
    await settle();
    expect(desk.sent).toEqual([]);
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

describe('the end of the queue', () => {
  it('does not pull anyone away who labels freely meanwhile', async () => {
    await start([]);
    showPlace({ video_id: 'clip', track_id: 0 }, 70);
    await settle();
    giveStep(0.2);
    desk.queue = [queued(150)];
    await refreshQueue();
    expect([frame.value, free.value, touched.value]).toEqual([70, true, true]);
    expect(item.value?.item_id).toBe('i150');
    accept();
    await settle();
    expect(labels()).toMatchObject([{ first_frame: 70 }]);
  });

  it('is an empty card, and the video stays', async () => {
    await start([queued(50)]);
    desk.queue = [];
    accept();
    await settle();
    expect(item.value).toBeNull();
    expect(cursor.value).toBe(items.value.length);
    expect(place.value?.video_id).toBe('clip');
  });
});
