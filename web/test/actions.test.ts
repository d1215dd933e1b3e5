/** Judging. */

import { describe, expect, it, vi } from 'vitest';
import type { Judgement, Session, Video } from '../src/api/types';
import type { FramePlayer } from '../src/lib/framePlayer';
import {
  accept,
  cannotJudgeItem,
  editPrediction,
  giveClass,
  giveStep,
  giveValue,
  next,
  previous,
  rejectItem,
  skipItem,
  toggleFreeMode,
} from '../src/state/actions';
import { notices } from '../src/state/announcements';
import {
  clearDraft,
  dimension,
  judgementAt,
  markSpan,
  ownValue,
  setComment,
  toggleUnsure,
} from '../src/state/draft';
import { draftStorageKey, keepDraft, restoreDraft } from '../src/state/draftStorage';
import { draft, draftTouched, scope } from '../src/state/draftValue';
import { plan } from '../src/state/outcome';
import { player, stepSeconds } from '../src/state/player';
import { predicted, predictionAt } from '../src/state/predictionAt';
import { position } from '../src/state/progress';
import {
  cursor,
  decided,
  freeMode,
  hidden,
  item,
  items,
  lane,
  loadingQueue,
  refreshQueue,
} from '../src/state/queue';
import {
  frame,
  lookedAt,
  place,
  seek,
  serverJudgements,
  showPlace,
  times,
} from '../src/state/selection';
import { session } from '../src/state/session';
import { undo } from '../src/state/undoStack';
import { videos } from '../src/state/videos';
import { desk, judgements, N, queued, settle, standIn, start } from './desk';
import { PAIN_SCHEMA, sessionWith } from './labelSchema';
import { MemoryStorage } from './storage';

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
    expect(judgements()).toMatchObject([
      {
        decision: 'accept',
        scope: 'frame',
        first_frame: 50,
        last_frame: 50,
        expression: 'happiness',
        touched: [false, false],
        purpose: 'work',
        unsure: false,
        item_id: 'i50',
      },
    ]);
    const { value, shown } = judgements()[0] ?? {};
    expect(value).toEqual([0.3, -0.2]);
    expect(shown?.model_id).toBe('model1');
    expect(shown?.value).toEqual(value);
    expect(shown?.confidence).toBeCloseTo(0.6);
    expect(shown?.proposed_by_class).toBe(false);
  });

  it('saves an own value as an edit, without the class that was not asked', async () => {
    await start([queued(50), queued(90)]);
    giveValue([-0.5, 0.1]);
    accept();
    await settle();
    expect(judgements()).toMatchObject([
      { decision: 'edit', value: [-0.5, 0.1], touched: [true, true], expression: null },
    ]);
  });

  it('takes an own value that is the model’s for an accept', async () => {
    await start([queued(50), queued(90)]);
    editPrediction();
    expect(ownValue.value).toEqual([0.3, -0.2]);
    accept();
    await settle();
    expect(judgements()[0]?.decision).toBe('accept');
  });

  it('saves a class without a value that nobody gave', async () => {
    await start([queued(50), queued(90)]);
    giveClass('sadness');
    accept();
    await settle();
    expect(judgements()[0]).toMatchObject({
      decision: 'edit',
      value: [],
      touched: [false, false],
      expression: 'sadness',
    });
  });

  it('gives the class of a key, however often it is pressed; 0 leaves the model’s out', async () => {
    await start([queued(50), queued(90)]);
    giveClass('fear');
    giveClass('fear');
    expect(draft.value.expression).toBe('fear');
    giveClass(null);
    accept();
    await settle();
    expect(judgements()[0]).toMatchObject({ decision: 'accept', expression: null });
    expect(judgements()[0]?.value).toHaveLength(2);
  });

  it('steps from the model’s value', async () => {
    await start([queued(50)]);
    giveStep(1);
    expect(draft.value.touched).toEqual([true, false]);
    dimension.value = 1;
    giveStep(-1, true);
    expect(draft.value.value).toEqual([0.35, -0.4]);
    expect(draft.value.touched).toEqual([true, true]);
  });

  it('brings the item’s frame back when a value is given elsewhere', async () => {
    await start([queued(50)]);
    seek(180);
    giveStep(1);
    expect(frame.value).toBe(50);
  });

  it('does not take items of two videos with the same id for one', async () => {
    const other = queued(50, { video_id: 'other' });
    await start([queued(50), other, queued(90)]);
    accept();
    expect(item.value?.video_id).toBe('other');
    accept();
    await settle();
    expect(judgements().map((l) => l.video_id)).toEqual(['clip', 'other']);
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
    for (const decide of [rejectItem, skipItem, cannotJudgeItem]) decide();
    await settle();
    const bodies = judgements();
    expect(bodies.map((b) => b.decision)).toEqual(['reject', 'skip', 'cannot']);
    expect(bodies[0]).toMatchObject({
      scope: 'span',
      first_frame: 48,
      last_frame: 52,
      value: [],
      expression: null,
      shown: null,
      item_id: 'i50',
    });
    expect(item.value?.item_id).toBe('i150');
  });

  it('say what was in sight where the item is one frame', async () => {
    const one = { first_frame: 50, last_frame: 50 };
    await start([queued(50, one), queued(90)]);
    scope.value = 'clip'; // of a value that is not given: the decision is of the frame
    rejectItem();
    await settle();
    const { scope: of, shown } = judgements()[0] ?? {};
    expect(of).toBe('frame');
    expect(shown?.value).toEqual([0.3, -0.2]);
    expect(shown?.confidence).toBeCloseTo(0.6);
  });

  it('count as done, all but a skip', async () => {
    await start([queued(50), queued(90), queued(120), queued(150)]);
    const total = { total: 4 };
    skipItem();
    expect(position.value).toMatchObject({ done: 0, ...total });
    cannotJudgeItem();
    expect(position.value).toMatchObject({ done: 1, ...total });
  });

  it('bring a skipped item back once nothing else is left', async () => {
    await start([queued(50), queued(90)]);
    skipItem();
    desk.queue = [queued(50)];
    accept();
    await settle();
    expect(item.value?.item_id).toBe('i50');
    expect(decided.value.size).toBe(1);
    accept();
    await settle();
    expect(judgements().map((one) => [one.item_id, one.decision])).toEqual([
      ['i50', 'skip'],
      ['i90', 'accept'],
      ['i50', 'accept'],
    ]);
  });

  it('need an item', async () => {
    await start([]);
    rejectItem();
    await settle();
    expect(desk.sent).toEqual([]);
    expect(notices.value[0]?.key).toBe('notice.noItem');
  });
});

describe('a blind item', () => {
  const blind = () => queued(50, { kind: 'audit', blind: true, prediction: null });

  it('betrays nothing before the own value is saved', async () => {
    await start([blind(), queued(150)]);
    expect(hidden.value).toBe(true);
    expect(predicted.value).toBeNull();
    expect(predictionAt(50 + 25)).toBeNull();
    expect(predictionAt(50 + 60)?.value[0]).toBeCloseTo(0.3);
    giveStep(1);
    // The first step lands on the middle, the commonest value.
    expect(draft.value.value).toEqual([0, null]);
    expect(predicted.value).toBeNull();
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
    skipItem();
    previous();
    expect(hidden.value).toBe(true);
  });

  it('is saved as judged blind, and then shows the model', async () => {
    await start([blind(), queued(150)]);
    giveValue([0.6, 0]);
    accept();
    await settle();
    expect(judgements()).toMatchObject([
      { decision: 'label', shown: null, purpose: 'audit', item_id: 'i50' },
    ]);
    previous();
    expect(hidden.value).toBe(false);
    expect(predicted.value?.value[0]).toBeCloseTo(0.3);
  });
});

describe('suggested frames', () => {
  const blind = { kind: 'suggested', blind: true, prediction: null } as const;
  const first = () => queued(30, { item_id: 's30', ...blind });
  const second = () => queued(60, { item_id: 's60', ...blind });

  it('come before the desk.queue and want a value', async () => {
    await start([queued(90)], [first(), second()]);
    expect(lane.value).toBe('suggested');
    accept();
    rejectItem();
    await settle();
    expect(desk.sent).toEqual([]);
    giveClass('anger');
    accept();
    await settle();
    expect(judgements()).toMatchObject([
      {
        decision: 'label',
        expression: 'anger',
        value: [],
        shown: null,
        purpose: 'suggested',
        item_id: 's30',
      },
    ]);
    expect(item.value?.item_id).toBe('s60');
    expect(position.value).toMatchObject({ done: 1, total: 2 });
  });

  it('lead on to the queue', async () => {
    await start([queued(90)], [first()]);
    giveValue([0, 0.5]);
    accept();
    await settle();
    expect(lane.value).toBe('queue');
    expect(item.value?.item_id).toBe('i90');
  });
});

describe('leaving', () => {
  it('saves the value that was begun', async () => {
    await start([queued(50), queued(90)]);
    giveValue([0.9, 0]);
    next();
    await settle();
    expect(judgements()).toMatchObject([
      { value: [0.9, 0], decision: 'edit', first_frame: 50 },
    ]);
    expect(item.value?.item_id).toBe('i90');
    expect(draftTouched.value).toBe(false);
  });

  it('saves each frame while labelling freely', async () => {
    await start([queued(50)]);
    toggleFreeMode();
    seek(10);
    giveClass('fear');
    seek(11);
    await settle();
    expect(judgements()).toMatchObject([{ first_frame: 10, expression: 'fear' }]);
    expect(judgements()[0]).toMatchObject({
      item_id: null,
      purpose: 'work',
      value: [],
    });
    expect(draftTouched.value).toBe(false);
    toggleFreeMode();
    expect(freeMode.value).toBe(false);
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
    expect(judgements()).toMatchObject([
      {
        scope: 'span',
        first_frame: 40,
        last_frame: 60,
        value: [],
        decision: 'label',
        shown: null,
      },
    ]);
    expect(scope.value).toBe('frame');
  });

  it('cover the whole track', async () => {
    await start([queued(50)]);
    scope.value = 'clip';
    giveValue([0.1, 0.1]);
    accept();
    await settle();
    expect(judgements()).toMatchObject([
      { scope: 'clip', first_frame: 0, last_frame: N - 1, shown: null },
    ]);
  });
});

describe('what stands on record', () => {
  const saved = (event_id: number, more: Partial<Judgement>): Judgement => ({
    event_id,
    at: '2026-01-01T00:00:00Z',
    video_id: 'clip',
    track_id: 0,
    scope: 'frame',
    first_frame: 50,
    last_frame: 50,
    reviewed_first_frame: 50,
    reviewed_last_frame: 50,
    value: [],
    expression: null,
    rater: 'mika',
    decision: 'label',
    shown: null,
    audited: null,
    touched: [],
    unsure: false,
    purpose: 'work',
    active_s: null,
    comment: '',
    origin: 'human',
    ...more,
  });

  it('is the latest value and the latest class, as on the server', async () => {
    await start([queued(90)]);
    const span = { scope: 'span', first_frame: 40, last_frame: 60 } as const;
    serverJudgements.value = [
      saved(1, { value: [0.5, 0.1] }),
      saved(2, { expression: 'fear' }),
      saved(3, {
        scope: 'clip',
        first_frame: 0,
        last_frame: 150,
        value: [0, 0],
      }),
    ];
    expect(judgementAt(50)).toMatchObject({ value: [0.5, 0.1], expression: 'fear' });
    expect(judgementAt(51)).toMatchObject({
      scope: 'clip',
      value: [0, 0],
      expression: null,
    });
    serverJudgements.value = [
      ...serverJudgements.value,
      saved(4, { ...span, value: [-0.5, null] }),
    ];
    expect(judgementAt(50)).toMatchObject({ value: [-0.5, 0.1], expression: 'fear' });
    serverJudgements.value = [
      ...serverJudgements.value,
      saved(5, { ...span, decision: 'reject' }),
    ];
    expect(judgementAt(50)).toBeNull();
    expect(judgementAt(61)).toMatchObject({ scope: 'clip' });
  });

  it('leaves the frames of a labelled clip to be answered', async () => {
    await start([queued(50), queued(90)]);
    const whole = { scope: 'clip', first_frame: 0, last_frame: N - 1 } as const;
    serverJudgements.value = [
      saved(1, { ...whole, value: [0.2, 0.2], expression: 'fear' }),
    ];
    expect(ownValue.value).toEqual([]);
    expect(plan.value.outcome).toMatchObject({ decision: 'accept', shown: {} });
    giveStep(1);
    expect(plan.value.outcome).toMatchObject({ decision: 'edit' });
    clearDraft();
    accept();
    await settle();
    expect(judgements()).toMatchObject([{ decision: 'accept', first_frame: 50 }]);
    scope.value = 'clip';
    expect(ownValue.value).toEqual([0.2, 0.2]);
  });

  it('keeps the own value when a class is added to it', async () => {
    await start([queued(50), queued(90)]);
    giveValue([-0.5, 0.1]);
    accept();
    await settle();
    previous();
    giveClass('sadness');
    accept();
    await settle();
    expect(judgements()[1]).toMatchObject({
      value: [],
      expression: 'sadness',
      decision: 'label',
    });
  });

  it('has a class that cannot be left out, and says so', async () => {
    await start([queued(50)]);
    serverJudgements.value = [saved(1, { expression: 'fear' })];
    giveClass(null);
    expect(draftTouched.value).toBe(false);
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
    toggleFreeMode();
    seek(100);
    playing();
    giveStep(1, true);
    expect(pause).toHaveBeenCalledOnce();
    expect(seekTo).toHaveBeenLastCalledWith(100);
    player.value = null;
    clearDraft();
    toggleFreeMode();
  });

  it('a class goes to the frame that is passing', async () => {
    await start([queued(50)]);
    toggleFreeMode();
    seek(100);
    playing();
    giveClass('fear');
    seek(101);
    await settle();
    expect(pause).not.toHaveBeenCalled();
    expect(judgements()).toMatchObject([{ first_frame: 100, expression: 'fear' }]);
    player.value = null;
    toggleFreeMode();
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
    giveStep(1, true);
    undo();
    expect(draftTouched.value).toBe(false);
    expect(item.value?.item_id).toBe('i90');
    undo();
    expect(item.value?.item_id).toBe('i50');
  });

  it('never goes to another face or frame', async () => {
    faces(face(0), face(1));
    await start([queued(50), queued(90)]);
    toggleFreeMode();
    giveStep(1, true);
    showPlace({ video_id: 'clip', track_id: 1 }, 120);
    await settle();
    expect(draftTouched.value).toBe(false);
    expect(desk.sent).toEqual([]);
    expect(notices.value.at(-1)?.key).toBe('notice.faceGone');
    faces(face(0));
  });

  it('is not given to another face when that of the item is left out', async () => {
    faces(face(0), face(1));
    await start([queued(50), queued(90, { track_id: 1 })]);
    giveStep(1, true);
    faces(face(0, { ignored: true }), face(1));
    showPlace({ video_id: 'clip', track_id: 1 }, 50);
    expect(plan.value.outcome).toBeUndefined();
    desk.queue = [queued(90, { track_id: 1 })];
    await refreshQueue();
    expect(item.value?.item_id).toBe('i90');
    expect(draftTouched.value).toBe(false);
    expect(desk.sent).toEqual([]);
    faces(face(0));
  });

  it.each([
    ['a doubt', toggleUnsure, () => draft.value.unsure],
    ['a comment', () => setComment('glasses'), () => draft.value.comment !== ''],
    ['one end of a span', () => markSpan('start'), () => scope.value === 'span'],
  ])('is not given to another face, be it only %s', async (_, begin, isBegun) => {
    faces(face(0), face(1));
    await start([queued(50), queued(90, { track_id: 1 })]);
    begin();
    await settle();
    expect(isBegun()).toBe(true);
    faces(face(0, { ignored: true }), face(1));
    desk.queue = [queued(90, { track_id: 1 })];
    await refreshQueue();
    expect(item.value?.item_id).toBe('i90');
    expect(isBegun()).toBe(false);
    expect(notices.value.at(-1)?.key).toBe('notice.faceGone');
    faces(face(0));
  });

  it('of the model is not put over what was just judged', async () => {
    await start([queued(50)]);
    toggleFreeMode();
    seek(70);
    expect(plan.value.outcome?.decision).toBe('accept');
    giveStep(1, true);
    accept();
    await settle();
    seek(71);
    seek(70);
    expect(plan.value.why).toBe('plan.reviewed');
    giveStep(1, true);
    expect(plan.value.outcome).toMatchObject({
      decision: 'label',
      value: [0.7, null],
      touched: [true, false],
    });
  });

  it('outlives a reload, with its span and its comment', async () => {
    await start([queued(50), queued(90)]);
    const stop = keepDraft();
    toggleFreeMode();
    seek(70);
    markSpan('start');
    seek(80);
    markSpan('end');
    giveStep(1, true);
    setComment('why');
    const before = plan.value.outcome;
    const text = localStorage.getItem(draftStorageKey()) as string;
    clearDraft();
    expect(localStorage.getItem(draftStorageKey())).toBeNull();
    await start([queued(50), queued(90)]);
    localStorage.setItem(draftStorageKey(), text);
    restoreDraft();
    expect(freeMode.value).toBe(true);
    expect(draft.value.comment).toBe('why');
    expect(plan.value.outcome).toEqual(before);
    expect(before?.target).toMatchObject({ scope: 'span', first: 70, last: 80 });
    stop();
  });

  it('is not saved by a skip of a desk.suggested frame', async () => {
    await start([], [queued(50, { kind: 'suggested' }), queued(90)]);
    giveStep(1, true);
    skipItem();
    await settle();
    expect(desk.sent).toEqual([]);
  });
});

describe('a value begun before the next item has come', () => {
  const asked = queued(30, { kind: 'suggested', item_id: 's30', prediction: null });

  it('stays on the card with its face, and is saved for it', async () => {
    await start([queued(90)], [asked]);
    giveStep(1);
    accept();
    giveClass('fear');
    await settle();
    expect([item.value?.item_id, draft.value.expression]).toEqual(['s30', 'fear']);
    expect(notices.value).toEqual([]);
    accept();
    await settle();
    expect(judgements().map((one) => one.first_frame)).toEqual([30, 30]);
    expect([lane.value, item.value?.item_id]).toEqual(['queue', 'i90']);
  });

  it('stays in free labelling, too', async () => {
    await start([queued(90)], [asked]);
    giveStep(1);
    accept();
    toggleFreeMode();
    seek(120);
    giveStep(1, true);
    await settle();
    expect([freeMode.value, frame.value, draftTouched.value]).toEqual([
      true,
      120,
      true,
    ]);
    toggleFreeMode();
    expect(item.value?.item_id).toBe('i90');
    await settle();
    expect(judgements().map((one) => one.first_frame)).toEqual([30, 120]);
  });
});

describe('with nothing left to judge', () => {
  it('a value is saved once its frame is left, as in free labelling', async () => {
    await start([]);
    showPlace({ video_id: 'clip', track_id: 0 }, 60);
    await settle();
    giveStep(1, true);
    seek(61);
    await settle();
    expect(judgements()).toMatchObject([{ first_frame: 60, last_frame: 60 }]);
    expect(draftTouched.value).toBe(false);
  });
});

describe('an item that one goes back to', () => {
  it('says that Enter goes on, as it does, whatever was decided', async () => {
    for (const decide of [rejectItem, cannotJudgeItem, () => classAlone('anger')]) {
      await start([queued(50), queued(90)]);
      decide();
      previous();
      expect([item.value?.item_id, plan.value.why]).toEqual(['i50', 'plan.done']);
      await settle();
      const before = desk.sent.length;
      accept();
      await settle();
      expect([item.value?.item_id, desk.sent.length]).toEqual(['i90', before]);
      previous();
      giveStep(1);
      expect(plan.value.outcome?.target.first).toBe(50);
      clearDraft();
      decided.value = new Map();
    }
  });
});

function classAlone(name: string): void {
  giveClass(name);
  accept();
}

describe('a draft', () => {
  it('is restored for its own rater and project only', async () => {
    await start([queued(50), queued(90)]);
    const mika = session.value as Session;
    const stop = keepDraft();
    giveValue([0.9, 0.8]);
    setComment('of mika');
    const key = draftStorageKey();
    const text = localStorage.getItem(key) as string;
    stop();
    clearDraft();
    for (const other of [
      { ...mika, rater: 'ken' },
      { ...mika, project: { project_id: 'p2', folder_id: 'f', name: 'P2' } },
    ]) {
      session.value = other;
      localStorage.setItem(key, text);
      restoreDraft();
      expect(draftTouched.value).toBe(false);
      expect(draftStorageKey()).not.toBe(key);
    }
    session.value = mika;
    restoreDraft();
    expect(draft.value).toMatchObject({ value: [0.9, 0.8], comment: 'of mika' });
    localStorage.removeItem(key);
  });

  it('of another tab is that tab’s while it is open, and is gone on with after', async () => {
    await start([queued(50), queued(90)]);
    const stop = keepDraft();
    next();
    giveStep(1);
    const own = draftStorageKey();
    const other = own.replace(/[^/]+$/, 'another-tab');
    localStorage.setItem(other, localStorage.getItem(own) as string);
    clearDraft();
    previous();
    restoreDraft(new Set(['another-tab']));
    expect(draftTouched.value).toBe(false);
    expect(localStorage.getItem(other)).not.toBeNull();
    restoreDraft();
    expect([draftTouched.value, item.value?.item_id]).toEqual([true, 'i90']);
    expect(localStorage.getItem(other)).toBeNull();
    expect(localStorage.getItem(own)).not.toBeNull();
    stop();
    localStorage.removeItem(own);
  });

  it('begun on an item comes back on that item', async () => {
    await start([queued(50), queued(90)]);
    const stop = keepDraft();
    next();
    giveStep(1);
    const text = localStorage.getItem(draftStorageKey()) as string;
    stop();
    clearDraft();
    await start([queued(50), queued(90)]);
    localStorage.setItem(draftStorageKey(), text);
    restoreDraft();
    expect([freeMode.value, item.value?.item_id]).toEqual([false, 'i90']);
    localStorage.removeItem(draftStorageKey());
  });

  it('carries the rater’s own doubt', async () => {
    await start([queued(50), queued(90)]);
    toggleUnsure();
    accept();
    giveValue([0.1, 0.1]);
    accept();
    await settle();
    expect(judgements().map((one) => one.unsure)).toEqual([true, false]);
  });

  it('that does not fit into storage stays on the page', async () => {
    await start([queued(50)]);
    const full = new MemoryStorage();
    full.setItem = vi.fn(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    const { localStorage: before } = globalThis;
    vi.stubGlobal('localStorage', full);
    const stop = keepDraft();
    expect(() => giveValue([0.1, 0.1])).not.toThrow();
    expect(draftTouched.value).toBe(true);
    expect(full.setItem).toHaveBeenCalled();
    stop();
    vi.stubGlobal('localStorage', before);
  });
});

describe('where frames were sampled', () => {
  it('a judgement goes to the nearest frame that was looked at', async () => {
    await start([queued(50)]);
    toggleFreeMode();
    lookedAt.value = Int32Array.from({ length: 40 }, (_, i) => 5 * i);
    seek(73);
    expect(predicted.value?.value[0]).toBeCloseTo(0.3);
    giveClass('fear');
    expect(plan.value.outcome?.target).toMatchObject({ first: 75, last: 75 });
    accept();
    await settle();
    expect(judgements()).toMatchObject([{ first_frame: 75, last_frame: 75 }]);
    lookedAt.value = new Int32Array();
  });
});

describe('a project of one dimension and two classes', () => {
  it('is judged in its own units', async () => {
    const before = session.value;
    session.value = sessionWith(PAIN_SCHEMA);
    await start([queued(50, { blind: true, prediction: null }), queued(90)]);
    giveStep(1);
    giveStep(1, true);
    expect(draft.value.value).toEqual([60]);
    giveClass('grimace');
    accept();
    await settle();
    expect(judgements()).toMatchObject([
      { value: [60], touched: [true], expression: 'grimace' },
    ]);
    session.value = before;
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
    giveStep(1, true);
    desk.queue = [queued(150)];
    await refreshQueue();
    expect([frame.value, freeMode.value, draftTouched.value]).toEqual([70, true, true]);
    expect(item.value?.item_id).toBe('i150');
    accept();
    await settle();
    expect(judgements()).toMatchObject([{ first_frame: 70 }]);
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

describe('a second on', () => {
  it('is a second on while the times of frames are still on their way', async () => {
    await start([queued(50)]);
    times.value = new Float64Array();
    seek(10);
    stepSeconds(1);
    expect(frame.value).toBe(35);
    stepSeconds(-2);
    expect(frame.value).toBe(0);
  });
});

describe('nothing left to judge', () => {
  it('is said only once the server has nothing more, skipped items too', async () => {
    await start([queued(50)]);
    desk.queue = [queued(50), queued(90)];
    accept();
    expect(item.value).toBe(null);
    expect(loadingQueue.value).toBe(true);
    await settle();
    expect(loadingQueue.value).toBe(false);
  });
});
