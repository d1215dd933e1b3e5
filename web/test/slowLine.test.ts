/** The order of the queue where faces are long on their way. */

import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Item } from '../src/api/types';
import { keyOf } from '../src/lib/items';
import { clearDraft } from '../src/state/draft';
import { draft } from '../src/state/draftValue';
import { holdFaces } from '../src/state/faces';
import {
  cursor,
  goTo,
  item,
  items,
  loadQueue,
  refreshQueue,
  setDecided,
} from '../src/state/queue';
import { onlyVideo } from '../src/state/videos';
import { desk, queued, settle, standIn, start } from './desk';
import { framesAsked, Picture, pictures } from './pictures';

standIn();

const next = () => items.value.slice(cursor.value).map((of) => of.frame);
const ALL = [50, 70, 90, 110, 130, 150, 170, 190];
const of = (...frames: number[]) => frames.map((frame) => queued(frame));

/** A queue of which the first faces have come, each after so many milliseconds. */
async function startOn(took: number): Promise<void> {
  await start(of(...ALL));
  await vi.advanceTimersByTimeAsync(took);
  Picture.of(50)?.comes();
  await vi.advanceTimersByTimeAsync(took);
  for (const frame of framesAsked().slice(1)) Picture.of(frame)?.comes();
}

/** The addresses of the queue that were asked for since. */
function asked(): string[] {
  const all = vi.mocked(fetch).mock.calls.map(([address]) => String(address));
  return all.filter((address) => address.includes('/queue'));
}

function decide(on: Item): void {
  setDecided(on, { item: on, client_id: keyOf(on), what: 'accept', number: 1 });
}

describe('the queue', () => {
  beforeEach(() => {
    pictures();
    holdFaces(() => false);
    onlyVideo.value = null;
    vi.mocked(fetch).mockClear();
  });

  it('keeps faces first that were fetched on a slow line, as long as they are asked', async () => {
    await startOn(2500);
    // So many are judged at most while one face comes.
    expect(framesAsked()).toEqual([50, 70, 90, 110, 130]);
    desk.queue = of(190, 170, 130, 90, 70, 30);
    await refreshQueue();
    // 110 is asked no longer: somebody has judged it, or the model is sure of it now.
    expect(next()).toEqual([50, 70, 90, 130, 190, 170, 30]);
    const { searchParams } = new URL(asked().at(-1) ?? '', 'http://test');
    expect(searchParams.getAll('keep')).toEqual(
      ['i70', 'i90', 'i110', 'i130'].map((id) => `${id}/clip`),
    );
  });

  it('shows them as the server knows them now, with why they were asked', async () => {
    await startOn(2500);
    const now = queued(70, { item_id: 'new', first_frame: 66, reason: '' });
    desk.queue = [now, ...of(190)];
    await refreshQueue();
    expect(items.value[cursor.value + 1]).toEqual({ ...now, reason: 'low_confidence' });
  });

  it('keeps what was fetched while it was being asked, until the next answer', async () => {
    await startOn(2500);
    desk.queue = of(190, 170, 70, 90, 110, 130);
    const answer = refreshQueue();
    decide(item.value as Item);
    goTo(1);
    await settle();
    expect(framesAsked().at(-1)).toBe(150);
    await answer;
    expect(next()).toEqual([70, 90, 110, 130, 150, 190, 170]);
    desk.queue = of(190, 90);
    await refreshQueue();
    expect(next()).toEqual([70, 90, 190]);
  });

  it('loses no audit that is coming', async () => {
    await start([...of(50, 70, 90, 110, 130, 150), queued(180, { kind: 'audit' })]);
    await vi.advanceTimersByTimeAsync(2500);
    Picture.of(50)?.comes();
    await refreshQueue();
    expect(asked().at(-1)).toContain('i180');
  });

  it('names no assignment as what is to be kept: the server would not take it', async () => {
    const assigned = (frame: number) => queued(frame, { kind: 'assigned' });
    await start([assigned(50), assigned(70), ...of(90, 110)]);
    await vi.advanceTimersByTimeAsync(2500);
    Picture.of(50)?.comes();
    await vi.advanceTimersByTimeAsync(2500);
    for (const frame of framesAsked().slice(1)) Picture.of(frame)?.comes();
    await refreshQueue();
    const { searchParams } = new URL(asked().at(-1) ?? '', 'http://test');
    expect(searchParams.getAll('keep')).toEqual(['i90/clip', 'i110/clip']);
  });

  it('goes on from an assignment that was withdrawn, unless a value was begun', async () => {
    const assigned = (frame: number) => queued(frame, { kind: 'assigned' });
    await start([assigned(50), assigned(70)]);
    desk.queue = [assigned(50), ...of(90)];
    await refreshQueue();
    expect(next()).toEqual([50, 90]);
    draft.value = { ...draft.value, unsure: true };
    desk.queue = of(90);
    await refreshQueue();
    expect(next()).toEqual([50, 90]);
    clearDraft();
    await refreshQueue();
    expect(next()).toEqual([90]);
  });

  it('takes the newest order where a face is there at once', async () => {
    await startOn(20);
    await startOn(20);
    desk.queue = of(190, 170, 90, 70);
    await refreshQueue();
    expect(next()).toEqual([50, 190, 170, 90, 70]);
    expect(asked().at(-1)).not.toContain('keep');
  });

  it('is asked for once at a time, and once more for all who want it meanwhile', async () => {
    await startOn(20);
    vi.mocked(fetch).mockClear();
    const calls = [refreshQueue(), refreshQueue(), refreshQueue()];
    expect(asked()).toHaveLength(1);
    await Promise.all(calls);
    expect(asked()).toHaveLength(2);
  });

  it('leaves out an answer about other videos than are worked on by now', async () => {
    await startOn(20);
    const late = refreshQueue();
    onlyVideo.value = 'clip';
    desk.queue = of(110);
    await loadQueue();
    await late;
    expect(next()).toEqual([110]);
  });
});
