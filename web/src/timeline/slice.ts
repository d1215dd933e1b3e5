/** The shown part of a prediction, in arrays that serve every redraw. */

import type { PredictionArrays } from '../api/types';
import { lowerBound } from '../lib/geometry';
import { between, type Counts } from './coverage';
import { buildMeans, buildPyramid, levelFor, type Pyramid } from './pyramid';

/** When the face of a track is seen. */
export interface TrackTimes {
  /** Seconds of each frame of the track. */
  readonly time: Float64Array;
  /** Seconds from one frame to the next, as a rule. */
  readonly step: number;
  /** Frames further apart than this (s) are not joined by a line. */
  readonly gap: number;
}

/** The pyramids of one prediction; a band runs from the lower to the upper interval end. */
export interface Source extends TrackTimes {
  readonly curves: readonly Pyramid[];
  /** Means of each dimension, by level. */
  readonly means: readonly (readonly Float32Array[])[];
}

/** Places in `Source.curves` and `Slice.lo`: m values, m bands, and the confidence. */
export const bandOf = (d: number, m: number) => m + d;
export const confidenceOf = (m: number) => 2 * m;

/** Whose value a pair of the slice is, for its colour. */
export const OWNER = { model: 0, human: 1, accepted: 2, rejected: 3 } as const;
export const OWNERS = 4;

/** Frames of a track stand apart by more than this many usual steps: the face was away. */
const STEPS_APART = 4;
const LEAST_GAP = 0.3;

function usualStep(time: Float64Array): number {
  const steps = new Float64Array(Math.min(Math.max(time.length - 1, 0), 1001));
  const every = Math.max(1, Math.floor((time.length - 1) / steps.length));
  for (let i = 0; i < steps.length; i += 1) {
    steps[i] = (time[i * every + 1] as number) - (time[i * every] as number);
  }
  return steps.sort()[steps.length >> 1] ?? 0;
}

/** @param times seconds of each frame of the video */
export function trackTimesOf(times: Float64Array, frames: Int32Array): TrackTimes {
  const time = new Float64Array(frames.length);
  for (let i = 0; i < time.length; i += 1) time[i] = times[frames[i] as number] ?? 0;
  const step = usualStep(time);
  return { time, step, gap: Math.max(LEAST_GAP, STEPS_APART * step) };
}

export function sourceOf(track: TrackTimes, prediction: PredictionArrays): Source {
  return {
    ...track,
    means: prediction.value.map(buildMeans),
    curves: [
      ...prediction.value.map((values) => buildPyramid(values)),
      ...prediction.low.map((low, d) => buildPyramid(low, prediction.high[d])),
      buildPyramid(prediction.confidence),
    ],
  };
}

/** Frames i to j - 1 of a track whose model values must not be shown. */
export interface Blind {
  readonly from: number;
  readonly to: number;
}

const NOTHING: Blind = { from: 0, to: 0 };

export class Slice {
  /** Pairs in use. */
  count = 0;
  /** Frames per pair. */
  size = 1;
  /** Seconds of the middle frame of each pair. */
  readonly time: Float64Array;
  /** 1 if a line leads here from the pair before. */
  readonly joined: Uint8Array;
  readonly owner: Uint8Array;
  /** Share of the pair's frames that are under the threshold and not judged. */
  readonly pending: Float32Array;
  readonly lo: readonly Float32Array[];
  readonly hi: readonly Float32Array[];
  /** Of each dimension; what the lines go through. */
  readonly mean: readonly Float32Array[];

  /**
   * @param capacity the most pairs: twice the width in pixels, and a few for the edges
   * @param m number of dimensions
   */
  constructor(
    readonly capacity: number,
    m: number,
  ) {
    const columns = (length: number) =>
      Array.from({ length }, () => new Float32Array(capacity));
    this.time = new Float64Array(capacity);
    this.joined = new Uint8Array(capacity);
    this.owner = new Uint8Array(capacity);
    this.pending = new Float32Array(capacity);
    this.lo = columns(2 * m + 1);
    this.hi = columns(2 * m + 1);
    this.mean = columns(m);
  }

  /**
   * Takes the pairs that cover a stretch of time, and one more on each side so that lines
   * run off the edges.
   *
   * @param most the most pairs that the stretch itself may take
   */
  fill(
    source: Source,
    counts: Counts,
    start: number,
    end: number,
    most: number,
    blind: Blind = NOTHING,
  ): void {
    const n = source.time.length;
    const from = lowerBound(source.time, start);
    const to = lowerBound(source.time, end);
    const level = levelFor(to - from, Math.min(most, this.capacity - 4));
    this.size = 2 ** level;
    const first = Math.max(0, Math.floor(from / this.size) - 1);
    const last = Math.min(Math.ceil(n / this.size), Math.ceil(to / this.size) + 1);
    this.count = Math.max(0, last - first);
    this.copy(source, level, first);
    this.mark(source, counts, first);
    this.blank(first, blind);
  }

  private copy(source: Source, level: number, first: number): void {
    const take = (from: readonly Float32Array[] | undefined, to?: Float32Array) => {
      const column = from?.[level] as Float32Array;
      to?.set(column.subarray(first, first + this.count));
    };
    for (let c = 0; c < this.lo.length; c += 1) {
      take(source.curves[c]?.lo, this.lo[c]);
      take(source.curves[c]?.hi, this.hi[c]);
    }
    for (let c = 0; c < this.mean.length; c += 1) take(source.means[c], this.mean[c]);
  }

  private mark(source: Source, counts: Counts, first: number): void {
    const { time } = source;
    const n = time.length;
    const size = this.size;
    // A gap that is no wider than a pair or two is not seen: it does not cut the line.
    const gap = source.gap + 1.5 * (size - 1) * source.step;
    let before = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.count; i += 1) {
      const f = (first + i) * size;
      const g = Math.min(f + size, n);
      const middle = time[Math.min(f + (size >> 1), n - 1)] as number;
      this.time[i] = middle;
      this.joined[i] = middle - before <= gap ? 1 : 0;
      before = middle;
      this.pending[i] = between(counts.pending, f, g) / (g - f);
      this.owner[i] = ownerOf(counts, f, g);
    }
  }

  private blank(first: number, blind: Blind): void {
    if (blind.to <= blind.from) return;
    const begin = Math.max(0, Math.floor(blind.from / this.size) - first);
    const finish = Math.min(this.count, Math.ceil(blind.to / this.size) - first);
    for (let i = begin; i < finish; i += 1) {
      for (let c = 0; c < this.lo.length; c += 1) {
        (this.lo[c] as Float32Array)[i] = Number.NaN;
        (this.hi[c] as Float32Array)[i] = Number.NaN;
      }
      for (const column of this.mean) column[i] = Number.NaN;
      this.pending[i] = 0;
      this.owner[i] = OWNER.model;
    }
  }
}

/** Whose values most of the frames f to g - 1 are. */
function ownerOf(counts: Counts, f: number, g: number): number {
  const half = (g - f) / 2;
  if (between(counts.human, f, g) > half) return OWNER.human;
  if (between(counts.accepted, f, g) > half) return OWNER.accepted;
  return between(counts.rejected, f, g) > half ? OWNER.rejected : OWNER.model;
}
