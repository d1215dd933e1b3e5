/** How to rate: what the scales mean, with anchor faces, and the project's guidelines. */

import { t } from '../i18n';
import { dimensionName, poleName } from '../i18n/names';
import { formatValue } from '../lib/value';
import { Panel } from '../panels/Panel';
import { dimensions } from '../state/session';
import { keepsFaces, setKeepsFaces } from '../state/ui';
import { AnchorPlane, hasAnchors } from './AnchorFaces';
import { Guidelines } from './Guidelines';

const STEPS = ['face', 'first', 'scale', 'same', 'unsure'] as const;
const ANCHORED = ['high', 'middle', 'low'] as const;

export function GuideSheet() {
  return (
    <Panel name="guide" title={t('sheet.guide')}>
      <Guidelines />
      <Scales />
      <section>
        <h3>{t('guide.howTitle')}</h3>
        <ol class="guide-steps">
          {STEPS.map((step) => (
            <li key={step}>{t(`guide.how.${step}`)}</li>
          ))}
        </ol>
      </section>
    </Panel>
  );
}

/** Of other dimensions the page knows only what the label schema says. */
function Scales() {
  const all = dimensions.value;
  if (!hasAnchors(all)) {
    return (
      <section>
        <h3>{t('guide.scalesTitle')}</h3>
        <dl class="guide-anchors">
          {all.map((one) => (
            <div key={one.name}>
              <dt>{dimensionName(one)}</dt>
              <dd>
                {formatValue(one.low, one)} {poleName(one, 'low')},{' '}
                {formatValue(one.high, one)} {poleName(one, 'high')}
              </dd>
            </div>
          ))}
        </dl>
      </section>
    );
  }
  return (
    <section>
      <h3>{t('guide.scalesTitle')}</h3>
      <p>{t('guide.what')}</p>
      <AnchorPlane two={all} label={t('guide.planeLabel')} />
      <label class="choice">
        <input
          type="checkbox"
          data-testid="pad-faces"
          checked={keepsFaces.value}
          onChange={(event) => setKeepsFaces(event.currentTarget.checked)}
        />
        {t('guide.onPad')}
      </label>
      <p class="muted">{t('guide.drawn')}</p>
      {all.map((one, d) => (
        <div key={one.name} class="guide-scale">
          <h4 class={`of-dimension-${d}`}>{dimensionName(one)}</h4>
          <p>{t(`guide.${one.name}`)}</p>
          <dl class="guide-anchors">
            {ANCHORED.map((place) => (
              <div key={place}>
                <dt>{t(`guide.at.${place}`)}</dt>
                <dd>{t(`guide.${one.name}.${place}`)}</dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </section>
  );
}
