/** Where one rater's bias lies among those of all, on a line about 0. */

import type { RaterAgreement } from '../api/types';
import { t } from '../i18n';
import { raterName } from '../state/raters';
import { halfAxis, signedText } from './figures';

const WIDTH = 240;
const HEIGHT = 26;
const MARGIN = 8;

interface Props {
  own: RaterAgreement;
  all: readonly RaterAgreement[];
  dimension: string;
  index: number;
  /** The axis reaches so far at least, on both sides of 0. */
  least: number;
}

export function BiasStrip({ own, all, dimension, index, least }: Props) {
  const known = all.flatMap(({ bias }) => (bias === null ? [] : [bias]));
  const half = halfAxis(known, least);
  const x = (bias: number) => WIDTH / 2 + (bias / half) * (WIDTH / 2 - MARGIN);
  const label = t('profile.biasOf', {
    dimension,
    name: raterName(own.rater_id),
    bias: signedText(own.bias),
    low: signedText(Math.min(...known)),
    high: signedText(Math.max(...known)),
  });
  return (
    <div class="profile-bias">
      <span>
        {t('profile.bias')} <b>{signedText(own.bias)}</b>
      </span>
      <svg
        class={`bias-strip of-dimension-${index % 6}`}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={label}
      >
        <line class="axis" x1={MARGIN} x2={WIDTH - MARGIN} y1="13" y2="13" />
        <line class="zero" x1={WIDTH / 2} x2={WIDTH / 2} y1="3" y2="23" />
        {all.map(({ rater_id, bias }) =>
          bias === null || rater_id === own.rater_id ? null : (
            <circle key={rater_id} class="other" cx={x(bias)} cy="13" r="4" />
          ),
        )}
        {own.bias !== null && <circle class="own" cx={x(own.bias)} cy="13" r="6" />}
      </svg>
      <span class="strip-ends muted small" aria-hidden="true">
        <span>{signedText(-half)}</span>
        <span>{signedText(half)}</span>
      </span>
      <span class="muted small">{t('profile.bias.means')}</span>
    </div>
  );
}
