/** Jobs of the server: how far each is, and what came of it, in words. */

import type { ComponentChildren } from 'preact';
import type { Job } from '../api/types';
import { number, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { announce } from '../state/announcements';
import { may } from '../state/session';
import { Bar } from './AddVideos';
import {
  addedBy,
  again,
  cancel,
  countsOf,
  fileName,
  giveUp,
  isOver,
  movedBy,
  putAway,
  shownJobs,
} from './jobs';
import { newVideos, suggestNew } from './newVideos';
import { named, sizeText, timeLeft } from './numbers';
import { PER_CLIP } from './SuggestForm';
import './manage.css';

export function JobStrip() {
  const shown = shownJobs.value;
  if (shown.length === 0) return null;
  return (
    <>
      <ul class="manage-list" aria-label={t('jobs.label')} data-testid="jobs">
        {shown.map((job) => (
          <JobItem key={job.job_id} job={job} />
        ))}
      </ul>
      {newVideos.value.length > 0 && <SuggestNew />}
    </>
  );
}

const failed = (error: unknown) =>
  announce('error', 'jobs.notice.failed', { why: sentenceOf(error) });

function JobItem({ job }: { job: Job }) {
  const over = isOver(job);
  const kind = t(`jobs.kind.${job.kind}`);
  // To end a job, or to have it done again, takes what it takes to ask for it.
  const mayAsk = may(job.kind === 'suggest' ? 'lead' : 'manage');
  return (
    <li
      class="manage-item"
      data-state={job.state}
      data-kind={job.kind}
      data-testid="job"
    >
      <div class="manage-head">
        <b>{kind}</b>
        {job.can_repeat && mayAsk && (
          <button
            type="button"
            class="button small"
            aria-label={t('jobs.againOne', { kind })}
            data-testid="job-again"
            onClick={() => void again(job).catch(failed)}
          >
            {t('jobs.again')}
          </button>
        )}
        <button
          type="button"
          class="button small quiet"
          hidden={!mayAsk && !over}
          aria-label={t(over ? 'jobs.putAwayOne' : 'jobs.cancelOne', { kind })}
          data-testid={over ? 'job-put-away' : 'job-cancel'}
          onClick={() => {
            if (!mayAsk) putAway(job.job_id);
            else void (over ? giveUp(job) : cancel(job.job_id)).catch(failed);
          }}
        >
          {t(over ? 'jobs.putAway' : 'jobs.cancel')}
        </button>
      </div>
      {over ? <Outcome job={job} /> : <Going job={job} kind={kind} />}
    </li>
  );
}

/** While folders are looked through nobody knows yet how many files there are. */
const isLooking = ({ kind, what, n_files }: Job) =>
  kind === 'add' && what !== '' && n_files === 0;
const lookingText = ({ what, done }: Job) =>
  t('jobs.looking', { folder: fileName(what), n: done });

function Going({ job, kind }: { job: Job; kind: string }) {
  const { state, what, done, of, nth, n_files, left_s } = job;
  if (state === 'waiting') {
    return <p class="muted small">{t('jobs.waiting')}</p>;
  }
  const parts =
    of > 0
      ? [
          n_files > 1 && t('jobs.file', { nth: number(nth), n: number(n_files) }),
          fileName(what),
          t('jobs.frames', { done: number(done), of: number(of) }),
          timeLeft(left_s),
        ]
      : [isLooking(job) ? lookingText(job) : t('jobs.running')];
  return (
    <>
      <Bar done={done} of={of} label={kind} />
      <p class="muted small" data-testid="job-progress">
        {parts.filter(Boolean).join(' · ')}
      </p>
    </>
  );
}

function Outcome({ job }: { job: Job }) {
  if (job.state === 'cancelled') {
    return (
      <p class="small" role="status">
        {t('jobs.cancelled')}
      </p>
    );
  }
  if (job.state === 'failed') {
    return (
      <p class="manage-fault small" role="alert" data-testid="job-fault">
        {job.kind === 'add' && job.what && <b>{fileName(job.what)} </b>}
        {job.fault}
      </p>
    );
  }
  return (
    <div class="small" role="status" data-testid="job-result">
      {job.kind === 'add' && <Added job={job} />}
      {job.kind === 'suggest' && <p>{t('jobs.suggested', { ...countsOf(job) })}</p>}
      {job.kind === 'relocate' && <Moved job={job} />}
      {job.kind === 'purge' && <Purged job={job} />}
    </div>
  );
}

function Reasons({ children }: { children: ComponentChildren }) {
  return <ul class="manage-reasons">{children}</ul>;
}

function Added({ job }: { job: Job }) {
  const {
    added,
    withoutFace,
    known,
    failed: lost,
    renamed,
    relocated,
    notes,
  } = addedBy(job);
  return (
    <>
      {added.length > 0 && (
        <p data-testid="job-added">
          {t('jobs.added', { n: added.length, names: named(added) })}
        </p>
      )}
      {known.length > 0 && (
        <p data-testid="job-known">
          {t('jobs.known', {
            n: known.length,
            names: named(known.map(({ what }) => what)),
          })}
        </p>
      )}
      {withoutFace.length > 0 && (
        <p data-testid="job-faceless">
          {t('jobs.withoutFace', { n: withoutFace.length, names: named(withoutFace) })}
        </p>
      )}
      {renamed.length > 0 && (
        <p>
          {t('jobs.renamed', {
            names: named(
              renamed.map(({ name, what }) => `${fileName(name)} → ${what}`),
            ),
          })}
        </p>
      )}
      {relocated.length > 0 && (
        <p>
          {t('jobs.foundAgain', { names: named(relocated.map(({ name }) => name)) })}
        </p>
      )}
      {lost.length > 0 && (
        <>
          <p>{t('jobs.failed', { n: lost.length })}</p>
          <Reasons>
            {lost.map(({ name, what }) => (
              <li key={name} class="manage-fault" data-testid="job-failed">
                <b>{fileName(name)}</b> {what}
              </li>
            ))}
          </Reasons>
        </>
      )}
      {notes.length > 0 && (
        <Reasons>
          {notes.map((note) => (
            <li key={note} class="muted">
              {note}
            </li>
          ))}
        </Reasons>
      )}
    </>
  );
}

/** The next step after adding: frames of the new videos to label first. */
function SuggestNew() {
  return (
    <button
      type="button"
      class="button primary"
      data-testid="suggest-new"
      onClick={() => void suggestNew().catch(failed)}
    >
      {t('jobs.suggestNew', { n: PER_CLIP })}
    </button>
  );
}

function Moved({ job }: { job: Job }) {
  const { moved, unchanged } = movedBy(job);
  return (
    <>
      <p>
        {moved.length > 0
          ? t('jobs.moved', { n: moved.length, names: named(moved.map((m) => m.name)) })
          : t('jobs.movedNone')}
      </p>
      <Reasons>
        {unchanged.map(({ name, what }) => (
          <li key={name}>
            <b>{name}</b> {what}
          </li>
        ))}
      </Reasons>
    </>
  );
}

function Purged({ job }: { job: Job }) {
  const { video_id, bytes, models, mentions } = countsOf(job);
  return (
    <>
      <p>{t('jobs.purged', { video: video_id, size: sizeText(bytes) })}</p>
      {models > 0 && <p>{t('jobs.purgedModels', { n: models })}</p>}
      {mentions > 0 && <p>{t('jobs.purgedMentions', { n: mentions })}</p>}
    </>
  );
}
