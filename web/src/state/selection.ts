/** What is on screen: video, face, frame, and what is known of them. */

import { batch, computed, effect, signal } from '@preact/signals';
import {
  ApiError,
  getFaces,
  getJudgements,
  getLookedAt,
  getPredictions,
  getTimes,
  OfflineError,
} from '../api/client';
import type { Faces, Judgement, PredictionArrays } from '../api/types';
import { sentenceOf } from '../i18n/faults';
import { Cache } from '../lib/cache';
import { clamp, heldIndex } from '../lib/geometry';
import { inTurn } from '../lib/timing';
import { announce } from './announcements';
import { threshold } from './session';
import { mainTrack, purged, trackOf, videoOf } from './videos';

export interface Place {
  video_id: string;
  track_id: number;
}

const NO_TIMES = new Float64Array();
const NO_FRAMES = new Int32Array();

export const place = signal<Place | null>(null);
export const video = computed(() => videoOf(place.value?.video_id));
export const track = computed(() =>
  trackOf(place.value?.video_id, place.value?.track_id),
);
/** The threshold in force in the video: an audit may have raised it there. */
export const thresholdHere = computed(() => video.value?.threshold ?? threshold.value);
/** Seconds of each frame of the video, by frame number. */
export const times = signal<Float64Array>(NO_TIMES);
export const faces = signal<Faces | null>(null);
export const frames = computed(() => faces.value?.frame ?? NO_FRAMES);
/** Frames of the video that were searched for faces; empty until they are known. */
export const lookedAt = signal<Int32Array>(NO_FRAMES);
/** Position in `frames` of what stands for a frame of the video, or -1. */
export const indexAt = (at: number) => heldIndex(frames.value, lookedAt.value, at);
/** The curves of the face, with the judgements that the server has laid over them. */
export const prediction = signal<PredictionArrays | null>(null);
/** Judgements in force of the video, as the server knows them. */
export const serverJudgements = signal<Judgement[]>([]);
/** Judgements of this page that no prediction on screen holds yet. */
export const freshJudgements = signal<Judgement[]>([]);
/** The frame that was asked for; while playing, the one that is shown. */
export const frame = signal(0);
/** The frame that is on screen; -1 = none of this video yet. */
export const shown = signal(0);

const trackKey = (at: Place) => `${at.video_id}/${at.track_id}`;
const placeOf = (key: string): Place => ({
  video_id: key.slice(0, key.lastIndexOf('/')),
  track_id: Number(key.slice(key.lastIndexOf('/') + 1)),
});

const timesCache = new Cache(getTimes, 40);
const lookedAtCache = new Cache(getLookedAt, 40);
const judgementsCache = new Cache(getJudgements, 20);
const facesCache = new Cache((key) => {
  const at = placeOf(key);
  return getFaces(at.video_id, at.track_id);
}, 40);
const predictionCache = new Cache((key) => {
  const at = placeOf(key);
  return getPredictions(at.video_id, at.track_id);
}, 40);

export const timesOf = (video_id: string) => timesCache.get(video_id);
export const facesOf = (at: Place) => facesCache.get(trackKey(at));
export const judgementsOf = (video_id: string) => judgementsCache.get(video_id);

export const isSamePlace = (a: Place | null, b: Place | null) =>
  a !== null && a.video_id === b?.video_id && a.track_id === b.track_id;

/** Fetches what showing this face takes, and keeps it. */
export function prefetch(at: Place): void {
  // What is on screen is loaded already, and its curves are when there are others.
  if (isSamePlace(at, place.value)) return;
  const key = trackKey(at);
  for (const wanted of [
    timesCache.get(at.video_id),
    lookedAtCache.get(at.video_id),
    judgementsCache.get(at.video_id),
    facesCache.get(key),
    predictionCache.get(key),
  ]) {
    // What fails ahead of time is fetched again, and announced, when it is shown.
    wanted.catch(() => undefined);
  }
}

/** Shows a frame of a face; what was prefetched is there at once. */
export function showPlace(at: Place, wanted: number): void {
  batch(() => {
    if (!isSamePlace(place.value, at)) {
      const key = trackKey(at);
      if (place.value?.video_id !== at.video_id) shown.value = -1;
      place.value = { video_id: at.video_id, track_id: at.track_id };
      times.value = timesCache.peek(at.video_id) ?? NO_TIMES;
      lookedAt.value = lookedAtCache.peek(at.video_id) ?? NO_FRAMES;
      faces.value = facesCache.peek(key) ?? null;
      prediction.value = predictionCache.peek(key) ?? null;
      serverJudgements.value = judgementsCache.peek(at.video_id) ?? [];
      void load(at);
    }
    frame.value = wanted;
  });
}

/** There is no face to show; one that is ignored can still be restored. */
export function showNothing(ignored: Place | null): void {
  batch(() => {
    place.value = ignored;
    times.value = NO_TIMES;
    lookedAt.value = NO_FRAMES;
    faces.value = null;
    prediction.value = null;
    serverJudgements.value = [];
    frame.value = 0;
  });
}

/** A video whose proxy video is being made has no times yet. */
async function timesOrNone(video_id: string): Promise<Float64Array> {
  try {
    return await timesCache.get(video_id);
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return NO_TIMES;
    throw error;
  }
}

/** Once there is another file to play, its times are others too. */
export function followProxy(): () => void {
  let before: string | null = null;
  return effect(() => {
    const now = video.value && `${video.value.video_id} ${video.value.playback}`;
    const at = place.peek();
    const other = before !== null && now !== before && at !== null;
    const sameVideo = before?.startsWith(`${at?.video_id} `);
    before = now ?? null;
    if (!other || !sameVideo) return;
    timesCache.drop(at.video_id);
    void load(at);
  });
}

async function load(at: Place): Promise<void> {
  const key = trackKey(at);
  const put = async <T>(wanted: Promise<T>, take: (value: T) => void) => {
    const value = await wanted;
    if (isSamePlace(place.value, at)) take(value);
  };
  try {
    await Promise.all([
      put(timesOrNone(at.video_id), (value) => {
        times.value = value;
      }),
      put(lookedAtCache.get(at.video_id), (value) => {
        lookedAt.value = value;
      }),
      put(facesCache.get(key), (value) => {
        faces.value = value;
      }),
      show(at, predictionCache.get(key)),
      put(judgementsCache.get(at.video_id), (value) => {
        serverJudgements.value = value;
      }),
    ]);
  } catch (error) {
    if (purged.value.has(at.video_id)) return;
    if (error instanceof OfflineError) {
      announce('warning', 'notice.loadOffline', { video: at.video_id });
      return;
    }
    announce('error', 'notice.loadFailed', {
      video: at.video_id,
      why: sentenceOf(error),
    });
  }
}

/** Puts curves on screen; the server has laid over them what it had when it was asked. */
async function show(
  at: Place,
  wanted: Promise<PredictionArrays | null>,
): Promise<void> {
  const asked = new Set(freshJudgements.value);
  const found = await wanted;
  batch(() => {
    freshJudgements.value = freshJudgements.value.filter(
      (one) => !(asked.has(one) && isSamePlace(one, at)),
    );
    if (isSamePlace(place.value, at)) prediction.value = found;
  });
}

/** There is a new prediction: fetch the curves again, moving those on screen. */
export async function reloadPredictions(
  video_id: string,
  track_ids: number[],
): Promise<void> {
  for (const track_id of track_ids)
    predictionCache.drop(trackKey({ video_id, track_id }));
  const at = place.value;
  if (at?.video_id !== video_id || !track_ids.includes(at.track_id)) return;
  stale = at;
  await showAnew();
}

/** What stands in frames may be something else everywhere. */
export async function forgetPredictions(): Promise<void> {
  predictionCache.dropAll();
  const at = place.value;
  if (at) await reloadPredictions(at.video_id, [at.track_id]);
}

/** The face on screen whose curves are to be fetched again. */
let stale: Place | null = null;
const showAnew = inTurn(async () => {
  const at = stale;
  stale = null;
  if (at && isSamePlace(at, place.value)) {
    await show(at, predictionCache.get(trackKey(at)));
  }
});

export async function reloadJudgements(): Promise<void> {
  judgementsCache.dropAll();
  const at = place.value;
  if (!at) return;
  const fresh = await judgementsCache.get(at.video_id);
  const inForce = new Set(fresh.map((one) => one.event_id));
  batch(() => {
    // What was undone meanwhile must not stay painted until the next prediction.
    freshJudgements.value = freshJudgements.value.filter(
      (one) => one.video_id !== at.video_id || inForce.has(one.event_id),
    );
    if (place.value?.video_id === at.video_id) serverJudgements.value = fresh;
  });
}

/** Tracks were split, merged or ignored: nothing that is kept of faces holds. */
export async function reloadTracks(): Promise<void> {
  facesCache.dropAll();
  predictionCache.dropAll();
  const at = place.value;
  if (!at) return;
  const now = track.value;
  const other = video.value && mainTrack(video.value);
  if ((!now || now.ignored) && other) {
    // The face on screen is gone: another one of the video takes its place.
    showPlace({ video_id: at.video_id, track_id: other.track_id }, frame.value);
  } else if (!now || now.ignored) {
    showNothing(video.value ? at : null);
  } else {
    await load(at);
  }
}

/** Videos were purged: nothing of them stays on screen or in memory. */
export function forgetPurged(): void {
  for (const cache of [timesCache, lookedAtCache, judgementsCache]) cache.dropAll();
  for (const cache of [facesCache, predictionCache]) cache.dropAll();
  batch(() => {
    freshJudgements.value = freshJudgements.value.filter(
      (one) => !purged.value.has(one.video_id),
    );
    if (purged.value.has(place.value?.video_id ?? '')) showNothing(null);
  });
}

/** A judgement that the server has just taken. */
export function addJudgement(one: Judgement): void {
  const add = (known: Judgement[]) =>
    known.some((k) => k.event_id === one.event_id) ? known : [...known, one];
  freshJudgements.value = [...freshJudgements.value, one];
  judgementsCache.replace(one.video_id, add);
  if (one.video_id === place.value?.video_id) {
    serverJudgements.value = add(serverJudgements.value);
  }
}

export const lastFrame = computed(() =>
  Math.max(0, (times.value.length || (video.value?.n_frames ?? 1)) - 1),
);

/** Goes to a frame of the video on screen. */
export function seek(wanted: number): void {
  frame.value = clamp(Math.round(wanted), 0, lastFrame.value);
}
