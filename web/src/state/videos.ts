/** The videos of the project and their faces. */

import { batch, signal } from '@preact/signals';
import { getVideos } from '../api/client';
import type { Track, Video } from '../api/types';
import { inTurn } from '../lib/timing';

export const videos = signal<Video[]>([]);
/** Work on this video only; null = on all. */
export const onlyVideo = signal<string | null>(null);
/** Names of videos that were here and are no more: nothing of a purged one is shown. */
export const purged = signal<ReadonlySet<string>>(new Set());

export const loadVideos = inTurn(async () => {
  const found = await getVideos();
  const names = new Set(found.map((v) => v.video_id));
  const known = [...purged.value, ...videos.value.map((v) => v.video_id)];
  const lost = new Set(known.filter((name) => !names.has(name)));
  const isSame =
    lost.size === purged.value.size && [...lost].every((n) => purged.value.has(n));
  batch(() => {
    videos.value = found;
    if (!isSame) purged.value = lost;
  });
});

export function videoOf(video_id: string | undefined): Video | undefined {
  return videos.value.find((v) => v.video_id === video_id);
}

export function trackOf(
  video_id: string | undefined,
  track_id: number | undefined,
): Track | undefined {
  return videoOf(video_id)?.tracks.find((track) => track.track_id === track_id);
}

/** The face to start with: the one with most to do, else the longest. */
export function mainTrack(video: Video): Track | undefined {
  const open = video.tracks.filter((track) => !track.ignored);
  const pending = (track: Track) => track.n_pending ?? 0;
  return open.sort((a, b) => pending(b) - pending(a) || b.n_frames - a.n_frames)[0];
}
