/** Sizes of files and lengths of time, as people read them. */

import { number, t } from '../i18n';

/** A size of a file. */
export function sizeText(n_bytes: number): string {
  if (n_bytes < 1e6) return t('size.kilobytes', { n: number(n_bytes / 1e3) });
  const size = n_bytes / 1e6;
  return t('size.megabytes', { n: number(size, size < 10 ? 1 : 0) });
}

/** `about 3 min left`; empty where nobody knows. */
export function timeLeft(seconds: number | null): string {
  if (seconds === null) return '';
  if (seconds < 60) return t('card.lessThanMinute');
  return t('card.minutesLeft', { n: number(Math.round(seconds / 60)) });
}

const MOST_NAMED = 5;

/** A few names, and how many more. */
export function named(names: readonly string[], most = MOST_NAMED): string {
  const shown = names.slice(0, most).join(t('jobs.comma'));
  const more = names.length - most;
  return more > 0 ? t('jobs.andMore', { names: shown, n: number(more) }) : shown;
}
