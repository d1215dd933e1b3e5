import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Video } from '../src/api/types';
import { tabName } from '../src/lib/tab';
import { session } from '../src/state/session';
import {
  dropTrace,
  type KeptTrace,
  keepTrace,
  keptTrace,
  restoreTrace,
  tracing,
} from '../src/state/tracing';
import { videos } from '../src/state/videos';
import { DEFAULT_SCHEMA, sessionWith } from './labelSchema';
import { MemoryStorage } from './storage';

const KEPT: KeptTrace = {
  at: 1,
  place: { video_id: 'clip', track_id: 0 },
  frame: 3,
  dimensions: ['valence'],
  mode: 'bounded',
  device: 'keys',
  speed: 1,
  active_s: 2,
  pieces: [{ time_s: [0, 2], value: [[0], [0.5]] }],
  client_ids: ['c0ffee00'],
};
const OWNER = `feltline.trace/${encodeURIComponent('p@f/mika')}/`;

beforeEach(() => {
  localStorage.clear();
  tracing.value = false;
  session.value = sessionWith(DEFAULT_SCHEMA);
  videos.value = [
    { video_id: 'clip', tracks: [{ track_id: 0, ignored: false }] } as Video,
  ];
});

describe('a rating that is not sent', () => {
  it('comes up again in its tab, until it is dropped', () => {
    expect(keepTrace(KEPT)).toBe(true);
    restoreTrace();
    expect(tracing.value).toBe(true);
    expect(keptTrace()).toEqual(KEPT);
    dropTrace();
    tracing.value = false;
    restoreTrace();
    expect(tracing.value).toBe(false);
  });

  it('is taken up from a tab that is no more, never from one that is open', () => {
    localStorage.setItem(`${OWNER}other`, JSON.stringify(KEPT));
    restoreTrace(new Set(['other']));
    expect([tracing.value, keptTrace()]).toEqual([false, null]);
    restoreTrace();
    expect([tracing.value, keptTrace()]).toEqual([true, KEPT]);
    expect(localStorage.getItem(`${OWNER}other`)).toBeNull();
    expect(localStorage.getItem(OWNER + tabName())).not.toBeNull();
  });

  it('is nobody else’s, and not shown where its face is gone', () => {
    keepTrace(KEPT);
    session.value = { ...sessionWith(DEFAULT_SCHEMA), rater: 'ben' };
    restoreTrace();
    expect(tracing.value).toBe(false);
    session.value = sessionWith(DEFAULT_SCHEMA);
    videos.value = [];
    restoreTrace();
    expect(tracing.value).toBe(false);
  });

  it('says where there is no room for it', () => {
    const full = new MemoryStorage();
    full.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    const { localStorage: before } = globalThis;
    vi.stubGlobal('localStorage', full);
    expect(keepTrace(KEPT)).toBe(false);
    vi.stubGlobal('localStorage', before);
  });
});
