/** Draws an audit batch, and says who judges it. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { TeamMember } from '../api/types';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { useIsOpen } from '../panels/send';
import { session } from '../state/session';
import { RaterChoice } from '../teams/RaterChoice';
import { loadTeam, team } from '../teams/team';
import { startBatch } from './requests';

/** Who may judge, and oneself in any case: what is chosen is seen. */
function judgesOf(own: string): TeamMember[] {
  const may = team.value.filter((one) => one.may_judge);
  if (may.some((one) => one.rater_id === own)) return may;
  const name = session.value?.name ?? own;
  return [{ rater_id: own, name, role: null, may_judge: true }, ...may];
}

export function StartBatch({ onStarted }: { onStarted: () => Promise<void> }) {
  const own = session.value?.rater ?? '';
  const judges = judgesOf(own);
  const chosen = useSignal<ReadonlySet<string>>(new Set([own]));
  const [state, setState] = useState<{ busy: boolean; fault: string | null }>({
    busy: false,
    fault: null,
  });
  // The same batch, however often its answer is lost.
  const client_id = useRef(crypto.randomUUID());
  const isOpen = useIsOpen();
  // Without names one judges it oneself.
  useEffect(() => void loadTeam().catch(() => undefined), []);

  async function start(event: Event) {
    event.preventDefault();
    setState({ busy: true, fault: null });
    let fault: string | null = null;
    try {
      await startBatch([...chosen.value], client_id.current);
      client_id.current = crypto.randomUUID();
    } catch (error) {
      fault = sentenceOf(error);
    }
    if (!isOpen()) return;
    setState({ busy: false, fault });
    if (fault === null) await onStarted();
  }

  return (
    <form class="audit-form" onSubmit={start} data-testid="audit-new">
      {judges.length > 1 && <RaterChoice raters={judges} chosen={chosen} />}
      <p class="muted">{t('audits.blind')}</p>
      <Fault text={state.fault} />
      <button
        type="submit"
        class="panel-button primary"
        disabled={state.busy || chosen.value.size === 0}
        data-testid="audit-start"
      >
        {t('audits.start')}
      </button>
    </form>
  );
}
