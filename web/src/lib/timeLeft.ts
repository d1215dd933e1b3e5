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

interface Counted {
  done: number;
  total: number;
  seconds_left: number | null;
}

/**
 * Steadies what is counted again and again: however often that is, from one judgement to
 * the next the time left does not jump. It begins anew with other work, and where nothing
 * is left.
 */
export function steadyTimeLeft(): (now: Counted, of: string) => number | null {
  /** What was said, and before the latest judgement. */
  let said: { most: number; seconds: number; before: number; of: string } | null = null;
  return (now, of) => {
    if (now.seconds_left === null || now.total <= now.done) {
      said = null;
      return null;
    }
    const last = said?.of === of ? said : null;
    // An answer may be older, or newer, than what is on its way: only one more is one more.
    const isMore = last !== null && now.done > last.most;
    const before = isMore ? last.seconds : (last?.before ?? null);
    const seconds = steadied(now.seconds_left, before);
    const most = Math.max(now.done, last?.most ?? 0);
    said = { most, seconds, before: before ?? seconds, of };
    return seconds;
  };
}

/** Whole minutes from and to; null for less than a minute. */
export function minutesLeft(seconds: number): { low: number; high: number } | null {
  if (seconds < 60) return null;
  const low = Math.max(1, Math.round((LOW * seconds) / 60));
  return { low, high: Math.max(low, Math.round((HIGH * seconds) / 60)) };
}
