/** The reaction lag that is taken off a rating, as a number to change. */

import { useSignal } from '@preact/signals';
import { t } from '../i18n';

const STEP_S = 0.1;
/** As much as the server takes. */
const LONGEST_S = 12;

interface LagInputProps {
  lag_s: number;
  label: string;
  testid: string;
  onGive: (lag_s: number) => void;
}

export function LagInput({ lag_s, label, testid, onGive }: LagInputProps) {
  const typed = useSignal<string | null>(null);
  const give = (text: string) => {
    const wanted = Number(text);
    typed.value = null;
    if (!Number.isFinite(wanted) || text.trim() === '') return;
    const within = Math.min(Math.max(wanted, 0), LONGEST_S);
    if (Math.abs(within - lag_s) < STEP_S / 2) return;
    onGive(Math.round(within * 100) / 100);
  };
  return (
    <label class="trace-lag-row">
      <span>{label}</span>
      <input
        class="input"
        type="number"
        min="0"
        max={LONGEST_S}
        step={STEP_S}
        value={typed.value ?? lag_s.toFixed(1)}
        data-testid={testid}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
        }}
        onChange={(event) => give(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
        }}
      />
      <span>{t('tracing.unit')}</span>
    </label>
  );
}
