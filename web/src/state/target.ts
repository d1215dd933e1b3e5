/** What the next judgement goes to: a frame, a span or the whole clip of a face. */

import { computed, signal } from '@preact/signals';
import type { Scope } from '../api/types';
import { nearestSample } from '../lib/geometry';
import { scope, spanMarks } from './draftValue';
import { activeItem, hidden, item } from './queue';
import {
  frame,
  frames,
  isSamePlace,
  lookedAt,
  type Place,
  place,
  times,
  track,
} from './selection';

export interface Span {
  first: number;
  last: number;
}

export interface Target extends Span {
  video_id: string;
  track_id: number;
  scope: Scope;
}

/** Where the draft was started. */
export const draftPlace = signal<(Place & { frame: number }) | null>(null);

/** The frame that a draft is about: the item's, or the one on screen. */
export const anchor = computed(
  () => activeItem.value?.frame ?? draftPlace.value?.frame ?? frame.value,
);

/** Where frames were sampled, the nearest one that was looked at; else the frame itself. */
const sampleAt = (at: number) => nearestSample(frames.value, lookedAt.value, at);

/** The frame that is judged: where frames were sampled, the nearest that was looked at. */
export const targetFrame = computed(() =>
  activeItem.value ? anchor.value : (sampleAt(anchor.value) ?? anchor.value),
);

/** Names the frame that values go to. */
export const draftKey = computed(() => {
  const at = place.value;
  return at && `${at.video_id}/${at.track_id}/${anchor.value}`;
});

/** True if another face or item came on screen under the draft. */
export const isAwayFromItem = computed(() => {
  const began = draftPlace.value;
  if (began === null) return false;
  return !isSamePlace(began, place.value) || began.frame !== anchor.value;
});

/** The marked span, or the item's frames while nothing is marked. */
export const span = computed<Span | null>(() => {
  const { start, end } = spanMarks.value;
  if (start !== null && end !== null) {
    return { first: Math.min(start, end), last: Math.max(start, end) };
  }
  if (start !== null || end !== null) return null;
  const on = activeItem.value;
  return on && on.last_frame > on.first_frame
    ? { first: on.first_frame, last: on.last_frame }
    : null;
});

export const target = computed<Target | null>(() => {
  const at = place.value;
  if (!at) return null;
  // The face of the item may have been left out just now.
  if (activeItem.value && !isSamePlace(at, activeItem.value)) return null;
  const goal = { video_id: at.video_id, track_id: at.track_id, scope: scope.value };
  if (scope.value === 'clip') {
    const whole = track.value;
    if (!whole) return null;
    return { ...goal, first: whole.first_frame, last: whole.last_frame };
  }
  if (scope.value === 'span') return span.value && { ...goal, ...span.value };
  const one = activeItem.value ? anchor.value : sampleAt(anchor.value);
  return one === null ? null : { ...goal, first: one, last: one };
});

/** Seconds around a blind item in which its value could be read off the curve. */
const BLIND_S = 1.5;

/** Frames whose predictions and judgements are hidden just now. */
export const blindSpan = computed<Span | null>(() => {
  const on = item.value;
  if (!hidden.value || !on || !isSamePlace(on, place.value)) return null;
  const start = (times.value[on.first_frame] ?? on.time_s) - BLIND_S;
  const end = (times.value[on.last_frame] ?? on.time_s) + BLIND_S;
  let first = on.first_frame;
  let last = on.last_frame;
  while (first > 0 && (times.value[first - 1] ?? -1) >= start) first -= 1;
  while (last + 1 < times.value.length && (times.value[last + 1] ?? 0) <= end) {
    last += 1;
  }
  return { first, last };
});

export const isBlind = (at: number) =>
  blindSpan.value !== null && at >= blindSpan.value.first && at <= blindSpan.value.last;
