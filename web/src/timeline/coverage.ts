/** Which values people gave, which the model is sure of, and which still wait. */

import { type Judgement, SOURCE } from '../api/types';
import { lowerBound } from '../lib/geometry';
import { hasValue } from '../lib/value';

/** No prediction and no judgement. */
export const NO_SOURCE = 255;

/** Running counts: frames i to j - 1 hold `counts.x[j] - counts.x[i]` of a kind. */
export interface Counts {
  /** Values of a person, given here or imported. */
  readonly human: Int32Array;
  /** The model's value, accepted by a person. */
  readonly accepted: Int32Array;
  /** The model's value on a frame that a person dealt with, by another of its stretch. */
  readonly reviewed: Int32Array;
  /** Rejected by a person, or one that cannot be judged. */
  readonly rejected: Int32Array;
  /** Under the threshold, and nobody has judged. */
  readonly pending: Int32Array;
  /** The model's value, confident enough. */
  readonly sure: Int32Array;
}

/** Sources of each frame of a track, apart for value and class. */
export interface Sources {
  readonly value: Uint8Array;
  readonly expression: Uint8Array;
}

function sourceOf(judgement: Judgement): number {
  if (judgement.origin === 'import') return SOURCE.imported;
  if (judgement.decision === 'accept') return SOURCE.accepted;
  return judgement.scope === 'frame' ? SOURCE.frame : SOURCE.span;
}

/**
 * The sources that the server sends with a prediction, and over them the judgements that it
 * does not hold yet. A class alone leaves the value as it is, and a judgement of the whole
 * clip says nothing of single frames.
 */
export function sourcesWith(
  frames: Int32Array,
  sent: Sources | null,
  pending: readonly Judgement[],
): Sources {
  const value = new Uint8Array(frames.length).fill(NO_SOURCE);
  const expression = new Uint8Array(frames.length).fill(NO_SOURCE);
  if (sent) {
    value.set(sent.value);
    expression.set(sent.expression);
  }
  for (const one of pending) {
    if (one.scope === 'clip') continue;
    if (one.decision !== 'skip') look(value, frames, one);
    const first = lowerBound(frames, one.first_frame);
    const end = lowerBound(frames, one.last_frame + 1);
    if (one.decision === 'reject') value.fill(SOURCE.rejected, first, end);
    if (hasValue(one.value)) value.fill(sourceOf(one), first, end);
    if (one.expression !== null) expression.fill(sourceOf(one), first, end);
  }
  return { value, expression };
}

/** Whoever answers one frame of a stretch has dealt with the others. */
function look(value: Uint8Array, frames: Int32Array, one: Judgement): void {
  const end = lowerBound(frames, one.reviewed_last_frame + 1);
  for (let i = lowerBound(frames, one.reviewed_first_frame); i < end; i += 1) {
    if (value[i] === SOURCE.model) value[i] = SOURCE.reviewed;
  }
}

/** True if the model's value stands and its confidence is under the threshold. */
const isPending = (source: number, confidence: number, threshold: number) =>
  source === SOURCE.model && confidence < threshold;

type Kind = keyof Counts;

function kindOf(source: number, confidence: number, threshold: number): Kind | null {
  switch (source) {
    case NO_SOURCE:
      return null;
    case SOURCE.model:
      return isPending(source, confidence, threshold) ? 'pending' : 'sure';
    case SOURCE.accepted:
      return 'accepted';
    case SOURCE.reviewed:
      return 'reviewed';
    case SOURCE.rejected:
      return 'rejected';
    default:
      return 'human';
  }
}

/** @param source of the value of each frame */
export function countStates(
  source: Uint8Array,
  confidence: Float32Array | null,
  threshold: number,
): Counts {
  const n = source.length;
  const running = () => new Int32Array(n + 1);
  const counts = {
    human: running(),
    accepted: running(),
    reviewed: running(),
    rejected: running(),
    pending: running(),
    sure: running(),
  };
  const all = Object.values(counts);
  for (let i = 0; i < n; i += 1) {
    for (const column of all) column[i + 1] = column[i] as number;
    const certain = confidence ? (confidence[i] as number) : Number.NaN;
    const kind = kindOf(source[i] as number, certain, threshold);
    if (kind) counts[kind][i + 1] = (counts[kind][i] as number) + 1;
  }
  return counts;
}

/** How many of the frames i to j - 1 are counted in a column. */
export const between = (column: Int32Array, i: number, j: number) =>
  (column[j] as number) - (column[i] as number);
