/** When accepted labels are audited, and what error rate is agreed on. */

import { useState } from 'preact/hooks';
import type { Schedule } from '../api/types';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { useIsOpen } from '../panels/send';
import { confidenceText } from './bound';
import { type ScheduleChange, setSchedule } from './requests';

const CONFIDENCES = [0.8, 0.9, 0.95, 0.99];

/** What a field holds: 0 where it is empty, for "never". */
export const countOf = (text: string): number => Math.max(0, Number(text) || 0);

export interface ScheduleFormProps {
  schedule: Schedule;
  onSaved: () => Promise<void>;
}

export function ScheduleForm({ schedule, onSaved }: ScheduleFormProps) {
  const { least_items, ...kept } = schedule;
  const [wanted, setWanted] = useState<ScheduleChange>(kept);
  const [state, setState] = useState<{ busy: boolean; fault: string | null }>({
    busy: false,
    fault: null,
  });
  const isOpen = useIsOpen();
  const set = (part: Partial<ScheduleChange>) =>
    setWanted((was) => ({ ...was, ...part }));

  async function save(event: Event) {
    event.preventDefault();
    setState({ busy: true, fault: null });
    let fault: string | null = null;
    try {
      await setSchedule(wanted);
    } catch (error) {
      fault = sentenceOf(error);
    }
    if (isOpen()) setState({ busy: false, fault });
    if (fault === null) await onSaved();
  }

  const every = (name: 'every_judgements' | 'every_days', step: string) => (
    <label class="audit-field">
      <span>{t(`audits.${name}`)}</span>
      <input
        class="input"
        type="number"
        min={0}
        step={step}
        placeholder={t('audits.never')}
        value={wanted[name] || ''}
        data-testid={`audit-${name}`}
        onInput={(event) => set({ [name]: countOf(event.currentTarget.value) })}
      />
    </label>
  );
  const confidences = CONFIDENCES.includes(wanted.confidence)
    ? CONFIDENCES
    : [...CONFIDENCES, wanted.confidence].sort();
  return (
    <form class="audit-form" onSubmit={save} data-testid="audit-form">
      <label class="audit-field">
        <span>{t('audits.bound')}</span>
        <input
          class="input"
          type="number"
          min={0.1}
          max={99}
          step="any"
          required
          value={Number((100 * wanted.bound).toFixed(2))}
          data-testid="audit-bound"
          onChange={(event) => set({ bound: Number(event.currentTarget.value) / 100 })}
        />
      </label>
      <label class="audit-field">
        <span>{t('audits.confidence')}</span>
        <select
          class="select"
          value={String(wanted.confidence)}
          data-testid="audit-confidence"
          onChange={(event) => set({ confidence: Number(event.currentTarget.value) })}
        >
          {confidences.map((one) => (
            <option key={one} value={String(one)} selected={one === wanted.confidence}>
              {confidenceText(one)}
            </option>
          ))}
        </select>
      </label>
      {every('every_judgements', '1')}
      {every('every_days', 'any')}
      <label class="choice">
        <input
          type="checkbox"
          checked={wanted.blocks_export}
          data-testid="audit-blocks"
          onChange={(event) => set({ blocks_export: event.currentTarget.checked })}
        />
        {t('audits.blocks')}
      </label>
      <p class="muted" data-testid="audit-least">
        {t('audits.least', { n: least_items })}
      </p>
      <Fault text={state.fault} />
      <button
        type="submit"
        class="panel-button"
        disabled={state.busy}
        data-testid="audit-save"
      >
        {t('audits.save')}
      </button>
    </form>
  );
}
