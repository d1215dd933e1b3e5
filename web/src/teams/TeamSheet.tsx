/** What a team needs beside the judging, in tabs: each shown to whom it is for. */

import type { ReadonlySignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useRef } from 'preact/hooks';
import { AgreementTab } from '../agreement/AgreementTab';
import type { Permission } from '../api/types';
import { AuditsTab } from '../audits/AuditsTab';
import { Compare } from '../audits/Compare';
import { t } from '../i18n';
import { Panel } from '../panels/Panel';
import { may } from '../state/session';
import { teamTab } from '../state/teamTab';
import { CommentsTab } from './CommentsTab';
import { waiting } from './comments';
import { Disagreements } from './Disagreements';
import { KnownAnswersTab } from './KnownAnswersTab';
import { WorkTab } from './WorkTab';
import './teams.css';

interface Tab {
  key: string;
  /** Key of the string that names it. */
  label: string;
  needs: Permission;
  Body: ComponentType;
  /** How much of it waits for the person at work. */
  count?: ReadonlySignal<readonly unknown[]>;
}

/** In the order in which they stand. */
export const TABS: readonly Tab[] = [
  { key: 'work', label: 'work.title', needs: 'lead', Body: WorkTab },
  { key: 'known', label: 'known.title', needs: 'lead', Body: KnownAnswersTab },
  {
    key: 'disagreements',
    label: 'teams.disagreements',
    needs: 'lead',
    Body: Disagreements,
  },
  { key: 'agreement', label: 'teams.agreement', needs: 'lead', Body: AgreementTab },
  { key: 'audits', label: 'audits.tab', needs: 'lead', Body: AuditsTab },
  {
    key: 'comments',
    label: 'comments.title',
    needs: 'judge',
    Body: CommentsTab,
    count: waiting,
  },
  { key: 'compare', label: 'compare.tab', needs: 'judge', Body: Compare },
];

/** Those that the person at work sees. */
export const ownTabs = () => TABS.filter(({ needs }) => may(needs));

const tabId = (key: string) => `team-tab-${key}`;

/** The tab that a key of a list of tabs leads to, or null: it is no key of theirs. */
export function tabAfter(key: string, at: number, n: number): number | null {
  if (key === 'ArrowRight') return (at + 1) % n;
  if (key === 'ArrowLeft') return (at + n - 1) % n;
  if (key === 'Home') return 0;
  return key === 'End' ? n - 1 : null;
}

export function TeamSheet() {
  const tabs = ownTabs();
  const chosen = tabs.find(({ key }) => key === teamTab.value) ?? tabs[0];
  return (
    <Panel
      name="team"
      title={t('sheet.team')}
      tools={chosen && <TabList tabs={tabs} chosen={chosen} />}
    >
      {chosen && (
        <div id="team-panel" role="tabpanel" aria-labelledby={tabId(chosen.key)}>
          <chosen.Body key={chosen.key} />
        </div>
      )}
    </Panel>
  );
}

function TabList({ tabs, chosen }: { tabs: readonly Tab[]; chosen: Tab }) {
  const root = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const at = tabAfter(event.key, tabs.indexOf(chosen), tabs.length);
    const next = at === null ? undefined : tabs[at];
    if (!next) return;
    event.preventDefault(); // arrows go through the video elsewhere
    teamTab.value = next.key;
    root.current?.querySelector<HTMLElement>(`#${tabId(next.key)}`)?.focus();
  };
  return (
    <div
      ref={root}
      class="team-tabs"
      role="tablist"
      aria-label={t('sheet.team')}
      onKeyDown={onKeyDown}
    >
      {tabs.map((one) => (
        <button
          key={one.key}
          id={tabId(one.key)}
          type="button"
          role="tab"
          class="team-tab"
          aria-selected={one === chosen}
          aria-controls={one === chosen ? 'team-panel' : undefined}
          tabIndex={one === chosen ? 0 : -1}
          data-testid={tabId(one.key)}
          onClick={() => {
            teamTab.value = one.key;
          }}
        >
          {t(one.label)}
          <Count of={one} />
        </button>
      ))}
    </div>
  );
}

function Count({ of: { count } }: { of: Tab }) {
  const n = count?.value.length ?? 0;
  if (n === 0) return null;
  return (
    <span class="count">
      {n}
      <span class="sr-only">{t('teams.waiting')}</span>
    </span>
  );
}

/** How much waits in all tabs that one sees, for the button that opens them. */
export const nWaiting = () =>
  ownTabs().reduce((sum, { count }) => sum + (count?.value.length ?? 0), 0);
