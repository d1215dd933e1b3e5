/** After a training item: what the face is known to show, and why. */

import { gap, t } from '../i18n';
import { className, dimensionName } from '../i18n/names';
import { formatValue } from '../lib/value';
import { dimensions } from '../state/session';
import { trainingResult } from './trainingResult';

export function TrainingNote() {
  const of = trainingResult.value;
  if (!of) return null;
  const known = dimensions.value.flatMap((one, d) => {
    const value = of.value[d] ?? null;
    return value === null ? [] : [`${dimensionName(one)} ${formatValue(value, one)}`];
  });
  if (of.expression !== null) known.push(className(of.expression));
  return (
    <p
      class="audit-note"
      role="status"
      data-testid="training-result"
      data-within={of.is_within}
    >
      <b>{t(of.is_within ? 'training.within' : 'training.outside')}</b>
      {gap()}
      {t('training.known', { known: known.join(' / ') })}
      {of.text !== '' && <span lang="">{` ${of.text}`}</span>}
    </p>
  );
}
