/** How far shown values pull each rater: a line per rater, with its interval. */

import type { Pull } from '../api/types';
import { number, percent, t } from '../i18n';
import { Fault } from '../panels/Panel';
import { useCalmEvent } from '../panels/useCalm';
import { useLoaded } from '../panels/useLoaded';
import { raterName } from '../state/raters';
import { dimensionText } from './dimensionText';
import { getAnchoring } from './requests';
import './audits.css';

const WIDTH = 160;
const HEIGHT = 18;
/** The axis of pulls: from a little below nothing to taken over. */
const LOW = -0.25;
const HIGH = 1;

/** A pull on the axis of its picture. */
export const pullX = (pull: number): number =>
  ((Math.min(Math.max(pull, LOW), HIGH) - LOW) / (HIGH - LOW)) * (WIDTH - 8) + 4;

/** What may be said of one rater. */
export function pullSentence(of: Pull): string {
  const n = { n: of.n };
  if (of.pull === null || of.low === null || of.high === null)
    return t('anchoring.tooFew', n);
  return t('anchoring.pull', {
    n: of.n,
    pull: percent(of.pull),
    low: signed(of.low),
    high: signed(of.high),
  });
}

/** A share with its sign, as a whole number of percent. */
const signed = (share: number) => `${number(100 * share)}`;

export function Anchoring() {
  const { value, fault } = useLoaded(getAnchoring, [useCalmEvent()]);
  return (
    <section class="data-part" data-testid="anchoring">
      <h3>{t('anchoring.title')}</h3>
      <p class="muted">{t('anchoring.intro')}</p>
      <Fault text={fault} />
      {value?.raters.length === 0 && <p>{t('anchoring.none')}</p>}
      <ul class="anchoring-list">
        {value?.raters.map((one) => (
          <li
            key={`${one.rater_id} ${one.dimension}`}
            data-testid="anchoring-rater"
            data-warned={one.is_warned}
          >
            <span class="anchoring-who">
              <b>{raterName(one.rater_id)}</b> {dimensionText(one.dimension)}
            </span>
            <PullPicture of={one} />
            <span>{pullSentence(one)}</span>
            {one.is_warned && (
              <span class="audit-warning">{t('anchoring.warning')}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The estimate on its interval; the sentence beside it says the same. */
function PullPicture({ of: { pull, low, high } }: { of: Pull }) {
  if (pull === null || low === null || high === null) return null;
  const middle = HEIGHT / 2;
  return (
    <svg
      class="pull-picture"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      aria-hidden="true"
    >
      <line class="bound-grid" x1={4} x2={WIDTH - 4} y1={middle} y2={middle} />
      <line class="pull-nothing" x1={pullX(0)} x2={pullX(0)} y1={2} y2={HEIGHT - 2} />
      <line
        class="pull-interval"
        x1={pullX(low)}
        x2={pullX(high)}
        y1={middle}
        y2={middle}
      />
      <circle class="bound-dot" cx={pullX(pull)} cy={middle} r={4} />
    </svg>
  );
}
