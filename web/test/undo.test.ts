/** Undo and redo, and what is refused. */

import { describe, expect, it, vi } from 'vitest';
import type { Change } from '../src/outbox';
import {
  accept,
  giveClass,
  giveStep,
  giveValue,
  next,
  toggleFreeMode,
} from '../src/state/actions';
import { notices } from '../src/state/announcements';
import { outboxSignal, pendingJudgements } from '../src/state/changes';
import { clearDraft, setComment, setSpan } from '../src/state/draft';
import { draft, draftTouched, scope } from '../src/state/draftValue';
import { position } from '../src/state/progress';
import { decided, freeMode, item, lane } from '../src/state/queue';
import { frame, reloadPredictions, seek } from '../src/state/selection';
import { dropPurgedSteps, redo, undo } from '../src/state/undoStack';
import { purged } from '../src/state/videos';
import { desk, judgements, queued, settle, standIn, start } from './desk';

standIn();

describe('undo', () => {
  it('brings the item back, and redo goes on', async () => {
    await start([queued(50), queued(90), queued(120)]);
    giveValue([-0.7, 0.2]);
    accept();
    accept();
    expect(item.value?.item_id).toBe('i120');
    undo();
    expect(item.value?.item_id).toBe('i90');
    undo();
    expect(item.value?.item_id).toBe('i50');
    expect(position.value.done).toBe(0);
    redo();
    expect(item.value?.item_id).toBe('i90');
    await settle();
    expect(desk.sent.map((s) => s.path)).toEqual([
      '/judgements',
      '/judgements',
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
    const label = judgements()[0]?.client_id;
    undo();
    redo();
    await settle();
    const [, undone, redone] = desk.sent.map(({ body }) => body);
    expect(undone?.of).toBe(label);
    expect(redone?.of).toBe(undone?.client_id);
  });

  it('of an earlier visit is what a redo brings back, not a later one', async () => {
    // Takes back all that other tests did, and once more.
    do {
      undo();
      clearDraft();
      await settle();
    } while (desk.sent.at(-1)?.body.of !== undefined);
    desk.sent = [];
    await start([queued(50), queued(90)]);
    accept();
    undo();
    clearDraft();
    undo();
    await settle();
    const [, first, second] = desk.sent.map(({ body }) => body);
    expect(second).not.toHaveProperty('of');
    redo();
    expect(decided.value.size).toBe(0);
    await settle();
    expect(desk.sent.at(-1)?.body.of).toBe(second?.client_id);
    redo();
    expect(decided.value.size).toBe(1);
    await settle();
    expect(desk.sent.at(-1)?.body.of).toBe(first?.client_id);
  });

  it('leaves no draft that saves itself again by going on', async () => {
    await start([queued(50), queued(90)]);
    setSpan(40, 60);
    giveValue([0.4, 0.4]);
    giveClass('happiness');
    accept();
    await settle();
    undo();
    expect(item.value?.item_id).toBe('i50');
    expect([draftTouched.value, scope.value]).toEqual([false, 'frame']);
    next();
    toggleFreeMode();
    await settle();
    expect(desk.sent.map((s) => s.path)).toEqual(['/judgements', '/undo']);
    expect(draft.value.value).toEqual([]);
  });
});

describe('a value that was begun', () => {
  it('stays, with its face, when something else is brought back', async () => {
    await start([queued(50), queued(90), queued(120)]);
    accept();
    await settle();
    undo();
    next();
    giveStep(1);
    const value = draft.value.value;
    redo();
    await settle();
    expect(desk.sent.at(-1)?.path).toBe('/redo');
    expect([item.value?.item_id, draft.value.value]).toEqual(['i90', value]);
  });

  it('is no reason to drop a comment without a word', async () => {
    await start([queued(50), queued(90)]);
    accept();
    setComment('blurred');
    undo();
    expect(notices.value.at(-1)).toMatchObject({
      key: 'notice.commentDropped',
      params: { comment: 'blurred' },
    });
    await settle();
  });
});

describe('an answer that comes late', () => {
  it('does not call back whoever went on meanwhile', async () => {
    desk.undone = { video_id: 'clip', track_id: 0, frame: 70 };
    await start([queued(50), queued(90)]);
    toggleFreeMode();
    seek(70);
    giveStep(1);
    accept();
    await settle();
    undo();
    toggleFreeMode();
    await settle();
    expect([freeMode.value, frame.value]).toEqual([false, 50]);
    expect(notices.value.at(-1)?.key).toBe('notice.undoneThis');
    toggleFreeMode();
    seek(71);
    giveStep(1);
    accept();
    await settle();
    undo();
    await settle();
    expect([freeMode.value, frame.value]).toEqual([true, 70]);
  });
});

describe('what was said of a video that was purged', () => {
  it('is not undone, and its item does not come back', async () => {
    await start([queued(51, { video_id: 'other' }), queued(90)]);
    accept();
    await settle();
    const gone = judgements().at(-1)?.client_id;
    expect([item.value?.item_id, typeof gone]).toEqual(['i90', 'string']);
    purged.value = new Set(['other']);
    dropPurgedSteps();
    undo();
    await settle();
    expect(desk.sent.at(-1)?.path).toBe('/undo');
    expect(desk.sent.at(-1)?.body.of).not.toBe(gone);
    expect(item.value?.video_id).toBe('clip');
    purged.value = new Set();
  });
});

describe('judgements of many faces by one key', () => {
  const added: Change[] = [];
  const asked = (kind: string) => added.filter((change) => change.kind === kind);
  const sheet = (...ids: string[]) =>
    outboxSignal.value?.add({
      client_id: ids[0] as string,
      kind: 'judgements',
      method: 'POST',
      path: '/judgements/many',
      body: { judgements: ids.map((client_id) => ({ client_id })) },
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
    expect(desk.sent.filter((s) => s.path === '/redo')).toHaveLength(5);
  });

  it('take their undos with them when they are refused', async () => {
    await start([queued(50), queued(90)]);
    accept();
    await settle();
    desk.refuse = 'Face 1 was merged.';
    desk.refuseOnly = '/judgements/many';
    sheet('c1', 'c2');
    undo();
    await settle();
    expect(desk.sent.map((s) => s.path)).toEqual(['/judgements', '/judgements/many']);
  });

  it('leave the card once the frame on it has been labelled among them', async () => {
    const ask = (at: number) =>
      queued(at, { kind: 'suggested', item_id: `s${at}`, prediction: null });
    await start([queued(90)], [ask(30), ask(60), ask(70)]);
    desk.suggested = [ask(70)];
    sheet('d1', 'd2');
    await settle();
    expect(item.value?.item_id).toBe('s70');
    toggleFreeMode();
    seek(99);
    desk.suggested = [];
    sheet('e1');
    await settle();
    expect([freeMode.value, frame.value]).toEqual([true, 99]);
    toggleFreeMode();
    next();
    await settle();
    expect([lane.value, item.value?.item_id]).toEqual(['queue', 'i90']);
  });
});

describe('a refused change', () => {
  it('opens its item again and is shown', async () => {
    await start([queued(50), queued(90)]);
    desk.refuse = 'This track was merged.';
    accept();
    undo();
    await settle();
    expect(desk.sent).toHaveLength(1);
    expect(decided.value.size).toBe(0);
    expect(position.value.done).toBe(0);
    expect(outboxSignal.value?.refused.value[0]?.sentence).toBe(
      'This track was merged.',
    );
  });

  it('keeps its item as decided if an earlier answer was lost: it may be saved', async () => {
    await start([queued(50), queued(90)]);
    desk.losesAnswers = 1;
    accept();
    await settle();
    // Meanwhile the track was edited: what is sent again is not taken.
    desk.refuse = 'face 0 of clip was merged into face 1';
    await vi.advanceTimersByTimeAsync(1500);
    expect(judgements()).toHaveLength(2);
    const [refused] = outboxSignal.value?.refused.value ?? [];
    expect(refused).toMatchObject({ maybeSaved: true, status: 422 });
    expect(decided.value.size).toBe(1);
    expect(item.value?.item_id).toBe('i90');
  });

  it('that was saved and is sent again stays saved', async () => {
    await start([queued(50), queued(90)]);
    desk.losesAnswers = 1;
    accept();
    await vi.advanceTimersByTimeAsync(1500);
    const ids = judgements().map((one) => one.client_id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(decided.value.size).toBe(1);
    expect(outboxSignal.value?.refused.value).toEqual([]);
  });
});

describe('what is painted', () => {
  it('is what is on its way or not yet in a prediction, and no more once undone', async () => {
    await start([queued(50), queued(90)]);
    giveValue([0.5, 0.5]);
    accept();
    expect(pendingJudgements.value.map((one) => one.first_frame)).toEqual([50]);
    await settle();
    expect(pendingJudgements.value).toHaveLength(1);
    undo();
    expect(pendingJudgements.value).toEqual([]);
    await settle();
    expect(pendingJudgements.value).toEqual([]);
  });

  it('is left to the server once it has sent a new prediction', async () => {
    await start([queued(50), queued(90)]);
    giveValue([0.5, 0.5]);
    accept();
    await settle();
    await reloadPredictions('clip', [0]);
    expect(pendingJudgements.value).toEqual([]);
  });
});
