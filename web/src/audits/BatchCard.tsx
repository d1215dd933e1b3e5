/** One audit batch: what may be said of it, how it came about, and what to do with it. */

import { useState } from 'preact/hooks';
import type { AuditItem, Batch, Reopening, Stratum } from '../api/types';
import { language, number, t, thresholdText } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { valueParts } from '../i18n/names';
import type { Value } from '../lib/value';
import { Fault } from '../panels/Panel';
import { useIsOpen } from '../panels/send';
import { useCalmEvent } from '../panels/useCalm';
import { useLoaded } from '../panels/useLoaded';
import { openFrame } from '../state/actions';
import { raterName } from '../state/raters';
import { dimensions } from '../state/session';
import { undoEvent } from '../state/undoStack';
import { BoundPlot } from './BoundPlot';
import { boundSentence, roundedUp } from './bound';
import { getBatch, stopBatch } from './requests';
import { stratumText, worstFirst } from './strata';

const MOST_ROWS = 50;

interface BatchProps {
  of: Batch;
  /** Whether all of it is in sight from the start. */
  isFirst: boolean;
  onChanged: () => Promise<void>;
}

export function BatchCard({ of, isFirst, onChanged }: BatchProps) {
  const [open, setOpen] = useState(isFirst);
  return (
    <details
      class="audit-batch"
      open={open}
      data-testid="audit-batch"
      data-batch={of.batch_id}
      data-state={of.state}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <b>{t('audits.batch', { id: of.batch_id })}</b>
        <span class="audit-state">{t(`audits.state.${of.state}`)}</span>
        {of.upper_bound < 1 && (
          <span>{t('audits.short', { share: roundedUp(of.upper_bound) })}</span>
        )}
        <time class="muted" dateTime={of.created_at}>
          {dayText(of.created_at)}
        </time>
      </summary>
      <p class="audit-sentence" data-testid="audit-sentence">
        {boundSentence(of)}
      </p>
      {open && <Detail of={of} onChanged={onChanged} />}
    </details>
  );
}

function Detail({ of, onChanged }: Omit<BatchProps, 'isFirst'>) {
  const load = () => getBatch(of.batch_id);
  const { value, fault } = useLoaded(load, [of.batch_id, useCalmEvent()]);
  const [refused, setRefused] = useState<string | null>(null);
  const isOpen = useIsOpen();
  const does = async (work: () => Promise<unknown>) => {
    try {
      await work();
      if (isOpen()) setRefused(null);
    } catch (error) {
      if (isOpen()) setRefused(sentenceOf(error));
    }
    await onChanged();
  };
  const { reopening } = of;
  return (
    <>
      <Fault text={fault ?? refused} />
      <p data-testid="audit-counts">
        {t('audits.counts', {
          wrong: number(of.n_wrong),
          n: number(of.n),
          accepted: number(of.n_accepted),
        })}
      </p>
      {value && <BoundPlot of={of} bounds={value.bounds} />}
      {reopening && (
        <Reopened
          of={reopening}
          onUndo={(event_id) =>
            void does(() => undoEvent({ event_id, kind: 'reopening' }))
          }
        />
      )}
      {value && <Wrong of={value.wrong} />}
      {value && <Strata of={value.strata} />}
      {of.state === 'open' && (
        <button
          type="button"
          class="panel-button"
          data-testid="audit-stop"
          onClick={() => void does(() => stopBatch(of.batch_id))}
        >
          {t('audits.stop')}
        </button>
      )}
    </>
  );
}

function Reopened({
  of,
  onUndo,
}: {
  of: Reopening;
  onUndo: (event_id: number) => void;
}) {
  const isAll = of.least_confidence > 1;
  return (
    <div
      class="audit-reopened"
      data-testid="audit-reopened"
      data-in-force={of.is_in_force}
    >
      <p>
        {t(isAll ? 'audits.reopenedAll' : 'audits.reopened', {
          confidence: thresholdText(Math.min(of.least_confidence, 1)),
          n: of.n_videos,
        })}
      </p>
      {of.is_in_force ? (
        <button
          type="button"
          class="panel-button"
          data-testid="audit-undo"
          onClick={() => onUndo(of.event_id)}
        >
          {t('audits.undo')}
        </button>
      ) : (
        <p>{t('audits.undone')}</p>
      )}
    </div>
  );
}

/** The labels that were off, each a way to its face. */
function Wrong({ of }: { of: readonly AuditItem[] }) {
  if (of.length === 0) return null;
  return (
    <details class="audit-wrong">
      <summary>{t('audits.whichWrong', { n: of.length })}</summary>
      <ul class="audit-list" data-testid="audit-wrong">
        {of.map((one) => (
          <li key={`${one.video_id} ${one.track_id} ${one.frame}`}>
            <WrongItem of={one} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function WrongItem({ of }: { of: AuditItem }) {
  const { video_id, track_id, frame } = of;
  const place = t('audits.place', { frame: number(frame), video: video_id });
  const said = t('audits.answers', {
    rater: raterName(of.rater_id),
    model: valueText(of.value, of.expression),
    own:
      valueText(of.answer, of.answer_expression) ||
      t(`audits.decision.${plainDecision(of.decision)}`),
  });
  return (
    <>
      {track_id === null ? (
        place
      ) : (
        <button
          type="button"
          class="panel-button"
          onClick={() => openFrame(video_id, track_id, frame)}
        >
          {place}
        </button>
      )}{' '}
      <span>{said}</span>
    </>
  );
}

const PLAIN: readonly string[] = ['reject', 'cannot', 'skip'];
const plainDecision = (name: string) => (PLAIN.includes(name) ? name : 'other');

const valueText = (value: Value, expression: string | null) =>
  valueParts(value, expression, dimensions.value).join(' ');

function Strata({ of }: { of: readonly Stratum[] }) {
  if (of.length === 0) return null;
  const more = of.length - MOST_ROWS;
  return (
    <details class="audit-strata">
      <summary>{t('audits.strata')}</summary>
      <table class="data-table" data-testid="audit-strata">
        <thead>
          <tr>
            {['stratum', 'drawn', 'answered', 'wrong'].map((name) => (
              <th key={name} scope="col">
                {t(`audits.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {worstFirst(of)
            .slice(0, MOST_ROWS)
            .map((one) => (
              <tr key={stratumText(one)}>
                <th scope="row">{stratumText(one)}</th>
                <td>{number(one.n_items)}</td>
                <td>{number(one.n)}</td>
                <td>{number(one.n_wrong)}</td>
              </tr>
            ))}
        </tbody>
      </table>
      {more > 0 && <p class="muted">{t('overview.more', { n: number(more) })}</p>}
    </details>
  );
}

const dayText = (at: string) =>
  new Date(at).toLocaleDateString(language.value, { dateStyle: 'medium' });
