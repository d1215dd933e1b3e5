/** How far raters agree on what they judged blind, for whoever leads. */

import { getAgreement } from '../api/client';
import type { Agreement, ValueAgreement } from '../api/types';
import { Scrolling } from '../data/Scrolling';
import { number, t } from '../i18n';
import { dimensionName } from '../i18n/names';
import { Fault } from '../panels/Panel';
import { useCalm } from '../panels/useCalm';
import { useLoaded } from '../panels/useLoaded';
import { latestEvent } from '../state/live';
import { dimensions } from '../state/session';
import {
  classFigures,
  type Figure,
  figureText,
  intervalText,
  valueFigures,
} from './figures';
import { RaterProfiles } from './RaterProfiles';
import './agreement.css';

/** All of it is computed anew once anybody has judged: not with each judgement. */
const CALM_MS = 15_000;
const MOST_VIDEOS = 10;
/** What is read first; all else is a click away. */
const MAIN: ReadonlySet<string> = new Set([
  'alpha',
  'ccc',
  'icc2',
  'icc2k',
  'rmse',
  'sagr',
]);

export function AgreementTab() {
  const at = useCalm(latestEvent.value, CALM_MS);
  const loaded = useLoaded(() => getAgreement({ by: 'video' }), [at]);
  const { value: seen, fault } = loaded;
  return (
    <div data-testid="agreement">
      <Fault text={fault} />
      {!seen && !fault && <p role="status">{t('sheet.loading')}</p>}
      {seen && <Figures seen={seen} />}
      {seen && seen.raters.length > 0 && <RaterProfiles of={seen} revision={at} />}
    </div>
  );
}

function Figures({ seen }: { seen: Agreement }) {
  const shared = seen.values.some((one) => one.n_items > 0);
  const isThere = shared || seen.classes !== null;
  return (
    <>
      <section class="data-part">
        {!isThere && (
          <p data-testid="agreement-none">
            {t(seen.raters.length < 2 ? 'agreement.none' : 'agreement.noneShared')}
          </p>
        )}
        <p class="muted" data-testid="agreement-basis">
          {t('agreement.basis', {
            raters: seen.raters.length,
            n: seen.n_judgements,
          })}
        </p>
        {seen.n_shown > 0 && (
          <p class="muted">{t('agreement.shown', { n: seen.n_shown })}</p>
        )}
        {seen.lost_videos.length > 0 && (
          <p class="muted">
            {t('agreement.lost', { names: seen.lost_videos.join(', ') })}
          </p>
        )}
      </section>
      {seen.values
        .filter((one) => one.n_items > 0)
        .map((one) => (
          <OfDimension key={one.name} of={one} />
        ))}
      {seen.classes && (
        <section class="data-part" data-testid="agreement-classes">
          <h3>{t('agreement.classes')}</h3>
          <p>{t('agreement.classItems', { n: seen.classes.n_items })}</p>
          <FigureTable
            label={t('agreement.classes')}
            rows={classFigures(seen.classes)}
          />
        </section>
      )}
      <Videos seen={seen} />
    </>
  );
}

/** The name of a dimension in words. */
export function nameOf(name: string): string {
  const found = dimensions.value.find((one) => one.name === name);
  return found ? dimensionName(found) : name;
}

function OfDimension({ of }: { of: ValueAgreement }) {
  const name = nameOf(of.name);
  const counts = { n: of.n_items, complete: number(of.n_complete) };
  const rows = valueFigures(of);
  return (
    <section class="data-part" data-testid={`agreement-${of.name}`}>
      <h3>{name}</h3>
      <p>{t('agreement.items', counts)}</p>
      <FigureTable label={name} rows={rows.filter(({ key }) => MAIN.has(key))} />
      <details>
        <summary>{t('agreement.more')}</summary>
        <FigureTable label={name} rows={rows.filter(({ key }) => !MAIN.has(key))} />
      </details>
      {!of.icc && <p class="muted">{t('agreement.noComplete')}</p>}
      <p class="muted small">{t('agreement.dependent')}</p>
    </section>
  );
}

function FigureTable({ label, rows }: { label: string; rows: readonly Figure[] }) {
  const hasIntervals = rows.some(({ interval }) => interval !== null);
  return (
    <table class="figures" aria-label={label}>
      <thead>
        <tr>
          <th scope="col">{t('agreement.figure')}</th>
          <th scope="col">{t('agreement.value')}</th>
          {hasIntervals && <th scope="col">{t('agreement.interval')}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, value, interval }) => (
          <tr key={key} data-testid={`figure-${key}`}>
            <th scope="row">
              {t(`agreement.${key}`)}
              <span class="muted small">{t(`agreement.${key}.means`)}</span>
            </th>
            <td>
              <b>{figureText(value)}</b>
            </td>
            {hasIntervals && <td>{interval && intervalText(interval)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Videos({ seen }: { seen: Agreement }) {
  if (new Set(seen.groups.map((one) => one.name)).size < 2) return null;
  return (
    <section class="data-part">
      <h3>{t('agreement.videos')}</h3>
      <Scrolling label={t('agreement.videos')}>
        <table class="data-table" data-testid="agreement-videos">
          <thead>
            <tr>
              <th scope="col">{t('overview.video')}</th>
              <th scope="col" />
              <th scope="col">{t('agreement.rmse')}</th>
              <th scope="col">{t('agreement.videoItems')}</th>
            </tr>
          </thead>
          <tbody>
            {seen.groups.slice(0, MOST_VIDEOS).map((one) => (
              <tr key={`${one.name} ${one.dimension}`}>
                <th scope="row">{one.name}</th>
                <td>{nameOf(one.dimension)}</td>
                <td>{number(one.rmse, 2)}</td>
                <td>{number(one.n_items)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
    </section>
  );
}
