/** After an audit: the own value beside the model's, which may be seen now. */

import { gap, number, t } from '../i18n';
import { formatValue } from '../lib/value';
import { auditResult } from '../state/auditResult';
import { dimensions } from '../state/session';

export function AuditNote() {
  const of = auditResult.value;
  if (!of) return null;
  const text = (value: typeof of.own) =>
    dimensions.value.map((one, d) => formatValue(value[d] ?? null, one)).join(' / ');
  return (
    <p
      class="audit-note"
      role="status"
      data-testid="audit-result"
      data-within={of.within}
    >
      {t('audit.result', { own: text(of.own), model: text(of.model) })}
      {gap()}
      <b>
        {t(of.within ? 'audit.within' : 'audit.outside', {
          tolerance: number(of.tolerance, 2),
        })}
      </b>
    </p>
  );
}
