/** Undo and redo, and what is refused. */

import { describe, expect, it } from 'vitest';
import type { Change } from '../src/outbox';
import { outboxSignal } from '../src/state/changes';
import { frame, seek } from '../src/state/selection';
import { accept, giveAffect, giveClass, next, toggleFree } from '../src/state/actions';
import { clearDraft, setSpan, target } from '../src/state/draft';
import { draft } from '../src/state/draftValue';
import { decided, free, item, lane, position } from '../src/state/queue';
import { redo, undo } from '../src/state/undoStack';
import { desk, labels, queued, settle, standIn, start } from './desk';

standIn();

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
    expect(desk.sent.map((s) => s.path)).toEqual([
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
    expect(desk.sent.filter((s) => s.path === '/redo')).toHaveLength(5);
  });

  it('take their undos with them when they are refused', async () => {
    await start([queued(50), queued(90)]);
    accept();
    await settle();
    desk.refuse = 'Face 1 was merged.';
    desk.refuseOnly = '/labels/many';
    sheet('c1', 'c2');
    undo();
    await settle();
    expect(desk.sent.map((s) => s.path)).toEqual(['/labels', '/labels/many']);
  });

  it('leave the card once the frame on it has been labelled among them', async () => {
    const ask = (at: number) =>
      queued(at, { kind: 'suggested', item_id: `s${at}`, estimate: null });
    await start([queued(90)], [ask(30), ask(60), ask(70)]);
    desk.suggested = [ask(70)];
    sheet('d1', 'd2');
    await settle();
    expect(item.value?.item_id).toBe('s70');
    toggleFree();
    seek(99);
    desk.suggested = [];
    sheet('e1');
    await settle();
    expect([free.value, frame.value]).toEqual([true, 99]);
    toggleFree();
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
});
