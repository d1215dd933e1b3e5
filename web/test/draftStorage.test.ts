/** What was begun without a value or a class is a draft too. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accept, giveStep, next, toggleFreeMode } from '../src/state/actions';
import { clearDraft, markSpan, toggleUnsure } from '../src/state/draft';
import { draftStorageKey, keepDraft, restoreDraft } from '../src/state/draftStorage';
import { draft, scope, spanMarks } from '../src/state/draftValue';
import { bringSuggested, freeMode, item } from '../src/state/queue';
import { frame, seek } from '../src/state/selection';
import { desk, judgements, queued, settle, standIn, start } from './desk';

standIn();

let stop: () => void = () => undefined;
beforeEach(() => {
  stop = keepDraft();
});
afterEach(() => {
  stop();
  localStorage.removeItem(draftStorageKey());
});

/** The page comes anew; what it has in storage is all that is left. */
async function reload(): Promise<void> {
  const text = localStorage.getItem(draftStorageKey());
  stop();
  clearDraft();
  freeMode.value = false;
  await start(desk.queue);
  if (text !== null) localStorage.setItem(draftStorageKey(), text);
  restoreDraft();
  stop = keepDraft();
}

describe('through a reload', () => {
  it('a doubt about an item stays with it', async () => {
    await start([queued(50), queued(90)]);
    next();
    toggleUnsure();
    await reload();
    expect([item.value?.item_id, draft.value.unsure]).toEqual(['i90', true]);
    accept();
    await settle();
    expect(judgements().map((one) => one.unsure)).toEqual([true]);
    expect(draft.value.unsure).toBe(false);
  });

  it('a span that is marked is marked, and the mark of one end too', async () => {
    await start([queued(50), queued(90)]);
    toggleFreeMode();
    seek(70);
    markSpan('start');
    await reload();
    expect([freeMode.value, frame.value, scope.value]).toEqual([true, 70, 'span']);
    expect(spanMarks.value).toEqual({ start: 70, end: null });
    seek(80);
    markSpan('end');
    await reload();
    expect(spanMarks.value).toEqual({ start: 70, end: 80 });
    giveStep(1);
    accept();
    await settle();
    const span = { scope: 'span', first_frame: 70, last_frame: 80 };
    expect(judgements()).toMatchObject([span]);
  });

  it('the clip that a value was to be given to is still meant', async () => {
    await start([queued(50), queued(90)]);
    scope.value = 'clip';
    await reload();
    expect(scope.value).toBe('clip');
  });

  it('what was taken back does not come again', async () => {
    await start([queued(50), queued(90)]);
    toggleUnsure();
    toggleUnsure();
    expect(localStorage.getItem(draftStorageKey())).toBeNull();
    markSpan('start');
    clearDraft();
    expect(localStorage.getItem(draftStorageKey())).toBeNull();
  });
});

describe('a doubt about one face', () => {
  it('does not go over to a frame that is suggested meanwhile', async () => {
    await start([queued(50), queued(90)]);
    toggleUnsure();
    desk.suggested = [queued(120, { kind: 'suggested' })];
    await bringSuggested();
    expect(item.value?.item_id).toBe('i50');
  });
});
