/** Which work to look at: videos that do not fit are left out, frames are dimmed. */

import { computed, signal } from '@preact/signals';
import { type Judgement, SOURCE, type Video } from '../api/types';
import { lowerBound } from '../lib/geometry';
import type { Stretch } from '../timeline/window';

/** How a value came about: of the model, of a person, accepted, or from a table. */
export type Origin = 'model' | 'label' | 'accept' | 'import';
/** Whether the model is sure enough of what nobody has dealt with. */
export type Certainty = 'under' | 'over';
export type Order = 'name' | 'unsure' | 'open' | 'labels';

export interface Filter {
  person: string | null;
  rater: string | null;
  origin: Origin | null;
  certainty: Certainty | null;
}

export const ORIGINS: readonly Origin[] = ['model', 'label', 'accept', 'import'];
export const CERTAINTIES: readonly Certainty[] = ['under', 'over'];
export const ORDERS: readonly Order[] = ['name', 'unsure', 'open', 'labels'];

export const NO_FILTER: Filter = {
  person: null,
  rater: null,
  origin: null,
  certainty: null,
};

export const filter = signal<Filter>(NO_FILTER);
export const order = signal<Order>('name');
export const isFiltered = computed(() =>
  Object.values(filter.value).some((one) => one !== null),
);

/** Those that may be asked for: everyone in some video. */
export function choices(videos: readonly Video[]): {
  persons: string[];
  raters: string[];
} {
  const named = videos.flatMap((v) => v.tracks.map(({ person }) => person));
  const unique = (all: string[]) => [...new Set(all.filter(Boolean))].sort();
  return { persons: unique(named), raters: unique(videos.flatMap((v) => v.raters)) };
}

export function fitsVideo(video: Video, wanted: Filter): boolean {
  const { person, rater, origin, certainty } = wanted;
  if (person !== null && !video.tracks.some((one) => one.person === person))
    return false;
  if (rater !== null && !video.raters.includes(rater)) return false;
  if (origin === 'model' && video.origins.length > 0) return false;
  if (origin !== null && origin !== 'model' && !video.origins.includes(origin))
    return false;
  if (certainty === null) return true;
  return (video.n_pending ?? 0) > 0 === (certainty === 'under');
}

const BY: Record<Order, (a: Video, b: Video) => number> = {
  name: () => 0,
  // Where nothing is open there is nothing to be unsure of.
  unsure: (a, b) => (a.confidence ?? 2) - (b.confidence ?? 2),
  open: (a, b) => open(b) - open(a),
  labels: (a, b) => a.n_judgements - b.n_judgements,
};

const open = (video: Video) => (video.n_pending ?? 0) + video.n_suggested;

/** Those that fit, in order; the server has sorted them by name. */
export const sorted = (videos: readonly Video[], by: Order): Video[] =>
  [...videos].sort(BY[by]);

const ORIGIN_OF: ReadonlyMap<number, Origin> = new Map([
  [SOURCE.model, 'model'],
  [SOURCE.reviewed, 'model'],
  [SOURCE.frame, 'label'],
  [SOURCE.span, 'label'],
  [SOURCE.accepted, 'accept'],
  [SOURCE.imported, 'import'],
]);

export interface Filtered {
  /** Of the track, ascending. */
  frames: Int32Array;
  /** Of each frame. */
  time: Float64Array;
  source: Uint8Array;
  confidence: Float32Array | null;
  threshold: number;
  judgements: readonly Judgement[];
  /** Whom the track shows; empty = nobody named. */
  person: string;
}

/** Frames of which a rater said anything. */
function ofRater({ frames, judgements }: Filtered, rater: string): Uint8Array {
  const fits = new Uint8Array(frames.length);
  for (const one of judgements) {
    if (one.rater !== rater || one.scope === 'clip') continue;
    const end = lowerBound(frames, one.reviewed_last_frame + 1);
    fits.fill(1, lowerBound(frames, one.reviewed_first_frame), end);
  }
  return fits;
}

/** Stretches of time whose frames do not fit. */
export function dimmed(of: Filtered, wanted: Filter): Stretch[] {
  const { person, rater, origin, certainty } = wanted;
  if (person === null && rater === null && origin === null && certainty === null) {
    return [];
  }
  const others = person !== null && person !== of.person;
  const raters = rater === null ? null : ofRater(of, rater);
  const fits = (i: number) => {
    const source = of.source[i] as number;
    if (others || raters?.[i] === 0) return false;
    if (origin !== null && ORIGIN_OF.get(source) !== origin) return false;
    if (certainty === null) return true;
    if (source !== SOURCE.model) return certainty === 'over';
    const sure = (of.confidence?.[i] ?? Number.NaN) >= of.threshold;
    return sure === (certainty === 'over');
  };
  const found: Stretch[] = [];
  const edge = (i: number, j: number) =>
    ((of.time[i] as number) + (of.time[j] as number)) / 2;
  const n = of.frames.length;
  for (let i = 0; i < n; i += 1) {
    if (fits(i)) continue;
    const from = i;
    while (i + 1 < n && !fits(i + 1)) i += 1;
    found.push({
      start: edge(Math.max(from - 1, 0), from),
      end: edge(i, Math.min(i + 1, n - 1)),
    });
  }
  return found;
}
