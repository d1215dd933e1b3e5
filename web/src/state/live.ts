/** Keeps the page in step with the server: its notifications, and a start from nothing. */

import { batch, computed, effect, signal, untracked } from '@preact/signals';
import { ApiError, OfflineError } from '../api/client';
import { openStream } from '../api/stream';
import type { StreamMessage } from '../api/types';
import { learningAt, modelSoon } from '../data/modelState';
import { sentenceOf } from '../i18n/faults';
import { openTabs } from '../lib/tab';
import { debounced, inTurn, pause, throttled } from '../lib/timing';
import { loadJobs, onJob, settingsRevision } from '../manage/jobs';
import { followUploads, retryBroken } from '../manage/uploads';
import type { Outbox } from '../outbox';
import { commentsLater, loadComments } from '../teams/comments';
import { loadTeam } from '../teams/team';
import { followTraining } from '../teams/trainingResult';
import { followDecisions, showStart } from './actions';
import { watchInputs } from './activeTime';
import { announce } from './announcements';
import { followAudits } from './auditResult';
import { openOutbox, outboxSignal, ownJudgements } from './changes';
import { clearDraft } from './draft';
import { keepDraft, restoreDraft } from './draftStorage';
import { draftTouched } from './draftValue';
import { followEarlier } from './earlier';
import { holdFaces } from './faces';
import { followFace } from './fitting';
import { restoreKeys } from './keymap';
import { reconnects } from './line';
import { followProbabilities } from './predictionAt';
import {
  bringSuggested,
  cursor,
  dropPurged,
  freeMode,
  goTo,
  item,
  loadQueue,
  refreshQueue,
} from './queue';
import {
  followProxy,
  forgetPredictions,
  forgetPurged,
  place,
  reloadJudgements,
  reloadPredictions,
  reloadTracks,
} from './selection';
import { loadSession, may, takeOverKept } from './session';
import { restoreTrace } from './tracing';
import { dropPurgedSteps, followChanges } from './undoStack';
import { loadVideos, mainTrack, onlyVideo, purged, videos } from './videos';

export type Start = 'loading' | 'ready' | 'signed-out' | 'offline' | 'failed';
export const start = signal<Start>('loading');
export const startFault = signal('');
/** False while the server's notifications do not come through. */
export const live = signal(false);

const SOON_MS = 350;
/** So long at most, while notifications go on coming. */
const LONGEST_MS = 2000;
const COUNTS_MS = 4000;
/** An answer that has not come by then says nothing of what was announced before. */
const ANSWER_MS = 10_000;
/** The latest event that the server has announced. */
export const latestEvent = signal(0);
/** Rises when predictions have changed: what is computed of them is asked for anew. */
export const predictionRevision = signal(0);
let greeted = false;

/** Events that the server has announced and the page has not looked at. */
const announced: number[] = [];

/** Changes when faces of any video were split, merged, ignored or restored. */
const shape = computed(() =>
  JSON.stringify(
    videos.value.map(({ video_id, tracks }) => [
      video_id,
      ...tracks.map((one) => [one.track_id, one.n_frames, one.ignored]),
    ]),
  ),
);

/** Whoever learns of other faces first, what is kept of them is fetched anew. */
export function followShape(): () => void {
  let before: string | null = null;
  return effect(() => {
    const now = shape.value;
    const other = before !== null && now !== before;
    before = now;
    if (!other) return;
    holdFaces(() => false); // a face of the same name may be another one
    untracked(() => void reloadTracks().catch(() => undefined));
  });
}

async function takeChanges(): Promise<void> {
  // The answer to what is being saved here may come after the news of it.
  await Promise.race([outboxSignal.value?.answered(), pause(ANSWER_MS)]);
  const foreign = announced.splice(0).some((event_id) => !ownJudgements.has(event_id));
  if (!foreign) return;
  await lookAfresh();
}

/** The videos first: what is asked about one that was purged is refused. */
async function lookAfresh(): Promise<void> {
  await loadVideos();
  await Promise.all([reloadJudgements(), loadSession(), suggestedElsewhere()]);
  await refreshQueue();
}

async function suggestedElsewhere(): Promise<void> {
  if (await bringSuggested()) announce('info', 'notice.suggested');
}

/** Counts the times that videos were purged: what lists frames begins anew. */
export const purges = signal(0);

/** After a purge, here or elsewhere, the page shows nothing of the video any more. */
export function followPurges(): () => void {
  return effect(() => {
    const gone = purged.value;
    if (gone.size === 0) return;
    untracked(() => {
      const wasOnly = onlyVideo.value !== null && gone.has(onlyVideo.value);
      batch(() => {
        purges.value += 1;
        forgetPurged();
        dropPurged();
        dropPurgedSteps();
        if (!place.value) leaveFree();
        if (wasOnly) onlyVideo.value = null;
      });
      void goOn(wasOnly).catch(() => undefined);
    });
  });
}

/** What one labelled freely is gone: on with what is asked. */
function leaveFree(): void {
  // A value is taken back with a word, by whoever follows it.
  if (!draftTouched.value) clearDraft();
  if (item.value) goTo(cursor.value);
  else freeMode.value = false;
}

async function goOn(isAll: boolean): Promise<void> {
  await (isAll ? loadQueue() : refreshQueue());
  if (!item.value && !place.value) showFirst();
}

/** With nothing to judge: the first video in which there is a face. */
function showFirst(): void {
  const first = videos.value.find((one) => mainTrack(one)) ?? videos.value[0];
  showStart(first?.video_id ?? null);
}

const changesSoon = debounced(inTurn(takeChanges), SOON_MS, LONGEST_MS);
const queueSoon = debounced(refreshQueue, SOON_MS, LONGEST_MS);
const revisionSoon = debounced(
  async () => {
    predictionRevision.value += 1;
  },
  SOON_MS,
  LONGEST_MS,
);
const commentsSoon = debounced(loadComments, SOON_MS, LONGEST_MS);
const countsSoon = throttled(loadVideos, COUNTS_MS);
const allSoon = debounced(
  async () => {
    await lookAfresh();
    await reloadTracks();
  },
  SOON_MS,
  LONGEST_MS,
);

/**
 * After a break, or one that the stream outlived: what was missed is not sent again, and
 * what failed meanwhile, pictures too, is asked for anew.
 */
function cameBack(): void {
  reconnects.value += 1;
  allSoon();
  revisionSoon();
  retryBroken();
}

function onMessage(message: StreamMessage): void {
  if (message.type === 'hello') {
    if (greeted) cameBack();
    if (may('lead')) void loadJobs().catch(() => undefined);
    void Promise.all([loadTeam(), loadComments()]).catch(() => undefined);
    greeted = true;
    latestEvent.value = message.last_event_id ?? latestEvent.value;
    modelSoon();
    outboxSignal.value?.kick();
  } else if (message.type === 'refilled') {
    reloadPredictions(message.video_id, message.track_ids).catch(() => undefined);
    modelSoon();
    queueSoon();
    revisionSoon();
    countsSoon();
  } else if (message.type === 'changed') {
    latestEvent.value = Math.max(latestEvent.value, message.event_id);
    announced.push(message.event_id);
    changesSoon();
    countsSoon();
    if (message.video_id === null) commentsSoon();
    else commentsLater();
  } else if (message.type === 'job') {
    onJob(message);
  } else if (message.type === 'settings') {
    settingsRevision.value += 1;
    // What one value of several raters is may be another now, without a new model.
    forgetPredictions().catch(() => undefined);
    revisionSoon();
    void loadSession().catch(() => undefined);
  } else if (message.type === 'failed') {
    announce('error', 'notice.modelFailed');
  } else {
    onProgress(message);
  }
}

function onProgress(message: Extract<StreamMessage, { type: 'progress' }>): void {
  const { video_id, done, of } = message;
  if (message.what === 'learn') {
    learningAt(done, of);
    return;
  }
  if (of > 0 && done >= of) {
    void loadVideos().catch(() => undefined);
    return;
  }
  if (message.what !== 'proxy') return;
  videos.value = videos.value.map((v) =>
    v.video_id === video_id ? { ...v, proxy_progress: of ? done / of : 0 } : v,
  );
}

/** Loads what the page needs and starts to listen. */
export async function begin(): Promise<void> {
  start.value = 'loading';
  try {
    await loadSession();
    takeOverKept();
    const box = outboxSignal.value ?? prepared();
    await Promise.all([loadVideos(), loadQueue()]);
    if (!item.value) showFirst();
    restoreKeys();
    const open = await openTabs();
    restoreDraft(open);
    restoreTrace(open);
    follow();
    box.kick();
    start.value = 'ready';
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) start.value = 'signed-out';
    else if (error instanceof OfflineError) start.value = 'offline';
    else start.value = 'failed';
    startFault.value = sentenceOf(error);
  }
}

function prepared(): Outbox {
  const box = openOutbox();
  followChanges(box);
  followDecisions(box);
  followAudits(box);
  followTraining(box);
  followEarlier();
  followFace();
  return box;
}

function follow(): void {
  keepDraft();
  followProxy();
  followShape();
  followPurges();
  followUploads();
  followProbabilities();
  watchInputs();
  followSaving();
  addEventListener('online', cameBack);
  openStream(onMessage, (open) => {
    live.value = open;
  });
}

/** Says once when the connection goes, when it is back, and when storage is full. */
function followSaving(): void {
  let before = 'none';
  effect(() => {
    const now = outboxSignal.value?.trouble.value ?? 'none';
    if (now === 'signed-out' && before !== now) announce('error', 'notice.signedOut');
    if (now === 'none' && before === 'offline') {
      announce('info', 'notice.online');
      untracked(cameBack);
    }
    before = now;
  });
  let wasFull = false;
  effect(() => {
    const isFull = (outboxSignal.value?.unstored.value ?? 0) > 0;
    if (isFull && !wasFull) announce('error', 'notice.storageFull');
    wasFull = isFull;
  });
}
