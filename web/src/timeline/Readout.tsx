/** The frame under the pointer in numbers. */

import type { EstimateArrays } from '../api/types';
import { number, percent, t } from '../i18n';
import { indexOf } from '../lib/geometry';
import { fitting, type Shown } from './state';
import { clock } from './window';

/** `+0.31`, `\u22120.20`, `0.00` */
export function signed(value: number): string {
  const size = number(Math.abs(value), 2);
  if (Math.abs(value) < 0.005) return size;
  return (value < 0 ? '\u2212' : '+') + size;
}

/** `+0.31 [+0.12, +0.50]` */
function valueText(value: number, low: number, high: number): string {
  if (Number.isNaN(value)) return '\u2013';
  if (Number.isNaN(low) || Number.isNaN(high)) return signed(value);
  return `${signed(value)} [${signed(low)}, ${signed(high)}]`;
}

const ORIGINS = ['model', 'human', 'human', 'accepted', 'imported', 'refused'];

function Values({ estimate, i }: { estimate: EstimateArrays; i: number }) {
  const at = (column: Float32Array) => column[i] ?? Number.NaN;
  const { valence, low_valence, high_valence } = estimate;
  const { arousal, low_arousal, high_arousal } = estimate;
  const confidence = at(estimate.confidence);
  return (
    <>
      <b class="of-valence">
        {t('timeline.valenceShort')}{' '}
        {valueText(at(valence), at(low_valence), at(high_valence))}
      </b>
      <b class="of-arousal">
        {t('timeline.arousalShort')}{' '}
        {valueText(at(arousal), at(low_arousal), at(high_arousal))}
      </b>
      {!Number.isNaN(confidence) && (
        <span>{t('timeline.confident', { share: percent(confidence) })}</span>
      )}
      <span>{t(`timeline.origin.${ORIGINS[estimate.origin[i] ?? 0] ?? 'model'}`)}</span>
    </>
  );
}

export function Readout({ shown, frame }: { shown: Shown; frame: number }) {
  const { times, frames, hidden } = shown;
  const estimate = fitting(shown);
  const i = indexOf(frames, frame);
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
      {i >= 0 && !blind && !estimate && <span>{t('timeline.noEstimate')}</span>}
      {i >= 0 && !blind && estimate && <Values estimate={estimate} i={i} />}
    </p>
  );
}
