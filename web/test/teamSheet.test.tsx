/** Tabs of the team's side sheet: whose they are, and how keys go through them. */

import { fireEvent, render, screen } from '@testing-library/preact';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Permission, Session } from '../src/api/types';
import { en } from '../src/i18n/en';
import { ja } from '../src/i18n/ja';
import { session } from '../src/state/session';
import { teamTab } from '../src/state/teamTab';
import { ownTabs, TABS, TeamSheet, tabAfter } from '../src/teams/TeamSheet';

// What the tabs fetch is not what is tried here.
vi.stubGlobal('fetch', () => new Promise(() => undefined));

const as = (...permissions: Permission[]) => {
  session.value = { permissions } as Session;
};

beforeEach(() => {
  session.value = null;
  teamTab.value = 'work';
});

describe('tabs of the team', () => {
  it('are shown to whom they are for', () => {
    expect(ownTabs()).toEqual([]);
    as('read');
    expect(ownTabs()).toEqual([]);
    as('read', 'judge');
    expect(ownTabs()).toEqual(TABS.filter(({ needs }) => needs === 'judge'));
    as('read', 'judge', 'lead');
    expect(ownTabs()).toEqual(TABS);
  });

  it('have one key each, and names in both languages', () => {
    expect(new Set(TABS.map(({ key }) => key)).size).toBe(TABS.length);
    for (const { label } of TABS) {
      expect(en[label], label).toBeTruthy();
      expect(ja[label], label).toBeTruthy();
    }
  });

  it('are gone through with arrows, Home and End', () => {
    expect(tabAfter('ArrowRight', 2, 3)).toBe(0);
    expect(tabAfter('ArrowLeft', 0, 3)).toBe(2);
    expect(tabAfter('Home', 2, 3)).toBe(0);
    expect(tabAfter('End', 0, 3)).toBe(2);
    expect(tabAfter('ArrowDown', 0, 3)).toBeNull();
  });

  it('say which of them is chosen; only that one is reached with Tab', () => {
    as('read', 'judge', 'lead');
    render(<TeamSheet />);
    const tabs = screen.getAllByRole('tab');
    const chosen = screen.getByRole('tab', { selected: true });
    expect(tabs.map((one) => one.tabIndex)).toEqual(
      tabs.map((one) => (one === chosen ? 0 : -1)),
    );
    expect(screen.getByRole('tabpanel').getAttribute('aria-labelledby')).toBe(
      chosen.id,
    );
    const key = fireEvent.keyDown(chosen, { key: 'End' });
    expect(key).toBe(false);
    expect(teamTab.value).toBe(TABS.at(-1)?.key);
  });
});
