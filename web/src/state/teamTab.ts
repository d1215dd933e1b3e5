/** Which tab of the team's side sheet is chosen. */

import { signal } from '@preact/signals';
import { sideSheet } from './ui';

/** Key of a tab; one that is not there, or not for this person, gives way to the first. */
export const teamTab = signal('work');

/** Opens the team's side sheet at a tab. */
export function openTeam(key: string): void {
  teamTab.value = key;
  sideSheet.value = 'team';
}
