/** Draws an audit batch, and says who judges it. */

import { useRef, useState } from 'preact/hooks';
import type { Members } from '../api/types';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { useIsOpen } from '../panels/send';
import { useLoaded } from '../panels/useLoaded';
import { getMembers } from '../people/requests';
import { session } from '../state/session';
import { startBatch } from './requests';

interface Judge {
  rater_id: string;
  name: string;
}

/** Oneself, and the members who may judge. */
export function judgesOf(own: string, of: Members | null): Judge[] {
  const may = (of?.members ?? []).filter(
    (one) => one.role !== 'viewer' && !one.is_disabled,
  );
  const me = may.find((one) => one.rater_id === own) ?? { rater_id: own, name: own };
  return [me, ...may.filter((one) => one.rater_id !== own)];
}

export function StartBatch({ onStarted }: { onStarted: () => Promise<void> }) {
  const own = session.value?.rater ?? '';
  const { value } = useLoaded(getMembers, []);
  const judges = judgesOf(own, value);
  const [chosen, setChosen] = useState<readonly string[]>([own]);
  const [state, setState] = useState<{ busy: boolean; fault: string | null }>({
    busy: false,
    fault: null,
  });
  // The same batch, however often its answer is lost.
  const client_id = useRef(crypto.randomUUID());
  const isOpen = useIsOpen();
  const choose = (one: string, is: boolean) =>
    setChosen((was) => [...was.filter((other) => other !== one), ...(is ? [one] : [])]);

  async function start(event: Event) {
    event.preventDefault();
    setState({ busy: true, fault: null });
    let fault: string | null = null;
    try {
      await startBatch(chosen, client_id.current);
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
      {judges.length > 1 && (
        <fieldset class="audit-raters">
          <legend>{t('audits.raters')}</legend>
          {judges.map(({ rater_id, name }) => (
            <label key={rater_id} class="choice">
              <input
                type="checkbox"
                checked={chosen.includes(rater_id)}
                data-testid={`audit-rater-${name}`}
                onChange={(event) => choose(rater_id, event.currentTarget.checked)}
              />
              {name}
            </label>
          ))}
        </fieldset>
      )}
      <Fault text={state.fault} />
      <button
        type="submit"
        class="panel-button primary"
        disabled={state.busy || chosen.length === 0}
        data-testid="audit-start"
      >
        {t('audits.start')}
      </button>
    </form>
  );
}
