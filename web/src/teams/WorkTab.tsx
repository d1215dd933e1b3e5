/** How far everybody is, and what to do next, for who leads. */

import { useSignal } from '@preact/signals';
import type { PlanCount, RaterProgress } from '../api/types';
import { Scrolling } from '../data/Scrolling';
import { language, number, percent, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { minutesText } from '../panels/ThresholdPanel';
import { useCalmEvent } from '../panels/useCalm';
import { useLoaded } from '../panels/useLoaded';
import { AssignForm } from './AssignForm';
import { getPlans, getWork, withdrawPlan } from './requests';
import { loadTeam, nameOf, team } from './team';
import '../data/data.css';

const COLUMNS = ['rater', 'progress', 'open', 'time', 'training', 'honeypots'] as const;

const load = async () => {
  const [work, plans] = await Promise.all([getWork(), getPlans(), loadTeam()]);
  return { work, plans };
};

export function WorkTab() {
  const { value: seen, fault, reload } = useLoaded(load, [useCalmEvent()]);
  const raters = team.value.filter((one) => one.may_judge);
  return (
    <section data-testid="work">
      <Fault text={fault} />
      {!seen && !fault && <p role="status">{t('sheet.loading')}</p>}
      {seen && <Progress work={seen.work} />}
      {seen && seen.plans.length > 0 && <Plans plans={seen.plans} onDone={reload} />}
      {seen && <AssignForm raters={raters} onDone={reload} />}
    </section>
  );
}

/** Of everybody who has work or did some, and of who could have some. */
function rowsOf(work: readonly RaterProgress[]): RaterProgress[] {
  const there = new Set(work.map((one) => one.rater_id));
  const idle = team.value.filter(
    (one) => one.role === 'rater' && !there.has(one.rater_id),
  );
  const none = {
    ...{ open: 0, answered: 0, active_s: 0 },
    training: { n: 0, within: 0, rmse: null },
    honeypots: { n: 0, within: 0 },
  };
  return [...work, ...idle.map(({ rater_id }) => ({ rater_id, ...none }))];
}

function Progress({ work }: { work: readonly RaterProgress[] }) {
  const rows = rowsOf(work);
  if (rows.length === 0) return <p class="muted">{t('work.nobody')}</p>;
  return (
    <Scrolling label={t('work.title')}>
      <table class="data-table" data-testid="work-raters">
        <thead>
          <tr>
            {COLUMNS.map((one) => (
              <th key={one} scope="col">
                {t(`work.column.${one}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.rater_id} data-rater={one.rater_id}>
              <th scope="row">{nameOf(one.rater_id)}</th>
              <td>
                <Share done={one.answered} of={one.answered + one.open} />
              </td>
              <td>{number(one.open)}</td>
              <td>{one.active_s > 0 ? minutesText(one.active_s / 60) : '–'}</td>
              <td>{trainingText(one.training)}</td>
              <td>{withinText(one.honeypots)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}

function Share({ done, of }: { done: number; of: number }) {
  if (of === 0) return <>–</>;
  return (
    <span class="work-share">
      <span class="progress" aria-hidden="true">
        <span style={{ width: `${(100 * done) / of}%` }} />
      </span>
      {t('work.of', { n: number(done), of: number(of) })}
    </span>
  );
}

const withinText = ({ n, within }: RaterProgress['honeypots']) =>
  n === 0 ? '–' : t('work.within', { n: number(n), share: percent(within / n) });

function trainingText(training: RaterProgress['training']): string {
  const { rmse } = training;
  const text = withinText(training);
  return rmse === null
    ? text
    : `${text} · ${t('work.rmse', { rmse: number(rmse, 2) })}`;
}

interface PlansProps {
  plans: readonly PlanCount[];
  onDone: () => Promise<void>;
}

function Plans({ plans, onDone }: PlansProps) {
  const said = useSignal('');
  const fault = useSignal<string | null>(null);
  const format = new Intl.DateTimeFormat(language.value, {
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const withdraw = async (plan: string) => {
    fault.value = null;
    try {
      const { withdrawn } = await withdrawPlan(plan);
      said.value = t('work.withdrawn', { n: withdrawn });
    } catch (error) {
      fault.value = sentenceOf(error);
    }
    await onDone();
  };
  return (
    <section class="data-part">
      <h3>{t('work.plans')}</h3>
      <ul class="plan-list" data-testid="plans">
        {plans.map((one) => {
          const when = format.format(new Date(one.opened_at));
          return (
            <li key={one.plan} class="plan-row">
              <span>
                <b>{when}</b>{' '}
                <span class="muted">
                  {t('work.plan', {
                    raters: one.n_raters,
                    open: number(one.n_open),
                    answered: number(one.n_answered),
                  })}
                  {one.n_withdrawn > 0 &&
                    ` · ${t('work.planWithdrawn', { n: number(one.n_withdrawn) })}`}
                </span>
              </span>
              {one.n_open > 0 && (
                <button
                  type="button"
                  class="button small"
                  aria-label={t('work.withdrawOf', { when })}
                  data-testid="withdraw"
                  onClick={() => void withdraw(one.plan)}
                >
                  {t('work.withdraw')}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <p role="status">{said.value}</p>
      <Fault text={fault.value} />
    </section>
  );
}
