/** Stands for all that judges, for who may only look on. */

import { t } from '../i18n';

export function LookOn() {
  return (
    <section
      id="judge"
      class="card"
      aria-label={t('card.lookOn')}
      data-testid="look-on"
    >
      <p class="reason">{t('card.lookOn')}</p>
      <p class="muted">{t('card.lookOnText')}</p>
    </section>
  );
}
