/** What is asked for first when an item comes on the card: slow lines tell. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadQueue } from '../src/state/queue';
import { onlyVideo } from '../src/state/videos';
import { desk, queued, settle, standIn, start } from './desk';

standIn();

/** A picture whose coming a test decides on. */
class Picture {
  static all: Picture[] = [];
  fetchPriority = 'auto';
  onload?: () => void;
  onerror?: () => void;
  src = '';
  constructor() {
    Picture.all.push(this);
  }
}

const framesAsked = () =>
  Picture.all.map(({ src }) => Number(src.match(/frames\/(\d+)\//)?.[1]));

describe('the face to judge', () => {
  beforeEach(() => {
    Picture.all = [];
    vi.stubGlobal('Image', Picture);
  });
  afterEach(() => {
    onlyVideo.value = null;
  });

  it('is asked for alone, and what comes after it once it is there', async () => {
    await start([queued(50), queued(90), queued(130), queued(170)]);
    expect(framesAsked()).toEqual([50]);
    expect(Picture.all[0]?.fetchPriority).toBe('high');
    Picture.all[0]?.onload?.();
    expect(framesAsked()).toEqual([50, 90, 130]);
  });

  it('holds up nothing that comes after it where it cannot be had', async () => {
    await start([queued(50), queued(90)]);
    Picture.all[0]?.onerror?.();
    expect(framesAsked()).toEqual([50, 90]);
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
