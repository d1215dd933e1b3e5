/** Valence and arousal at the frame on screen: the model's, and the label if any. */

import type { Label } from '../api/types';
import { percent, t } from '../i18n';
import { signed } from '../lib/format';
import { indexOf } from '../lib/geometry';
import { frame, frames, shown } from '../state/current';
import { blindSpan, labelAt, type ModelValue, modelAt } from '../state/draft';
import { threshold } from '../state/session';

export function ReadOut() {
  const at = shown.value >= 0 ? shown.value : frame.value;
  return (
    <dl class="readout" aria-label={t('readout.label')} data-testid="readout">
      <dt>{t('readout.model')}</dt>
      <dd>
        <ModelPart at={at} />
      </dd>
      <LabelPart label={labelAt(at)} />
    </dl>
  );
}

function ModelPart({ at }: { at: number }) {
  const blind = blindSpan.value;
  if (blind && at >= blind.first && at <= blind.last) {
    return <span class="muted">{t('readout.hidden')}</span>;
  }
  const seen = modelAt(at);
  if (!seen) {
    const known = indexOf(frames.value, at) >= 0;
    return <span class="muted">{t(known ? 'readout.noModel' : 'readout.noFace')}</span>;
  }
  return (
    <>
      <Value of={seen} dimension="valence" />
      <Value of={seen} dimension="arousal" />
      <Confidence of={seen} />
      {seen.expression && (
        <span class="readout-class">{t(`expression.${seen.expression}`)}</span>
      )}
    </>
  );
}

function Value({
  of,
  dimension,
}: {
  of: ModelValue;
  dimension: 'valence' | 'arousal';
}) {
  const low = of[`low_${dimension}`];
  const high = of[`high_${dimension}`];
  return (
    <span class={`value of-${dimension}`} title={t(`readout.${dimension}`)}>
      <abbr>{t(dimension === 'valence' ? 'readout.v' : 'readout.a')}</abbr>
      <b>{signed(of[dimension])}</b>
      {Number.isFinite(low) && (
        <span class="interval">
          {t('readout.interval', { low: signed(low), high: signed(high) })}
        </span>
      )}
    </span>
  );
}

function Confidence({ of }: { of: ModelValue }) {
  if (!Number.isFinite(of.confidence)) return null;
  const below = of.confidence < threshold.value;
  const why = t('readout.below', { threshold: percent(threshold.value) });
  return (
    <span class="confidence" data-below={below} title={below ? why : undefined}>
      {t('readout.confidence', { share: percent(of.confidence) })}
    </span>
  );
}

function LabelPart({ label }: { label: Label | null }) {
  if (!label) return null;
  return (
    <>
      <dt>{t('readout.person')}</dt>
      <dd class="readout-label">
        {label.valence !== null && label.arousal !== null && (
          <b>
            {signed(label.valence)} / {signed(label.arousal)}
          </b>
        )}
        {label.expression && <span>{t(`expression.${label.expression}`)}</span>}
        <span class="muted">{label.rater}</span>
      </dd>
    </>
  );
}
