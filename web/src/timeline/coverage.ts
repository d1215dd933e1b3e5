/** Which frames a person has judged, which the model is sure of, and which still wait. */

import { type Label, ORIGIN } from '../api/types';
import { firstAtLeast } from './window';

/** No estimate and no label. */
export const NO_ORIGIN = 255;

/** Running counts: frames i to j - 1 hold `counts.x[j] - counts.x[i]` of a kind. */
export interface Counts {
  /** Values of a person, given here or imported. */
  readonly human: Int32Array;
  /** The model's value, accepted by a person. */
  readonly accepted: Int32Array;
  /** Refused or called unsure by a person. */
  readonly refused: Int32Array;
  /** Under the threshold, and nobody has judged. */
  readonly pending: Int32Array;
  /** The model's value, confident enough. */
  readonly sure: Int32Array;
}

function originOf(label: Label): number {
  if (label.origin === 'import') return ORIGIN.imported;
  if (label.decision === 'accept') return ORIGIN.accepted;
  return label.scope === 'frame' ? ORIGIN.frameLabel : ORIGIN.spanLabel;
}

/**
 * Origin of each frame of the track. Labels go over the estimate's origin, for a label that
 * was just given is known here before the estimate is filled in again.
 */
export function originsWith(
  frames: Int32Array,
  origin: Uint8Array | null,
  labels: readonly Label[],
): Uint8Array {
  const out = new Uint8Array(frames.length).fill(NO_ORIGIN);
  if (origin) out.set(origin);
  const wideFirst = [...labels].sort(
    (a, b) => b.last_frame - b.first_frame - (a.last_frame - a.first_frame),
  );
  for (const label of wideFirst) {
    const first = firstAtLeast(frames, label.first_frame);
    out.fill(originOf(label), first, firstAtLeast(frames, label.last_frame + 1));
  }
  return out;
}

/** True if the model's value stands and its confidence is under the threshold. */
export const isPending = (origin: number, confidence: number, threshold: number) =>
  origin === ORIGIN.model && confidence < threshold;

type Kind = keyof Counts;

function kindOf(origin: number, confidence: number, threshold: number): Kind | null {
  switch (origin) {
    case NO_ORIGIN:
      return null;
    case ORIGIN.model:
      return isPending(origin, confidence, threshold) ? 'pending' : 'sure';
    case ORIGIN.accepted:
      return 'accepted';
    case ORIGIN.refused:
      return 'refused';
    default:
      return 'human';
  }
}

export function countStates(
  origin: Uint8Array,
  confidence: Float32Array | null,
  threshold: number,
): Counts {
  const n = origin.length;
  const running = () => new Int32Array(n + 1);
  const counts = {
    human: running(),
    accepted: running(),
    refused: running(),
    pending: running(),
    sure: running(),
  };
  const all = Object.values(counts);
  for (let i = 0; i < n; i += 1) {
    for (const column of all) column[i + 1] = column[i] as number;
    const certain = confidence ? (confidence[i] as number) : Number.NaN;
    const kind = kindOf(origin[i] as number, certain, threshold);
    if (kind) counts[kind][i + 1] = (counts[kind][i] as number) + 1;
  }
  return counts;
}

/** How many of the frames i to j - 1 are counted in a column. */
export const between = (column: Int32Array, i: number, j: number) =>
  (column[j] as number) - (column[i] as number);
