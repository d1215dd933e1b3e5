/** Playing, pausing and stepping; the video element itself is driven by `FramePlayer`. */

import { signal } from '@preact/signals';
import type { FramePlayer } from '../lib/framePlayer';
import { frameAt, lowerBound } from '../lib/geometry';
import { hasValue } from '../lib/value';
import { trackJudgements } from './changes';
import { frame, lastFrame, seek, shown, times, video } from './selection';

export const RATES: readonly number[] = [0.5, 0.75, 1, 1.5, 2, 4];
const STORED_MUTED = 'feltline.muted';

export const playing = signal(false);
export const rate = signal(1);
export const muted = signal(localStorage.getItem(STORED_MUTED) === 'yes');

/** The player of the video on screen; null while there is none to play. */
export const player = signal<FramePlayer | null>(null);

export function togglePlay(): void {
  const on = player.value;
  if (!on) return;
  if (on.playing) on.pause();
  // The browser may refuse to play before the first click or key on the page.
  else void on.play().catch(() => undefined);
}

/** The frame on screen as the player reports it. */
export function reportShown(at: number, settled: boolean): void {
  shown.value = at;
  if (settled) frame.value = at;
}

/** Lets a browser test measure how long a frame takes to come on screen. */
export function markShown(at: number): void {
  performance.mark('feltline:frame-shown', { detail: { frame: at } });
}

/** Stops and goes to a frame. */
export function goToFrame(at: number): void {
  player.value?.pause();
  seek(at);
}

export const stepFrames = (by: number) => goToFrame(frame.value + by);

export function stepSeconds(by: number): void {
  const now = times.value[frame.value];
  if (now !== undefined) goToFrame(frameAt(times.value, Math.max(0, now + by)));
  // While the times are on their way: a key that is lost would change what the next one
  // is about, the end of a span for one.
  else if (video.value?.duration_s) {
    const { n_frames, duration_s } = video.value;
    stepFrames(Math.round((by * n_frames) / duration_s));
  }
}

export const toFirst = () => goToFrame(0);
export const toLast = () => goToFrame(lastFrame.value);

/** The nearest frame before (-1) or after (1) this one that a person has judged. */
export function toLabelled(direction: -1 | 1): void {
  const marked = Int32Array.from(
    new Set(
      trackJudgements.value
        .filter((one) => one.scope !== 'clip')
        .filter((one) => hasValue(one.value) || one.expression !== null)
        .map((one) => one.first_frame),
    ),
  ).sort();
  const here = frame.value;
  const at =
    direction > 0
      ? marked[lowerBound(marked, here + 1)]
      : marked[lowerBound(marked, here) - 1];
  if (at !== undefined) goToFrame(at);
}

export function changeRate(direction: -1 | 1): void {
  const at = RATES.indexOf(rate.value);
  setRate(RATES[at + direction] ?? rate.value);
}

export function setRate(wanted: number): void {
  rate.value = wanted;
}

export function toggleMuted(): void {
  muted.value = !muted.value;
  localStorage.setItem(STORED_MUTED, muted.value ? 'yes' : 'no');
}
