/** How long the rest takes, said so that it can be believed: no jumps, and a range. */

/** From one judgement to the next it changes by this factor at most. */
const MOST_CHANGE = 1.5;
/** Of the estimate, where the time really taken mostly lies. */
const LOW = 0.75;
const HIGH = 1.4;

/** An estimate, drawn towards the one before it. */
export function steadied(seconds: number, before: number | null): number {
  if (before === null || before <= 0) return seconds;
  return Math.min(Math.max(seconds, before / MOST_CHANGE), before * MOST_CHANGE);
}

/** Whole minutes from and to; null for less than a minute. */
export function minutesLeft(seconds: number): { low: number; high: number } | null {
  if (seconds < 60) return null;
  const low = Math.max(1, Math.round((LOW * seconds) / 60));
  return { low, high: Math.max(low, Math.round((HIGH * seconds) / 60)) };
}
