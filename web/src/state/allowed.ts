/** What the role of the person at work lets them open and press; the server holds it. */

import type { Permission } from '../api/types';
import { type Action, SHORTCUTS } from '../keys';
import { may } from './session';
import type { SideSheet } from './ui';

/** Those that are not named are open to all who may read. */
const SHEETS: Readonly<Partial<Record<SideSheet, Permission>>> = {
  sheet: 'judge',
  team: 'judge',
  threshold: 'lead',
  faces: 'lead',
  overview: 'lead',
  export: 'lead',
  import: 'lead',
  settings: 'manage',
};

/** Whether a side sheet is for the person at work. */
export const opens = (name: SideSheet) => may(SHEETS[name] ?? 'read');

/** Going through the queue judges nothing. */
const READS: ReadonlySet<Action> = new Set<Action>([
  'nextItem',
  'previousItem',
  'toItem',
]);
const JUDGES: ReadonlySet<Action> = new Set(
  SHORTCUTS.filter(({ group }) => group !== 'video' && group !== 'panels')
    .map(({ action }) => action)
    .filter((action) => !READS.has(action)),
);

/** They stand among the keys of other groups. */
const JUDGE_TOO: ReadonlySet<Action> = new Set<Action>(['padFaces', 'tracing']);

/** Whether an action is for the person at work. */
export function allows(action: Action): boolean {
  if (JUDGES.has(action) || JUDGE_TOO.has(action)) return may('judge');
  return action in SHEETS ? opens(action as SideSheet) : may('read');
}
