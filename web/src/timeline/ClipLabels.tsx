/** What people said of the whole clip, which stands in no frame. */

import type { Judgement } from '../api/types';
import { t } from '../i18n';
import { valueParts } from '../i18n/names';
import { raterName } from '../state/raters';
import { dimensions } from '../state/session';
import { clipLabels } from './marks';

export function ClipLabels({ judgements }: { judgements: readonly Judgement[] }) {
  const labels = clipLabels(judgements);
  if (labels.length === 0) return null;
  const raters = new Set(labels.map(({ rater }) => rater));
  return (
    <p class="timeline-clip" data-testid="timeline-clip">
      <b>{t('timeline.clip')}</b>
      {labels.map(({ event_id, rater, value, expression }) => (
        <span key={event_id} title={raterName(rater)}>
          {valueParts(value, expression, dimensions.value).join(t('history.comma'))}
          {raters.size > 1 && ` (${raterName(rater)})`}
        </span>
      ))}
    </p>
  );
}
