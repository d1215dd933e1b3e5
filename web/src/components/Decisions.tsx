/** The decisions as buttons, each with its key. */

import { t } from '../i18n';
import {
  accept,
  cannotJudgeItem,
  editPrediction,
  rejectItem,
  skipItem,
} from '../state/actions';
import { plan } from '../state/outcome';
import { activeItem } from '../state/queue';
import { isSeen } from '../state/seen';
import { target } from '../state/target';
import { ActionButton } from './Key';

export function Decisions() {
  const on = activeItem.value;
  const reviews = on !== null && on.kind !== 'suggested' && isSeen.value;
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
        onPress={editPrediction}
        disabled={!target.value}
        testid="decide-edit"
        showKey
      />
      <ActionButton
        action="reject"
        label={t('decide.reject')}
        onPress={rejectItem}
        disabled={!reviews}
        testid="decide-reject"
        showKey
      />
      <ActionButton
        action="skip"
        label={t('decide.skip')}
        onPress={skipItem}
        disabled={!on}
        testid="decide-skip"
        showKey
      />
      <ActionButton
        action="cannotJudge"
        label={t('decide.cannot')}
        onPress={cannotJudgeItem}
        disabled={!reviews}
        testid="decide-cannot"
        showKey
      />
    </div>
  );
}
