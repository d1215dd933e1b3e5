/** Whether everything is saved, always in sight. */

import { t } from '../i18n';
import { outboxSignal } from '../state/changes';
import { draftTouched } from '../state/draftValue';
import { live } from '../state/live';

export function SaveState() {
  const box = outboxSignal.value;
  const state = box?.state.value ?? 'saved';
  const n = box?.waiting.value.length ?? 0;
  const draft = state === 'saved' && draftTouched.value;
  return (
    <p
      class="save-state"
      role="status"
      aria-live="polite"
      aria-label={t('save.label')}
      data-testid="save-state"
      data-state={state}
      data-draft={draft}
      data-waiting={n}
      title={live.value ? undefined : t('save.noUpdates')}
    >
      <span class="save-dot" data-state={draft ? 'draft' : state} aria-hidden="true" />
      <span class="save-text">
        {draft ? t('save.unsaved') : t(`save.${state}`, { n })}
      </span>
    </p>
  );
}
