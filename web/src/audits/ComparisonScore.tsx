/** How far comparisons of two faces agree with the curves, for leads. */

import { number, percent, t } from '../i18n';
import { Fault } from '../panels/Panel';
import { useLoaded } from '../panels/useLoaded';
import { latestEvent } from '../state/live';
import { dimensionText } from './dimensionText';
import { getScores, type Score } from './requests';

/** One plain sentence about one dimension. */
export function scoreSentence(of: Score): string {
  const { share, low, high } = of;
  const n = { n: of.n, cannot: number(of.n_cannot) };
  if (share === null || low === null || high === null)
    return t('compare.noScore', { dimension: dimensionText(of.dimension), ...n });
  return t('compare.scored', {
    ...n,
    dimension: dimensionText(of.dimension),
    share: percent(share),
    low: number(100 * low),
    high: number(100 * high),
  });
}

export function ComparisonScore() {
  const { value, fault } = useLoaded(getScores, [latestEvent.value]);
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
