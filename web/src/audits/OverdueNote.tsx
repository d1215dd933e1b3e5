/** That an audit is due or overdue, and that an export waits for it. */

import type { Audits, Due } from '../api/types';
import { number, sentences, t } from '../i18n';
import { settingsRevision } from '../manage/jobs';
import { useCalmEvent } from '../panels/useCalm';
import { useLoaded } from '../panels/useLoaded';
import { may } from '../state/session';
import { openTeam } from '../state/teamTab';
import { getAudits } from './requests';
import './audits.css';

/** What leads are told of audits; nothing for all others. */
export function useAudits(): Audits | null {
  const leads = may('lead');
  const load = async () => (leads ? getAudits() : null);
  return useLoaded(load, [leads, useCalmEvent(), settingsRevision.value]).value;
}

/** What is overdue, and what is to be done about it. */
export function overdueText({ due, batches }: Audits): string {
  const open = batches.find(({ state }) => state === 'open');
  return sentences(
    t(due.blocks_export ? 'audits.overdueBlocks' : 'audits.overdueNote'),
    open
      ? t('audits.judgeFirst', { id: open.batch_id, n: open.n_items - open.n })
      : t('audits.startFirst'),
  );
}

/** Nothing while all is in time; elsewhere than on the audits' tab with a way to it. */
export function OverdueNote({
  of,
  isHere = false,
}: {
  of: Audits | null;
  isHere?: boolean;
}) {
  if (!of?.due.is_overdue) return null;
  return (
    <div class="audit-note-overdue" role="status" data-testid="audit-overdue">
      <p>{overdueText(of)}</p>
      {!isHere && <OpenAudits />}
    </div>
  );
}

export function OpenAudits() {
  return (
    <button
      type="button"
      class="panel-button"
      data-testid="open-audits"
      onClick={() => openTeam('audits')}
    >
      {t('audits.open')}
    </button>
  );
}

/** When the next audit is due, by the schedule. */
export function dueText({ judgements_left, days_left }: Due): string {
  const [n, days] = [judgements_left ?? 0, days_left ?? 0];
  if (judgements_left === null && days_left === null) return t('audits.due.never');
  if (judgements_left === 0 || days_left === 0) return t('audits.due.now');
  const left = number(days, days < 10 && days % 1 !== 0 ? 1 : 0);
  if (days_left === null) return t('audits.due.judgements', { n });
  if (judgements_left === null) return t('audits.due.days', { days: left });
  return t('audits.due.both', { n, days: left });
}

export function DueLine({ of }: { of: Due }) {
  return <p data-testid="audit-due">{dueText(of)}</p>;
}
