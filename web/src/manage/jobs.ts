/** Long work of the server: how far it is, and what came of it. */

import { batch, computed, signal } from '@preact/signals';
import { ApiError, cancelJob, getJobs, repeatJob } from '../api/client';
import type { Job } from '../api/types';
import { store, stored } from '../lib/storage';
import { announce } from '../state/announcements';
import { bringSuggested } from '../state/queue';
import { sideSheet } from '../state/ui';
import { loadVideos } from '../state/videos';

const STORED = 'feltline.jobs.seen';
const MOST_STORED = 200;

/** As the server lists them, the oldest first. */
export const jobs = signal<readonly Job[]>([]);
/** Rises when settings were changed, here or elsewhere. */
export const settingsRevision = signal(0);
/** Jobs whose result was read and put away. */
const seen = signal<readonly string[]>(stored<string[]>(sessionStorage, STORED) ?? []);

export const isOver = ({ state }: Job) =>
  state === 'done' || state === 'failed' || state === 'cancelled';

/** Those that are under way, and results that nobody has put away. */
export const shownJobs = computed(() =>
  jobs.value.filter((job) => !isOver(job) || !seen.value.includes(job.job_id)),
);
export const openJobs = computed(() => jobs.value.filter((job) => !isOver(job)));

export async function loadJobs(): Promise<void> {
  const listed = await getJobs();
  const known = new Map(jobs.value.map((job) => [job.job_id, job]));
  // What was told of a job meanwhile is newer than this answer.
  jobs.value = listed.map((job) => {
    const before = known.get(job.job_id);
    return before && isOver(before) ? before : job;
  });
}

/** The server says how a job stands. */
export function onJob(job: Job): void {
  const before = jobs.value.find((one) => one.job_id === job.job_id);
  if (before && isOver(before)) return;
  jobs.value = before
    ? jobs.value.map((one) => (one === before ? job : one))
    : [...jobs.value, job];
  if (isOver(job)) finished(job);
}

function finished(job: Job): void {
  const isQuiet = sideSheet.value === 'videos';
  if (job.state === 'failed' && !isQuiet) {
    announce('error', 'jobs.notice.failed', { why: job.fault });
  }
  if (job.state !== 'done') return;
  if (!isQuiet) announce('info', `jobs.notice.${job.kind}`);
  // The log tells the rest; without an entry there it is asked for.
  void loadVideos().catch(() => undefined);
  if (job.kind === 'suggest') void bringSuggested(true).catch(() => undefined);
}

export function putAway(job_id: string): void {
  seen.value = [...seen.value, job_id].slice(-MOST_STORED);
  store(sessionStorage, STORED, JSON.stringify(seen.value));
}

/** Puts a result away; what failed is not begun again by itself from then on. */
export async function giveUp({ job_id, state }: Job): Promise<void> {
  putAway(job_id);
  if (state !== 'failed') return;
  try {
    await cancelJob(job_id);
  } catch (error) {
    // An earlier server's: there is nothing of it any more.
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}

/** Does again what failed. */
export async function again({ job_id }: Job): Promise<void> {
  const anew = await repeatJob(job_id);
  batch(() => {
    onJob(anew);
    putAway(job_id);
  });
}

export async function cancel(job_id: string): Promise<void> {
  onJob(await cancelJob(job_id));
}

const strings = (of: unknown) =>
  Array.isArray(of) ? of.filter((one): one is string => typeof one === 'string') : [];
const pairs = (of: unknown) =>
  typeof of === 'object' && of !== null && !Array.isArray(of)
    ? Object.entries(of).map(([name, what]) => ({ name, what: String(what) }))
    : [];
const count = (of: unknown) => (typeof of === 'number' ? of : 0);

/** What came of adding videos. */
export function addedBy({ result }: Job) {
  return {
    added: strings(result.added),
    withoutFace: strings(result.without_face),
    known: pairs(result.known),
    failed: pairs(result.failed),
    renamed: pairs(result.renamed),
    relocated: pairs(result.relocated),
    notes: strings(result.notes),
  };
}

export function movedBy({ result }: Job) {
  return { moved: pairs(result.moved), unchanged: pairs(result.unchanged) };
}

export function countsOf({ result }: Job) {
  return {
    frames: count(result.frames),
    videos: count(result.videos),
    video_id: typeof result.video_id === 'string' ? result.video_id : '',
    bytes: count(result.bytes),
    models: count(result.models),
    mentions: count(result.mentions),
  };
}

/** The name of a file alone: where it lies is said where that matters. */
export const fileName = (path: string) => path.split(/[\\/]/).pop() || path;
