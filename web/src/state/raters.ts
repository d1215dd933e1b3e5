/** Names of raters: the log holds ids that say nothing of who it is. */

import { signal } from '@preact/signals';
import { getRaters } from '../api/client';
import type { Rater } from '../api/types';
import { t } from '../i18n';
import { may, session } from './session';

/** All raters for who leads, oneself for everybody else. */
export const raters = signal<readonly Rater[]>([]);

const RETRY_MS = 30_000;
let askedAt = Number.NEGATIVE_INFINITY;

/** Asks who the raters are; a list that does not come leaves the names that are known. */
export async function loadRaters(): Promise<void> {
  askedAt = performance.now();
  try {
    raters.value = await getRaters();
  } catch {
    // What shows names shows ids until then, and asks again.
  }
}

/** The name of a rater, for people; empty for feltline itself. */
export function raterName(rater_id: string): string {
  if (!rater_id) return '';
  const known = raters.value.find((one) => one.rater_id === rater_id);
  if (known) return known.name;
  const own = session.value;
  if (rater_id === own?.rater) return own?.name ?? rater_id;
  if (!may('lead')) return t('people.someoneElse');
  // Nobody asked yet, or somebody has become a member meanwhile.
  if (performance.now() - askedAt > RETRY_MS) void loadRaters();
  return rater_id;
}
