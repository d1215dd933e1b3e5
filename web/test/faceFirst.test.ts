/** What is asked for first when an item comes on the card: slow lines tell. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { holdFaces } from '../src/state/faces';
import { followShape } from '../src/state/live';
import { advance, dropPurged, goTo, items, loadQueue } from '../src/state/queue';
import { onlyVideo, purged, videos } from '../src/state/videos';
import { desk, queued, settle, standIn, start } from './desk';
import { framesAsked, Picture, pictures } from './pictures';

standIn();

describe('the face to judge', () => {
  beforeEach(() => {
    pictures();
    holdFaces(() => false);
  });
  afterEach(() => {
    onlyVideo.value = null;
    purged.value = new Set();
  });

  it('is asked for alone, and what comes after it once it is there', async () => {
    await start([queued(50), queued(90), queued(130), queued(170)]);
    expect(framesAsked()).toEqual([50]);
    expect(Picture.all[0]?.fetchPriority).toBe('high');
    Picture.of(50)?.comes();
    expect(framesAsked()).toEqual([50, 90, 130]);
  });

  it('holds up nothing that comes after it where it cannot be had', async () => {
    await start([queued(50), queued(90)]);
    Picture.of(50)?.fails();
    expect(framesAsked()).toEqual([50, 90]);
  });

  it('is asked for once, however often its turn comes', async () => {
    await start([queued(50), queued(90), queued(130), queued(170)]);
    for (const frame of [50, 90, 130]) Picture.of(frame)?.comes();
    advance();
    goTo(1);
    await settle();
    expect(framesAsked()).toEqual([50, 90, 130, 170]);
  });

  it('is asked for again where it could not be had', async () => {
    await start([queued(50), queued(90)]);
    Picture.of(50)?.comes();
    Picture.of(90)?.fails();
    goTo(1);
    expect(framesAsked()).toEqual([50, 90, 90]);
  });

  it('is held no longer than its video is there', async () => {
    await start([queued(50), queued(90, { video_id: 'gone' })]);
    Picture.of(50)?.comes();
    purged.value = new Set(['gone']);
    dropPurged();
    purged.value = new Set();
    items.value = [...items.value, queued(90, { video_id: 'gone' })];
    goTo(1);
    expect(framesAsked()).toEqual([50, 90, 90]);
  });

  it('is held no longer than faces are those that they were', async () => {
    const end = followShape();
    await start([queued(50), queued(90)]);
    Picture.of(50)?.comes();
    const [one] = videos.value;
    const before = videos.value;
    if (one) videos.value = [{ ...one, tracks: [...one.tracks, ...one.tracks] }];
    goTo(1);
    expect(framesAsked()).toEqual([50, 90, 90]);
    end();
    videos.value = before;
  });

  it('waits for one answer of the server, not for two in a row', async () => {
    desk.queue = [queued(50)];
    const asked: string[] = [];
    const answer = vi.mocked(fetch).getMockImplementation();
    vi.mocked(fetch).mockImplementation((address, init) => {
      asked.push(new URL(String(address), 'http://test').pathname);
      return (answer as typeof fetch)(address, init);
    });
    const loading = loadQueue();
    expect(asked).toContain('/api/suggestions');
    expect(asked).toContain('/api/queue');
    await loading;
    await settle();
  });
});
