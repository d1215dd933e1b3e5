/**
 * Records a continuous rating: values against the time in the video.
 *
 * What it gives is cut wherever the video stood or jumped, and thinned: nobody moves a
 * value ten times a second on purpose, and what is not sent yet has to fit into the
 * browser's storage.
 */

/** Samples a second that are kept, of the video's own seconds. */
const RATE_HZ = 10;
/** A picture is reported late, after an input that was later: so much is no jump back. */
const LATE_S = 0.25;
/** Without a sample for so long, nobody knows what was meant in between. */
const GAP_S = 1;
/** Pictures that are left out before a gap is one, where pictures are rare. */
const GAP_PICTURES = 3;

/** A rating without a break; `time_s` increases. */
export interface Piece {
  time_s: number[];
  /** Per sample, a number per dimension on the unit scale, or in its units (relative). */
  value: number[][];
}

const rounded = (value: number, unit: number) => Math.round(value * unit) / unit;

/** The longest time without a sample that is no break, of a video with such pictures. */
export function longestGap(times: Float64Array): number {
  const n = times.length;
  if (n < 2) return GAP_S;
  const span = (times[n - 1] as number) - (times[0] as number);
  return Math.max(GAP_S, (GAP_PICTURES * span) / (n - 1));
}

export class Recorder {
  readonly pieces: Piece[];
  /** Where pictures are as far apart as this, they still follow each other. */
  private readonly gap_s: number;
  private open: Piece | null = null;

  constructor(gap_s = GAP_S, pieces: Piece[] = []) {
    this.gap_s = gap_s;
    this.pieces = pieces;
  }

  /** The video stands or jumps: what comes next is another piece. */
  cut(): void {
    this.open = null;
  }

  /** The value at a time of the video. */
  sample(time_s: number, value: readonly number[]): void {
    const at = rounded(time_s, 1000);
    const kept = value.map((one) => rounded(one, 10_000) + 0);
    const last = this.open?.time_s.at(-1);
    if (last !== undefined && !this.follows(at, last)) this.open = null;
    const on = this.open ?? this.begin();
    const before = on.time_s.at(-1);
    if (before !== undefined && at <= before) {
      // A late report of the picture, or a second input within the same one.
      on.value[on.value.length - 1] = kept;
    } else if (before !== undefined && this.isThin(on, at, before)) {
      on.time_s[on.time_s.length - 1] = at;
      on.value[on.value.length - 1] = kept;
    } else {
      on.time_s.push(at);
      on.value.push(kept);
    }
  }

  private begin(): Piece {
    this.open = { time_s: [], value: [] };
    this.pieces.push(this.open);
    return this.open;
  }

  private follows(at: number, last: number): boolean {
    return at >= last - LATE_S && at <= last + this.gap_s;
  }

  /** True if this sample takes the place of the last: the first one of a piece stays. */
  private isThin(on: Piece, at: number, before: number): boolean {
    return on.time_s.length > 1 && slot(at) === slot(before);
  }
}

/** Number of the tenth of a second; a time on its edge belongs to the later one. */
const slot = (time_s: number) => Math.floor(time_s * RATE_HZ + 1e-6);

export const lengthOf = ({ time_s }: Piece) => (time_s.at(-1) ?? 0) - (time_s[0] ?? 0);

/** Shorter pieces say nothing: no lag can be told of them. */
export const LEAST_S = 1;

/** Those that are worth sending. */
export const worthSending = (pieces: readonly Piece[]): Piece[] =>
  pieces.filter((one) => lengthOf(one) >= LEAST_S);

/** Lowest and highest value of a dimension over all pieces; null without a sample. */
export function rangeOf(pieces: readonly Piece[], d: number): [number, number] | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { value } of pieces) {
    for (const one of value) {
      low = Math.min(low, one[d] ?? low);
      high = Math.max(high, one[d] ?? high);
    }
  }
  return low <= high ? [low, high] : null;
}
