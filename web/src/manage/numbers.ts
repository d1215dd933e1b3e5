/** Sizes of files and lengths of time, as people read them. */

import { number, t } from '../i18n';

/** A size in megabytes; small files are not 0. */
export function megabytes(n_bytes: number): string {
  const size = n_bytes / 1e6;
  return t('size.megabytes', { n: number(size, size > 0 && size < 10 ? 1 : 0) });
}

/** `about 3 min left`; empty where nobody knows. */
export function timeLeft(seconds: number | null): string {
  if (seconds === null) return '';
  if (seconds < 60) return t('card.lessThanMinute');
  return t('card.minutesLeft', { n: number(Math.round(seconds / 60)) });
}
