/** Answers that break off. */

import { afterEach, expect, it, vi } from 'vitest';
import { getTimes, getVideos, jsonOf, OfflineError } from '../src/api/client';

afterEach(() => vi.unstubAllGlobals());

/** The head of an answer came, and its body did not. */
const broken = () =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.error(new TypeError('network error')),
    }),
  );

it('are as good as none: to be asked again', async () => {
  await expect(jsonOf(new Response('{"event_id": 1'))).rejects.toThrow(OfflineError);
  vi.stubGlobal('fetch', async () => broken());
  await expect(getVideos()).rejects.toThrow(OfflineError);
  await expect(getTimes('a.mp4')).rejects.toThrow(OfflineError);
});
