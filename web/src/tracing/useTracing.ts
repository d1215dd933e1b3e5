/** Live rating: the state of it, and what moves it on. */

import { batch, computed, effect, signal, untracked } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { announce } from '../state/announcements';
import { goToFrame, player, playing, rate, setRate } from '../state/player';
import {
  frame,
  frames,
  isSamePlace,
  type Place,
  place,
  showPlace,
  times,
} from '../state/selection';
import { closeTracing, dropTrace, keepTrace, keptTrace } from '../state/tracing';
import { connectedPad } from './devices/gamepad';
import { after, type Happening, READY, type Step } from './machine';
import { fromHere, options, rated } from './options';
import { longestGap, type Piece, Recorder, worthSending } from './recorder';
import { clearSent, sendPieces } from './sending';
import { at, middle, moved, type Values } from './values';

/** Between two times that a rating under way is kept. */
const KEEP_MS = 3000;
/** An original may begin later than its clock: see `FramePlayer.setTimes`. */
const LATEST_START_S = 0.001;

export const step = signal<Step>(READY);
export const phase = computed(() => step.value.phase);
/** Where the rater stands now. */
export const values = signal<Values>([0]);
/** What has been recorded; it grows in place, so `grown` says when. */
export const recorded = signal<readonly Piece[]>([]);
export const grown = signal(0);
/** What the rating is of, from its start on. */
export const goal = signal<Place | null>(null);
/** Seconds of the video at which it starts and ends. */
export const stretch = signal<readonly [number, number]>([0, 0]);
/** Seconds in the video of the picture on screen. */
export const now = signal(0);
/** Pictures that the browser left out: those were not seen. */
export const dropped = signal(0);
/** Where storage is full, it is on this page only. */
export const unkept = signal(false);
export const paused = computed(() => phase.value === 'rating' && !playing.value);

let recorder = new Recorder();
let ids: string[] = [];
let start = 0;
let active_ms = 0;
let rateBefore = 1;
let timer: ReturnType<typeof setInterval> | undefined;
let stopRating: (() => void) | null = null;

function happens(what: Happening): boolean {
  const before = step.value;
  step.value = after(before, what);
  return step.value !== before;
}

/** The frame that a rating of the face on screen would start at. */
function firstFrame(): number {
  return fromHere.value ? frame.value : (frames.value[0] ?? 0);
}

/** Why it cannot start: key of a string; null if it can. */
export const obstacle = computed<string | null>(() => {
  if (!place.value || rated.value.length === 0) return 'tracing.noFace';
  if (!player.value || times.value.length === 0) return 'tracing.noVideo';
  return null;
});

export function begin(): void {
  if (obstacle.value !== null) {
    announce('warning', obstacle.value);
    return;
  }
  if (options.value.device === 'gamepad' && !connectedPad()) {
    announce('warning', 'tracing.noPad');
    return;
  }
  if (happens(phase.value === 'review' ? 'again' : 'start')) countDown();
}

function countDown(): void {
  clearSent();
  dropTrace();
  batch(() => {
    start = firstFrame();
    goal.value = place.value;
    const last = frames.value.at(-1) ?? times.value.length - 1;
    const first = times.value[start] ?? 0;
    stretch.value = [first, Math.max(first, times.value[last] ?? 0)];
    now.value = first;
    values.value = middle(rated.value.length);
    recorder = new Recorder(longestGap(times.value));
    recorded.value = recorder.pieces;
    dropped.value = 0;
    rateBefore = rate.value;
    setRate(options.value.speed);
    goToFrame(start);
  });
  ids = [];
  active_ms = 0;
  clearInterval(timer);
  timer = setInterval(() => {
    happens('second');
    if (phase.value === 'rating') play();
  }, 1000);
}

/** Does not wait for the rest of the countdown. */
export function beginNow(): void {
  if (phase.value === 'countdown' && happens('now')) play();
}

function play(): void {
  clearInterval(timer);
  const on = player.value;
  if (!on) {
    end();
    return;
  }
  stopRating = record(on.video);
  on.play().catch(() => {
    announce('warning', 'tracing.noPlay');
    end();
  });
}

export function togglePause(): void {
  const on = player.value;
  if (phase.value !== 'rating' || !on) return;
  if (on.playing) on.pause();
  else on.play().catch(() => announce('warning', 'tracing.noPlay'));
}

/** Follows the pictures of the video, and what makes it stand or jump. */
function record(video: HTMLVideoElement): () => void {
  const first = times.value[0] ?? 0;
  const offset = first > LATEST_START_S ? first : 0;
  const stop = new AbortController();
  const on = (name: string, then: () => void) =>
    video.addEventListener(name, then, { signal: stop.signal });
  const droppedBefore = video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
  let handle = 0;
  let since: number | null = null;
  let keptAt = performance.now();
  const spend = () => {
    if (since !== null) active_ms += performance.now() - since;
    since = null;
  };
  const watch = () => {
    handle = video.requestVideoFrameCallback((_now, { mediaTime }) => {
      watch();
      const time_s = mediaTime + offset;
      take(video, time_s);
      const quality = video.getVideoPlaybackQuality?.();
      dropped.value = (quality?.droppedVideoFrames ?? droppedBefore) - droppedBefore;
      if (performance.now() - keptAt > KEEP_MS) {
        keptAt = performance.now();
        keep();
      }
      if (time_s >= stretch.value[1]) end();
    });
  };
  watch();
  on('playing', () => {
    since = performance.now();
  });
  on('pause', () => {
    spend();
    recorder.cut();
    keep();
  });
  on('seeking', () => recorder.cut());
  on('ended', end);
  on('error', end);
  const hide = () => document.visibilityState === 'hidden' && video.pause();
  document.addEventListener('visibilitychange', hide, { signal: stop.signal });
  return () => {
    spend();
    stop.abort();
    video.cancelVideoFrameCallback?.(handle);
  };
}

/** One sample, if the video moves. */
function take(video: HTMLVideoElement, time_s: number): void {
  if (phase.value !== 'rating' || video.paused || video.seeking) return;
  batch(() => {
    recorder.sample(time_s, values.value);
    now.value = time_s;
    grown.value += 1;
  });
}

/** What a device says: a value now, at whatever the video shows now. */
export function give(given: Values): void {
  values.value = at(given, options.value.mode);
  const video = player.value?.video;
  if (phase.value !== 'rating' || !video) return;
  const first = times.value[0] ?? 0;
  take(video, video.currentTime + (first > LATEST_START_S ? first : 0));
}

export const giveMove = (by: Values) =>
  give(moved(values.value, by, options.value.mode));

/** Keeps what is not sent yet; what was sent is the outbox's. */
function keep(): void {
  if (phase.value !== 'rating' && phase.value !== 'review') return;
  const pieces = worthSending(recorder.pieces);
  const of = goal.value;
  if (!of || pieces.length === 0) return;
  while (ids.length < pieces.length) ids.push(crypto.randomUUID());
  unkept.value = !keepTrace({
    at: Date.now(),
    place: of,
    frame: start,
    dimensions: rated.value.map(({ name }) => name),
    mode: options.value.mode,
    device: options.value.device,
    speed: options.value.speed,
    active_s: Math.round(active_ms / 100) / 10,
    pieces,
    client_ids: ids,
  });
}

/** The rating is over, or the countdown is called off. */
export function end(): void {
  clearInterval(timer);
  stopRating?.();
  stopRating = null;
  player.value?.pause();
  if (phase.value === 'countdown' || phase.value === 'rating') setRate(rateBefore);
  if (phase.value !== 'rating') {
    happens('end');
    return;
  }
  const pieces = worthSending(recorder.pieces);
  batch(() => {
    recorded.value = pieces;
    grown.value += 1;
    happens(pieces.length > 0 ? 'end' : 'empty');
  });
  if (pieces.length === 0) announce('info', 'tracing.tooShort');
  keep();
}

/** A rating of before the page was left: to be looked at, and sent or not. */
function takeUp(): void {
  const kept = keptTrace();
  if (!kept || !happens('found')) return;
  batch(() => {
    ids = kept.client_ids;
    start = kept.frame;
    active_ms = kept.active_s * 1000;
    recorder = new Recorder(undefined, kept.pieces);
    options.value = {
      device: kept.device,
      mode: kept.mode,
      speed: kept.speed,
      rated: kept.dimensions,
    };
    goal.value = kept.place;
    recorded.value = kept.pieces;
    const [first, last] = [kept.pieces[0], kept.pieces.at(-1)];
    stretch.value = [first?.time_s[0] ?? 0, last?.time_s.at(-1) ?? 0];
    showPlace(kept.place, kept.frame);
  });
}

export function send(): void {
  const of = goal.value;
  if (!of || !happens('send')) return;
  const pieces = worthSending(recorder.pieces);
  sendPieces(pieces, ids, {
    place: of,
    ...options.value,
    rated: rated.value,
    active_s: Math.round(active_ms / 100) / 10,
  });
  // From here on the outbox keeps it.
  dropTrace();
  unkept.value = false;
}

export function discard(): void {
  if (!happens('discard')) return;
  dropTrace();
  clearSent();
  unkept.value = false;
  recorder = new Recorder();
  recorded.value = recorder.pieces;
}

/** Leaves live rating; what is not sent is kept and comes up again. */
export function leave(): void {
  end();
  if (phase.value === 'sent') discard();
  closeTracing();
}

/** Takes up what was left, and stops for whatever ends a rating. */
export function useTracing(): void {
  useEffect(() => {
    if (phase.value === 'review' && goal.value) {
      // Put off, and maybe only on this page.
      showPlace(goal.value, start);
    } else {
      step.value = READY;
      values.value = middle(rated.value.length);
      takeUp();
    }
    const follow = effect(() => {
      const other = goal.value !== null && !isSamePlace(goal.value, place.value);
      const gone = player.value === null;
      const isUnderWay = phase.value === 'countdown' || phase.value === 'rating';
      if (isUnderWay && (other || gone)) untracked(end);
    });
    const lost = (event: Event) => unkept.value && event.preventDefault();
    const leaving = () => keep();
    addEventListener('beforeunload', lost);
    addEventListener('pagehide', leaving);
    return () => {
      follow();
      removeEventListener('beforeunload', lost);
      removeEventListener('pagehide', leaving);
      end();
    };
  }, []);
}
