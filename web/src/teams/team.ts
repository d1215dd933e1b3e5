/** The people of a project by name, as the person at work knows them. */

import { signal } from '@preact/signals';
import { getTeam } from '../api/client';
import type { TeamMember } from '../api/types';
import { t } from '../i18n';
import { may, session } from '../state/session';

export const team = signal<readonly TeamMember[]>([]);

export async function loadTeam(): Promise<void> {
  if (may('judge')) team.value = await getTeam();
}

/** The name that others see of a rater. */
export function nameOf(rater_id: string): string {
  const known = team.value.find((one) => one.rater_id === rater_id);
  if (known) return known.name;
  const { rater, name } = session.value ?? {};
  return rater_id === rater && name ? name : t('teams.someone');
}

/** Those who may be called in a comment, but for oneself. */
export const callable = (): TeamMember[] =>
  team.value.filter((one) => one.may_judge && one.rater_id !== session.value?.rater);
