/** The decisions as buttons, each with its key. */

import { t } from '../i18n';
import { accept, editModel, review } from '../state/decide';
import { plan } from '../state/plan';
import { activeItem } from '../state/queue';
import { ActionButton } from './Key';

export function Decisions() {
  const on = activeItem.value;
  const judges = on !== null && on.kind !== 'suggested';
  const saves = plan.value.outcome?.decision !== 'accept';
  return (
    <div class="decisions" role="group" aria-label={t('decide.label')}>
      <ActionButton
        action="accept"
        label={t(saves ? 'decide.save' : 'decide.accept')}
        class="button primary"
        onPress={accept}
        disabled={!plan.value.outcome}
        testid="decide-accept"
        showKey
      />
      <ActionButton
        action="edit"
        label={t('decide.edit')}
        onPress={editModel}
        testid="decide-edit"
        showKey
      />
      <ActionButton
        action="reject"
        label={t('decide.reject')}
        onPress={() => review('reject')}
        disabled={!judges}
        testid="decide-reject"
        showKey
      />
      <ActionButton
        action="skip"
        label={t('decide.skip')}
        onPress={() => review('skip')}
        disabled={!on}
        testid="decide-skip"
        showKey
      />
      <ActionButton
        action="unsure"
        label={t('decide.unsure')}
        onPress={() => review('unsure')}
        disabled={!judges}
        testid="decide-unsure"
        showKey
      />
    </div>
  );
}
