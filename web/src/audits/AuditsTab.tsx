/** Audits of accepted labels, for leads: when, what came of them, and what to do. */

import { t } from '../i18n';
import { settingsRevision } from '../manage/jobs';
import { Fault } from '../panels/Panel';
import { useCalmEvent } from '../panels/useCalm';
import { useLoaded } from '../panels/useLoaded';
import { Anchoring } from './Anchoring';
import { BatchCard } from './BatchCard';
import { ComparisonScore } from './ComparisonScore';
import { DueLine, OverdueNote } from './OverdueNote';
import { getAudits } from './requests';
import { ScheduleForm } from './ScheduleForm';
import { StartBatch } from './StartBatch';
import './audits.css';

export function AuditsTab() {
  const { value, fault, reload } = useLoaded(getAudits, [
    useCalmEvent(),
    settingsRevision.value,
  ]);
  const isOpen = value?.batches.some(({ state }) => state === 'open') ?? false;
  return (
    <div data-testid="audits">
      <Fault text={fault} />
      {!value && !fault && <p role="status">{t('sheet.loading')}</p>}
      {value && (
        <section class="data-part">
          <h3>{t('audits.title')}</h3>
          <p class="muted">{t('audits.intro')}</p>
          <OverdueNote of={value} isHere />
          {value.batches.length === 0 && <p>{t('audits.none')}</p>}
          {value.batches.map((one, i) => (
            <BatchCard
              key={one.batch_id}
              of={one}
              isFirst={i === 0}
              onChanged={reload}
            />
          ))}
          {!isOpen && <StartBatch onStarted={reload} />}
        </section>
      )}
      {value && (
        <section class="data-part">
          <h3>{t('audits.schedule')}</h3>
          <DueLine of={value.due} />
          <ScheduleForm schedule={value.schedule} onSaved={reload} />
        </section>
      )}
      <ComparisonScore />
      <Anchoring />
    </div>
  );
}
