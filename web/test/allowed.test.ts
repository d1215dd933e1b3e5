/** Each role sees and presses what the server lets it do, and nothing else. */

import { beforeEach, describe, expect, it } from 'vitest';
import type { Permission, Session } from '../src/api/types';
import { SHORTCUTS } from '../src/keys';
import { allows, opens } from '../src/state/allowed';
import { session } from '../src/state/session';

const ROLES = {
  viewer: ['read'],
  rater: ['read', 'judge'],
  lead: ['read', 'judge', 'lead'],
  owner: ['read', 'judge', 'lead', 'manage'],
} satisfies Record<string, Permission[]>;

const as = (role: keyof typeof ROLES) => {
  session.value = { permissions: ROLES[role] as Permission[] } as Session;
};

const allowed = () =>
  SHORTCUTS.map(({ action }) => action).filter((action) => allows(action));

beforeEach(() => {
  session.value = null;
});

describe('a role', () => {
  it('of who looks on gives keys to look, and none that judges', () => {
    as('viewer');
    const keys = allowed();
    for (const action of [
      'accept',
      'undo',
      'valueUp',
      'talk',
      'sheet',
      'tracing',
    ] as const) {
      expect(keys, action).not.toContain(action);
    }
    for (const action of ['playPause', 'nextItem', 'videos', 'history'] as const) {
      expect(keys, action).toContain(action);
    }
  });

  it('of a rater gives all that judges, and no tool of who leads', () => {
    as('rater');
    expect(
      SHORTCUTS.filter(({ action }) => !allows(action)).map(({ action }) => action),
    ).toEqual(['threshold', 'faces']);
    expect(opens('overview')).toBe(false);
    expect(opens('export')).toBe(false);
    expect(opens('team')).toBe(true);
  });

  it('of a lead gives all keys; settings are for owners', () => {
    as('lead');
    expect(allowed()).toHaveLength(SHORTCUTS.length);
    expect(opens('settings')).toBe(false);
    as('owner');
    expect(opens('settings')).toBe(true);
  });

  it('that is not known yet gives nothing', () => {
    expect(allowed()).toEqual([]);
    expect(opens('help')).toBe(false);
  });
});
