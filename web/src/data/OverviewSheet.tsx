/** The work on the project, for whoever leads it. */

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { backupUrl, getOverview } from '../api/client';
import type { ModelState, Overview } from '../api/types';
import { OverdueNote, useAudits } from '../audits/OverdueNote';
import { language, number, percent, surely, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { className, dimensionName } from '../i18n/names';
import { Fault, Panel } from '../panels/Panel';
import { minutesText } from '../panels/ThresholdPanel';
import { useLoaded } from '../panels/useLoaded';
import { latestEvent, predictionRevision } from '../state/live';
import { raterName } from '../state/raters';
import { dimensions, may } from '../state/session';
import { sideSheet } from '../state/ui';
import { CalibrationLine } from './CalibrationLine';
import { learn, modelState, provisionalText } from './modelState';
import { Scrolling } from './Scrolling';
import { ValueBars } from './ValueBars';
import './data.css';

const MOST_ROWS = 100;

export function OverviewSheet() {
  const keys = [latestEvent.value, predictionRevision.value];
  const { value: seen, fault } = useLoaded(getOverview, keys);
  const audits = useAudits();
  return (
    <Panel name="overview" title={t('sheet.overview')}>
      <Fault text={fault} />
      {!seen && !fault && <p role="status">{t('sheet.loading')}</p>}
      <OverdueNote of={audits} />
      <ModelPart />
      {seen && <Numbers seen={seen} />}
      <Part title={t('overview.data')}>
        <div class="data-actions">
          <button
            type="button"
            class="button"
            data-testid="overview-import"
            onClick={() => {
              sideSheet.value = 'import';
            }}
          >
            {t('overview.import')}
          </button>
          {may('manage') && (
            <a class="button" href={backupUrl()} download data-testid="backup">
              {t('overview.backup')}
            </a>
          )}
        </div>
        {may('manage') && <p class="muted">{t('overview.backupText')}</p>}
      </Part>
    </Panel>
  );
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="data-part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function learntText(state: ModelState): string {
  const counts = { n: state.n_judgements, since: state.n_since };
  if (!state.model_id) return t('model.none');
  if (!state.learnt_at) return t('model.default', counts);
  const format = new Intl.DateTimeFormat(language.value, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  return t('model.learnt', {
    ...counts,
    when: format.format(new Date(state.learnt_at)),
  });
}

function ModelPart() {
  const state = modelState.value;
  const [fault, setFault] = useState<string | null>(null);
  const { learning = null } = state ?? {};
  const going =
    learning && (learning.of > 0 ? 'model.learningVideos' : 'model.learning');
  return (
    <Part title={t('model.title')}>
      {state && (
        <>
          {state.model_id && (
            <p data-testid="model-state">
              <b>{provisionalText(state) ?? t('model.steady')}</b>
            </p>
          )}
          <p>{learntText(state)}</p>
        </>
      )}
      <CalibrationLine alone={false} />
      <div class="data-actions">
        <button
          type="button"
          class="button"
          disabled={!state?.model_id || learning !== null}
          data-testid="learn"
          onClick={() => {
            setFault(null);
            learn().catch((error) => setFault(sentenceOf(error)));
          }}
        >
          {t('model.learn')}
        </button>
        <span role="status" data-testid="learning">
          {going && learning && t(going, { ...learning })}
        </span>
      </div>
      <Fault text={fault} />
    </Part>
  );
}

function Numbers({ seen }: { seen: Overview }) {
  const { frames, reviewed, accepted, pending, position } = seen;
  const counts = { frames, reviewed, accepted, pending };
  const shown = Object.entries(counts).map(([name, n]) => [name, number(n)]);
  const left = position.total - position.done;
  return (
    <>
      <Part title={t('overview.progress')}>
        <p data-testid="overview-counts">
          {t('overview.counts', Object.fromEntries(shown))}
        </p>
        <ProgressTable
          name="video"
          rows={seen.videos.map((v) => ({
            ...v,
            name: v.video_id,
            note: v.is_lost ? 'lost' : v.is_counted ? null : 'counting',
          }))}
        />
      </Part>
      {seen.persons.length > 0 && (
        <Part title={t('overview.persons')}>
          <ProgressTable name="person" rows={seen.persons} />
        </Part>
      )}
      <Part title={t('overview.time')}>
        <p data-testid="overview-spent">
          {t(seen.n_timed > 0 ? 'overview.spent' : 'overview.untimed', {
            time: minutesText(seen.active_s / 60),
            timed: number(seen.n_timed),
            n: seen.judgements,
          })}
        </p>
        <p data-testid="overview-forecast">
          {t(left > 0 ? 'overview.forecast' : 'overview.noForecast', {
            items: left,
            time: minutesText((position.seconds_left ?? 0) / 60),
            seconds: number(seen.seconds_per_item, 1),
          })}
        </p>
      </Part>
      <Raters seen={seen} />
      <Audits seen={seen} />
      {seen.judgements > 0 && (
        <Part title={t('overview.values')}>
          {seen.values.map((one, d) => (
            <ValueBars key={one.name} of={one} index={d} />
          ))}
        </Part>
      )}
      {seen.judgements > 0 && seen.classes.length > 0 && <Classes seen={seen} />}
    </>
  );
}

interface ProgressRow {
  name: string;
  frames: number;
  reviewed: number;
  accepted: number;
  pending: number;
  note?: string | null;
}

const COUNTED = ['frames', 'reviewed', 'accepted', 'pending'] as const;

function ProgressTable({
  name,
  rows,
}: {
  name: 'video' | 'person';
  rows: readonly ProgressRow[];
}) {
  if (rows.length === 0) return null;
  const more = rows.length - MOST_ROWS;
  return (
    <Scrolling label={t(`overview.${name}`)}>
      <table class="data-table" data-testid={`overview-${name}s`}>
        <thead>
          <tr>
            <th scope="col">{t(`overview.${name}`)}</th>
            {COUNTED.map((one) => (
              <th key={one} scope="col">
                {t(`overview.${one}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row) => (
            <tr key={row.name}>
              <th scope="row" title={row.name}>
                {row.name}
              </th>
              {row.note ? (
                <td colSpan={COUNTED.length}>{t(`overview.${row.note}`)}</td>
              ) : (
                COUNTED.map((one) => <td key={one}>{number(row[one])}</td>)
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && <p class="muted">{t('overview.more', { n: number(more) })}</p>}
    </Scrolling>
  );
}

function Raters({ seen }: { seen: Overview }) {
  if (seen.raters.length === 0) return null;
  return (
    <Part title={t('overview.raters')}>
      <table class="data-table" data-testid="overview-raters">
        <thead>
          <tr>
            {['rater', 'judgements', 'blind', 'minutes', 'audits'].map((name) => (
              <th key={name} scope="col">
                {t(`overview.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {seen.raters.map((one) => (
            <tr key={one.rater}>
              <th scope="row">{raterName(one.rater)}</th>
              <td>{number(one.judgements)}</td>
              <td>{number(one.blind)}</td>
              <td>{number(one.active_s / 60, 1)}</td>
              <td>
                {one.audits.right === null
                  ? '–'
                  : t('overview.auditsOf', {
                      right: percent(one.audits.right),
                      n: number(one.audits.n),
                    })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Part>
  );
}

function Audits({ seen: { audits } }: { seen: Overview }) {
  const errors = audits.error.map((error, d) => {
    const one = dimensions.value[d];
    return one && error !== null ? `${dimensionName(one)} ${number(error, 2)}` : null;
  });
  return (
    <Part title={t('overview.audits')}>
      {audits.right === null ? (
        <p data-testid="overview-audits">{t('overview.noAudit')}</p>
      ) : (
        <>
          <p data-testid="overview-audits">
            {t('overview.audited', {
              right: percent(audits.right),
              n: audits.n,
              promised: audits.promised === null ? '–' : surely(audits.promised),
            })}
          </p>
          <p>
            {t('overview.auditError', { errors: errors.filter(Boolean).join(' · ') })}
          </p>
        </>
      )}
    </Part>
  );
}

function Classes({ seen }: { seen: Overview }) {
  return (
    <Part title={t('overview.classes')}>
      <table class="data-table">
        <thead>
          <tr>
            <th scope="col">{t('overview.class')}</th>
            <th scope="col">{t('overview.labels')}</th>
          </tr>
        </thead>
        <tbody>
          {seen.classes.map((one) => (
            <tr key={one.name}>
              <th scope="row">{className(one.name)}</th>
              <td>{number(one.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Part>
  );
}
