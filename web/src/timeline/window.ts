/** The stretch of time that is shown: zooming, panning and following, without drawing. */

/** Seconds from the start of the video. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

export interface Limits extends Stretch {
  /** The shortest stretch that may be shown, in seconds. */
  readonly shortest: number;
}

/** How many frames the closest zoom shows. */
const CLOSEST = 12;

/** Limits of a video whose frames stand at `times`. */
export function limitsOf(times: Float64Array): Limits {
  const n = times.length;
  if (n < 2) return { start: times[0] ?? 0, end: (times[0] ?? 0) + 1, shortest: 1 };
  const start = times[0] as number;
  const end = times[n - 1] as number;
  const step = (end - start) / (n - 1);
  return { start, end, shortest: Math.min(end - start, CLOSEST * step) };
}

/** Shifts and shortens a stretch until it lies within the limits. */
export function clamp(wanted: Stretch, limits: Limits): Stretch {
  const whole = limits.end - limits.start;
  const length = Math.min(Math.max(wanted.end - wanted.start, limits.shortest), whole);
  const start = Math.min(Math.max(wanted.start, limits.start), limits.end - length);
  return { start, end: start + length };
}

/** Makes the stretch `factor` times as long while `at` (s) keeps its place on the screen. */
export function zoom(
  shown: Stretch,
  at: number,
  factor: number,
  limits: Limits,
): Stretch {
  const length = shown.end - shown.start;
  const whole = limits.end - limits.start;
  const wanted = Math.min(Math.max(length * factor, limits.shortest), whole);
  const share = length > 0 ? (at - shown.start) / length : 0.5;
  const start = at - share * wanted;
  return clamp({ start, end: start + wanted }, limits);
}

/** Moves the stretch by `by` seconds. */
export function pan(shown: Stretch, by: number, limits: Limits): Stretch {
  return clamp({ start: shown.start + by, end: shown.end + by }, limits);
}

/** Moves the stretch so that its middle is at `at`. */
export function centre(shown: Stretch, at: number, limits: Limits): Stretch {
  return pan(shown, at - (shown.start + shown.end) / 2, limits);
}

export const contains = (shown: Stretch, at: number) =>
  at >= shown.start && at <= shown.end;

/** Where the play head is put after it ran off the stretch, as a share of its length. */
const LEAD = 0.1;

/** The stretch that shows `at`: turned like a page if the play head ran off it. */
export function follow(shown: Stretch, at: number, limits: Limits): Stretch {
  if (contains(shown, at)) return shown;
  const length = shown.end - shown.start;
  const ran = at > shown.end && at < shown.end + length;
  const start = at - (ran ? LEAD : 0.5) * length;
  return clamp({ start, end: start + length }, limits);
}
