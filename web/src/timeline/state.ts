/** What the timeline draws, worked out from what it is given; old parts are kept. */

import type { EstimateArrays, Item, Label } from '../api/types';
import { type Counts, countStates, originsWith } from './coverage';
import { type Marks, marksOf } from './marks';
import { type Blind, type Sight, type Source, sightOf, sourceOf } from './slice';
import { firstAtLeast, type Limits, limitsOf, type Stretch } from './window';

/** First and last frame of a stretch of the video. */
export interface Frames {
  first: number;
  last: number;
}

export interface Shown {
  /** Seconds of each frame of the video. */
  times: Float64Array;
  /** Frame numbers of the track, ascending. */
  frames: Int32Array;
  estimate: EstimateArrays | null;
  /** Labels in force on this track. */
  labels: readonly Label[];
  threshold: number;
  item: Item | null;
  /** Frames on which the model must not be shown. */
  hidden: Frames | null;
  span: Frames | null;
}

export interface Derived {
  readonly limits: Limits;
  readonly sight: Sight;
  readonly source: Source | null;
  readonly counts: Counts;
  readonly marks: Marks;
  readonly item: (Stretch & { readonly at: number }) | null;
  readonly blind: Blind | null;
  readonly blindTime: Stretch | null;
  readonly span: Stretch | null;
}

/** Seconds of a frame of the video; frames outside of it count as its nearest. */
export function timeOf(times: Float64Array, frame: number): number {
  return times[Math.min(Math.max(frame, 0), times.length - 1)] ?? 0;
}

/** Seconds of the first and the last frame. */
export function stretchOf(times: Float64Array, frames: Frames): Stretch {
  return { start: timeOf(times, frames.first), end: timeOf(times, frames.last) };
}

function itemOf(times: Float64Array, item: Item | null): Derived['item'] {
  if (!item) return null;
  return {
    ...stretchOf(times, { first: item.first_frame, last: item.last_frame }),
    at: timeOf(times, item.frame),
  };
}

function blindOf(frames: Int32Array, hidden: Frames | null): Blind | null {
  return (
    hidden && {
      from: firstAtLeast(frames, hidden.first),
      to: firstAtLeast(frames, hidden.last + 1),
    }
  );
}

/**
 * The estimate, if it has a value for each frame: while a repaired track is fetched again, its
 * faces and its estimate may not belong together.
 */
export function fitting({
  estimate,
  frames,
}: Pick<Shown, 'estimate' | 'frames'>): EstimateArrays | null {
  return estimate?.valence.length === frames.length ? estimate : null;
}

/** @param last what was shown before, and what came of it; unchanged parts are not redone */
export function derive(
  shown: Shown,
  last: { shown: Shown; derived: Derived } | null,
): Derived {
  const same = (...keys: (keyof Shown)[]) =>
    keys.every((key) => last?.shown[key] === shown[key]) ? last?.derived : undefined;
  const { times, frames, labels, threshold } = shown;
  const estimate = fitting(shown);
  const sight = same('times', 'frames')?.sight ?? sightOf(times, frames);
  const source = same('times', 'frames', 'estimate')?.source;
  return {
    limits: same('times')?.limits ?? limitsOf(times),
    sight,
    source: source ?? (estimate && sourceOf(sight, estimate)),
    counts:
      same('frames', 'estimate', 'labels', 'threshold')?.counts ??
      countStates(
        originsWith(frames, estimate?.origin ?? null, labels),
        estimate?.confidence ?? null,
        threshold,
      ),
    marks: same('labels', 'times')?.marks ?? marksOf(labels, times),
    item: itemOf(times, shown.item),
    blind: blindOf(frames, shown.hidden),
    blindTime: shown.hidden && stretchOf(times, shown.hidden),
    span: shown.span && stretchOf(times, shown.span),
  };
}
