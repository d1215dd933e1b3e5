/** How far comparisons of two faces agree with the curves, for leads. */

import type { ComparisonScore as Score } from '../api/types';
import { number, percent, sentences, t } from '../i18n';
import { Fault } from '../panels/Panel';
import { useCalmEvent } from '../panels/useCalm';
import { useLoaded } from '../panels/useLoaded';
import { dimensionText } from './dimensionText';
import { getScores } from './requests';

/** What may be said of one dimension. */
export function scoreSentence(of: Score): string {
  const { share, low, high } = of;
  const dimension = dimensionText(of.dimension);
  const scored =
    share === null || low === null || high === null
      ? t('compare.noScore', { dimension })
      : t('compare.scored', {
          dimension,
          n: of.n,
          share: percent(share),
          low: number(100 * low),
          high: number(100 * high),
        });
  return sentences(
    scored,
    of.n_cannot > 0 ? t('compare.cannot', { n: of.n_cannot }) : '',
  );
}

export function ComparisonScore() {
  const { value, fault } = useLoaded(getScores, [useCalmEvent()]);
  const isNone = value?.every(({ n, n_cannot }) => n + n_cannot === 0) ?? false;
  return (
    <section class="data-part" data-testid="comparison-score">
      <h3>{t('compare.score')}</h3>
      <Fault text={fault} />
      {isNone && <p>{t('compare.none')}</p>}
      {!isNone && value?.map((one) => <p key={one.dimension}>{scoreSentence(one)}</p>)}
    </section>
  );
}
