/** The frame under the pointer in numbers. */

import { type PredictionArrays, SOURCE } from '../api/types';
import { number, surely, t } from '../i18n';
import { className, shortName } from '../i18n/names';
import { clock } from '../lib/format';
import { heldIndex } from '../lib/geometry';
import { formatValue } from '../lib/value';
import { lookedAt } from '../state/selection';
import { classes } from '../state/session';
import type { Sources } from './coverage';
import { fitting, type Shown } from './timelineModel';

const SOURCE_KEYS: ReadonlyMap<number, string> = new Map([
  [SOURCE.model, 'model'],
  [SOURCE.frame, 'human'],
  [SOURCE.span, 'human'],
  [SOURCE.accepted, 'accepted'],
  [SOURCE.imported, 'imported'],
  [SOURCE.rejected, 'rejected'],
  [SOURCE.reviewed, 'reviewed'],
]);

const sourceText = (source: number | undefined) =>
  t(`timeline.source.${SOURCE_KEYS.get(source ?? SOURCE.model) ?? 'model'}`);

interface ValuesProps {
  shown: Shown;
  sources: Sources;
  prediction: PredictionArrays;
  i: number;
}

function Values({ shown, sources, prediction, i }: ValuesProps) {
  const { value, low, high } = prediction;
  const confidence = prediction.confidence[i] ?? Number.NaN;
  const name = classes.value[prediction.expression[i] ?? 255]?.name;
  return (
    <>
      {shown.dimensions.map((one, d) => {
        const text = (columns: readonly Float32Array[]) =>
          formatValue(columns[d]?.[i], one);
        const known = Number.isFinite(low[d]?.[i] ?? Number.NaN);
        return (
          <b key={one.name} class={`of-dimension-${d % 6}`}>
            {shortName(one)} {text(value)}
            {known && ` [${text(low)}, ${text(high)}]`}
          </b>
        );
      })}
      {!Number.isNaN(confidence) && (
        <span>{t('timeline.confident', { share: surely(confidence) })}</span>
      )}
      <span>{sourceText(sources.value[i])}</span>
      {name && (
        <span>
          {className(name)}: {sourceText(sources.expression[i])}
        </span>
      )}
    </>
  );
}

interface HoverReadoutProps {
  shown: Shown;
  sources: Sources;
  frame: number;
}

export function HoverReadout({ shown, sources, frame }: HoverReadoutProps) {
  const { times, frames, hidden } = shown;
  const prediction = fitting(shown);
  const i = heldIndex(frames, lookedAt.value, frame);
  const blind = hidden && frame >= hidden.first && frame <= hidden.last;
  return (
    <p class="timeline-readout" data-testid="timeline-readout">
      <span>
        {t('timeline.frame', {
          frame: number(frame),
          time: clock(times[frame] ?? 0, 2),
        })}
      </span>
      {i < 0 && <span>{t('timeline.noFace')}</span>}
      {i >= 0 && blind && <span>{t('timeline.blind')}</span>}
      {i >= 0 && !blind && !prediction && <span>{t('timeline.noPrediction')}</span>}
      {i >= 0 && !blind && prediction && (
        <Values shown={shown} sources={sources} prediction={prediction} i={i} />
      )}
    </p>
  );
}
