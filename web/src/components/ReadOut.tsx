/** Values at the frame on screen: the model's, and a person's if any. */

import type { Dimension, Judgement } from '../api/types';
import { surely, t, thresholdText } from '../i18n';
import { className, dimensionName, shortName } from '../i18n/names';
import { formatValue, hasValue } from '../lib/value';
import { judgementAt, ratersAt } from '../state/draft';
import { type PredictionAt, predictionAt } from '../state/predictionAt';
import { raterName } from '../state/raters';
import { frame, indexAt, place, shown, thresholdHere } from '../state/selection';
import { dimensions } from '../state/session';
import { isBlind } from '../state/target';

export function ReadOut() {
  const at = shown.value >= 0 ? shown.value : frame.value;
  return (
    <dl class="readout" aria-label={t('readout.label')} data-testid="readout">
      <First at={at} />
      <JudgementPart judgement={judgementAt(at)} />
    </dl>
  );
}

/** What the model says; what several raters say together stands in its place. */
function First({ at }: { at: number }) {
  const n = ratersAt(at);
  const seen = n > 1 && place.value ? predictionAt(at) : null;
  const together = seen && !seen.isModels ? seen : null;
  return (
    <>
      <dt>{t(together ? 'readout.together' : 'readout.model')}</dt>
      <dd data-testid={together ? 'readout-together' : undefined}>
        {together ? <TogetherPart of={together} n={n} /> : <ModelPart at={at} />}
      </dd>
    </>
  );
}

function ModelPart({ at }: { at: number }) {
  if (!place.value) return <span class="muted">{'\u2013'}</span>;
  if (isBlind(at)) return <span class="muted">{t('readout.hidden')}</span>;
  const seen = predictionAt(at);
  if (!seen) {
    const known = indexAt(at) >= 0;
    return <span class="muted">{t(known ? 'readout.noModel' : 'readout.noFace')}</span>;
  }
  if (!seen.isModels) return <span class="muted">{t('readout.replaced')}</span>;
  return (
    <>
      {dimensions.value.map((one, d) => (
        <DimensionPart key={one.name} of={seen} dimension={one} d={d} />
      ))}
      <Confidence of={seen} />
      {seen.expression && (
        <span class="readout-class">{className(seen.expression)}</span>
      )}
    </>
  );
}

interface DimensionProps {
  of: PredictionAt;
  dimension: Dimension;
  d: number;
}

function DimensionPart({ of, dimension, d }: DimensionProps) {
  const text = (value: number | null | undefined) => formatValue(value, dimension);
  const low = of.low[d] ?? null;
  return (
    <span class={`value of-dimension-${d % 6}`} title={dimensionName(dimension)}>
      <abbr>{shortName(dimension)}</abbr>
      <b>{text(of.value[d])}</b>
      {low !== null && (
        <span class="interval">
          {t('readout.interval', { low: text(low), high: text(of.high[d]) })}
        </span>
      )}
    </span>
  );
}

function Confidence({ of: { confidence } }: { of: PredictionAt }) {
  if (confidence === null) return null;
  const below = confidence < thresholdHere.value;
  const why = t('readout.below', { threshold: thresholdText(thresholdHere.value) });
  return (
    <span class="confidence" data-below={below} title={below ? why : undefined}>
      {t('readout.confidence', { share: surely(confidence) })}
    </span>
  );
}

/** What stands of several raters, by the project's consensus. */
function TogetherPart({ of, n }: { of: PredictionAt; n: number }) {
  return (
    <>
      {dimensions.value.map((one, d) => {
        const isRange = (of.low[d] ?? 0) < (of.high[d] ?? 0);
        const shown = isRange ? of : { ...of, low: [], high: [] };
        return <DimensionPart key={one.name} of={shown} dimension={one} d={d} />;
      })}
      <span class="muted">{t('readout.of', { n })}</span>
    </>
  );
}

function JudgementPart({ judgement }: { judgement: Judgement | null }) {
  if (!judgement) return null;
  const { value, expression, rater, unsure } = judgement;
  return (
    <>
      <dt>{t('readout.person')}</dt>
      <dd class="readout-label">
        {hasValue(value) && (
          <b>
            {dimensions.value.map((one, d) => formatValue(value[d], one)).join(' / ')}
          </b>
        )}
        {expression && <span>{className(expression)}</span>}
        {unsure && <span>{t('bar.unsure')}</span>}
        <span class="muted">{raterName(rater)}</span>
      </dd>
    </>
  );
}
