/** What the timeline draws, derived from its properties; unchanged parts are kept. */

import type { Dimension, Item, Judgement, PredictionArrays } from '../api/types';
import { lowerBound } from '../lib/geometry';
import { dimmed, type Filter } from '../state/filter';
import { type Counts, countStates, type Sources, sourcesWith } from './coverage';
import { type Marks, marksOf } from './marks';
import {
  type Blind,
  type Source,
  sourceOf,
  type TrackTimes,
  trackTimesOf,
} from './slice';
import { type Limits, limitsOf, type Stretch } from './window';

/** First and last frame of a stretch of the video. */
export interface Frames {
  first: number;
  last: number;
}

export interface Shown {
  dimensions: readonly Dimension[];
  /** Seconds of each frame of the video. */
  times: Float64Array;
  /** Frame numbers of the track, ascending. */
  frames: Int32Array;
  prediction: PredictionArrays | null;
  /** Judgements in force on this track that may be seen: all of them are drawn. */
  judgements: readonly Judgement[];
  /** Of these, those that the prediction does not hold yet. */
  pending: readonly Judgement[];
  threshold: number;
  item: Item | null;
  /** Frames on which the model must not be shown. */
  hidden: Frames | null;
  span: Frames | null;
  /** What does not fit is dimmed. */
  filter: Filter;
  /** Whom the track shows; empty = nobody named. */
  person: string;
}

export interface Derived {
  readonly limits: Limits;
  readonly track: TrackTimes;
  readonly source: Source | null;
  readonly sources: Sources;
  readonly counts: Counts;
  readonly marks: Marks;
  readonly item: (Stretch & { readonly at: number }) | null;
  readonly blind: Blind | null;
  readonly blindTime: Stretch | null;
  readonly span: Stretch | null;
  /** Stretches that do not fit the filter. */
  readonly dim: readonly Stretch[];
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
      from: lowerBound(frames, hidden.first),
      to: lowerBound(frames, hidden.last + 1),
    }
  );
}

/**
 * The prediction, if it has a value for each frame: while an edited track is fetched again,
 * its faces and its prediction may not belong together.
 */
export function fitting({
  prediction,
  frames,
}: Pick<Shown, 'prediction' | 'frames'>): PredictionArrays | null {
  return prediction?.confidence.length === frames.length ? prediction : null;
}

/** @param last what was shown before, and what came of it; unchanged parts are not redone */
export function derive(
  shown: Shown,
  last: { shown: Shown; derived: Derived } | null,
): Derived {
  const same = (...keys: (keyof Shown)[]) =>
    keys.every((key) => last?.shown[key] === shown[key]) ? last?.derived : undefined;
  const { dimensions, times, frames, judgements, pending, threshold } = shown;
  const prediction = fitting(shown);
  const track = same('times', 'frames')?.track ?? trackTimesOf(times, frames);
  const source = same('times', 'frames', 'prediction')?.source;
  const sources =
    same('frames', 'prediction', 'pending')?.sources ??
    sourcesWith(frames, prediction && sentSources(prediction), pending);
  return {
    limits: same('times')?.limits ?? limitsOf(times),
    track,
    source: source ?? (prediction && sourceOf(track, prediction)),
    sources,
    counts:
      same('frames', 'prediction', 'pending', 'threshold')?.counts ??
      countStates(sources.value, prediction?.confidence ?? null, threshold),
    marks:
      same('judgements', 'times', 'frames')?.marks ??
      marksOf(judgements, times, frames, dimensions.length),
    item: itemOf(times, shown.item),
    blind: blindOf(frames, shown.hidden),
    blindTime: shown.hidden && stretchOf(times, shown.hidden),
    span: shown.span && stretchOf(times, shown.span),
    dim:
      same(
        ...(['times', 'frames', 'prediction', 'pending', 'threshold'] as const),
        ...(['judgements', 'filter', 'person'] as const),
      )?.dim ??
      dimmed(
        {
          ...{ frames, threshold, judgements, person: shown.person },
          time: track.time,
          source: sources.value,
          confidence: prediction?.confidence ?? null,
        },
        shown.filter,
      ),
  };
}

const sentSources = (prediction: PredictionArrays): Sources => ({
  value: prediction.value_source,
  expression: prediction.expression_source,
});
