/** Judging: accept, edit, reject, skip, cannot judge; and moving about between items. */

import { batch, effect } from '@preact/signals';
import type { Item, JudgementRequest, PlainDecision } from '../api/types';
import { keyOf } from '../lib/items';
import type { Value } from '../lib/value';
import type { Change, Outbox } from '../outbox';
import { activeSeconds, restartClock } from './activeTime';
import { announce } from './announcements';
import { outbox } from './changes';
import {
  chooseClass,
  clearDraft,
  copyPrediction,
  nudge,
  saved,
  setValue,
} from './draft';
import { commentOpen, draft, draftStarted, draftTouched, scope } from './draftValue';
import { isDone, plan, shownNow } from './outcome';
import { player } from './player';
import { predicted } from './predictionAt';
import { countDone, position } from './progress';
import {
  activeItem,
  advance,
  decided,
  freeMode,
  goTo,
  item,
  items,
  loadQueue,
  refreshQueue,
  setDecided,
  step,
} from './queue';
import { isSeen } from './seen';
import { frame, place, showNothing, showPlace } from './selection';
import { saveOnSheet, withPageDraft } from './sheetDesk';
import { onSheet } from './sheetFaces';
import { anchor, isAwayFromItem } from './target';
import { closeTyping, openTyping, typeKey } from './typing';
import { noteDecision } from './undoStack';
import { mainTrack, onlyVideo, videoOf } from './videos';

const purposeOf = (on: Item | null): JudgementRequest['purpose'] =>
  // The server knows why an assignment was made.
  on === null || on.kind === 'queue' || on.kind === 'assigned' ? 'work' : on.kind;

type Content = Omit<
  JudgementRequest,
  'client_id' | 'unsure' | 'purpose' | 'item_id' | 'active_s' | 'comment'
>;

/** Sends a judgement and, where it answers an item, notes that on the item. */
function commit(content: Content): void {
  const on = activeItem.value;
  const before = on && decided.value.get(keyOf(on));
  const client_id = crypto.randomUUID();
  const what = content.decision;
  const body: JudgementRequest = {
    ...content,
    client_id,
    unsure: draft.value.unsure,
    purpose: purposeOf(on),
    item_id: on?.item_id ?? null,
    active_s: activeSeconds(),
    comment: draft.value.comment,
  };
  if (on) {
    const number = before?.number ?? position.value.done + 1;
    const done = { item: on, client_id, what, number };
    noteDecision(client_id, on, done);
    setDecided(on, done);
  }
  // What is skipped comes again, so it is not done.
  const counted = before !== undefined && before !== null && before.what !== 'skip';
  const counts = on && !counted && what !== 'skip' ? 1 : 0;
  const change: Omit<Change, 'at'> = {
    client_id,
    kind: 'judgement',
    method: 'POST',
    path: '/judgements',
    body: { ...body },
    counts,
  };
  outbox().add(change);
  restartClock();
}

function saveOutcome(): boolean {
  const { outcome } = plan.value;
  if (!outcome) return false;
  const { target, value, ...rest } = outcome;
  commit({
    video_id: target.video_id,
    track_id: target.track_id,
    scope: target.scope,
    first_frame: target.first,
    last_frame: target.last,
    value: [...value],
    ...rest,
  });
  return true;
}

/** Enter: accepts the prediction, or saves the own value; then the next item. */
export function accept(): void {
  if (onSheet.value) {
    saveOnSheet();
    return;
  }
  batch(() => {
    if (isDone.value) {
      next();
      return;
    }
    const { outcome, why } = plan.value;
    if (!outcome) {
      announce('warning', why);
      return;
    }
    saveOutcome();
    clearDraft();
    if (activeItem.value) advance();
    else {
      const { scope: of, first, last } = outcome.target;
      announce('info', `notice.saved.${of}`, { first, last });
    }
  });
}

/** E: starts from the prediction, the keys on the pad. */
export function editPrediction(): void {
  returnToItem();
  if (!onSheet.value && predicted.value && draft.value.value.length === 0)
    copyPrediction();
  document.getElementById('pad-0')?.focus();
}

/** A decision that gives no value: it speaks of all frames of the item. */
function decideItem(what: PlainDecision): void {
  const on = activeItem.value;
  if (!on) {
    announce('warning', 'notice.noItem');
    return;
  }
  // To put it off says nothing of the face: a picture may never come.
  if (what !== 'skip' && !isSeen.value) {
    announce('warning', 'plan.notSeen');
    return;
  }
  const of = on.first_frame === on.last_frame ? 'frame' : 'span';
  batch(() => {
    commit({
      video_id: on.video_id,
      track_id: on.track_id,
      scope: of,
      first_frame: on.first_frame,
      last_frame: on.last_frame,
      value: [],
      touched: [],
      expression: null,
      decision: what,
      shown: shownNow(of),
    });
    clearDraft();
    advance();
  });
}

const isSuggested = () => activeItem.value?.kind === 'suggested';

function decideReviewItem(what: PlainDecision): void {
  if (isSuggested()) announce('warning', 'notice.suggestedNeedsValue');
  else decideItem(what);
}

export const rejectItem = () => decideReviewItem('reject');
export const cannotJudgeItem = () => decideReviewItem('cannot');

/** A suggested frame or an assignment just stays open; a draft for it is not saved. */
export function skipItem(): void {
  if (!isSuggested() && activeItem.value?.kind !== 'assigned') {
    decideItem('skip');
    return;
  }
  clearDraft();
  next();
}

/** Saves the draft before something else comes on screen. */
function saveDraft(): void {
  if (draftTouched.value) {
    const on = activeItem.value;
    const { why } = plan.value;
    if (!saveOutcome()) announce('warning', why ?? 'plan.nothing');
    else if (on) announce('info', 'notice.kept');
  } else if (draft.value.comment !== '') {
    announce('warning', 'notice.commentDropped', { comment: draft.value.comment });
  }
  clearDraft();
}

function move(to: () => void): void {
  batch(() => {
    withPageDraft(saveDraft);
    to();
    restartClock();
  });
}

export const next = () => move(() => step(1));
export const previous = () => move(() => step(-1));

export function toggleFreeMode(): void {
  move(() => {
    if (freeMode.value || !item.value) {
      freeMode.value = false;
      if (item.value) showPlace(item.value, item.value.frame);
    } else {
      freeMode.value = true;
    }
  });
}

/** Back to the face and frame of the item, from wherever one has gone. */
export function toItem(): void {
  if (!item.value) {
    announce('warning', 'notice.noItem');
    return;
  }
  player.value?.pause();
  if (freeMode.value) toggleFreeMode();
  else showPlace(item.value, item.value.frame);
}

/** Opens the field of the comment, or closes it. */
export function toggleComment(): void {
  commentOpen.value = !commentOpen.value;
}

/** Another face of the video on screen: labelled freely. */
export function chooseTrack(track_id: number): void {
  const at = place.value;
  if (!at || at.track_id === track_id) return;
  move(() => {
    freeMode.value = true;
    showPlace({ video_id: at.video_id, track_id }, frame.value);
  });
}

/** Shows a frame anywhere in the project, to be labelled freely. */
export function openFrame(video_id: string, track_id: number, at: number): void {
  player.value?.pause();
  move(() => {
    const found = items.value.findIndex(
      (i) => i.video_id === video_id && i.track_id === track_id && i.frame === at,
    );
    if (found >= 0) {
      goTo(found);
      return;
    }
    freeMode.value = true;
    showPlace({ video_id, track_id }, at);
  });
}

/** Works on one video, or on all (null). */
export async function chooseVideo(video_id: string | null): Promise<void> {
  move(() => {
    onlyVideo.value = video_id;
  });
  await loadQueue();
  if (!item.value) showStart(video_id);
}

/** With nothing to judge there is still something to see, if there is a face. */
export function showStart(video_id: string | null): void {
  const video = videoOf(video_id ?? place.value?.video_id);
  const track = video && mainTrack(video);
  if (!video) return;
  if (!track) {
    const ignored = video.tracks[0];
    const { video_id: of } = video;
    showNothing(ignored ? { video_id: of, track_id: ignored.track_id } : null);
    return;
  }
  const at = { video_id: video.video_id, track_id: track.track_id };
  showPlace(at, track.first_frame);
}

/** A value goes to what is in sight: back to the item's frame. */
function returnToItem(): void {
  const on = activeItem.value;
  if (!on || onSheet.value || scope.value !== 'frame') return;
  if (frame.value !== on.frame || player.value?.playing) {
    player.value?.pause();
    showPlace(on, on.frame);
  }
}

/** A value takes several keys or a drag: the frame that it is about stays meanwhile. */
function holdFrame(): void {
  returnToItem();
  const on = player.value;
  if (onSheet.value || scope.value !== 'frame' || !on?.playing) return;
  on.pause();
  on.seek(frame.value);
}

export function giveValue(moved: Value): void {
  closeTyping();
  holdFrame();
  setValue(moved);
}

export function giveStep(steps: number, far = false): void {
  closeTyping();
  holdFrame();
  nudge(steps, far);
}

/** Opens the field of typed values; a minus is the first number's sign. */
export function typeValue(sign: '' | '-', first = 0): void {
  holdFrame();
  openTyping(sign, first);
}

/** True if the key went into the field of typed values. */
export const typesKey = (chord: string) => typeKey(chord, setValue);

/** One key, so that classes can be given while the video plays. */
export function giveClass(name: string | null): void {
  closeTyping();
  returnToItem();
  if (name === null && saved.value?.expression) {
    // A judgement leaves open what it does not say; only another class or an undo helps.
    announce('warning', 'notice.classStays');
    return;
  }
  chooseClass(name);
}

/** Follows answers and, where no item is judged, saves a draft once its frame is left. */
export function followDecisions(box: Outbox): () => void {
  box.listen({
    saved: (change) => {
      countDone(change.counts ?? 0);
      // Judgements of a contact sheet may be those of frames that are asked for here;
      // at the end there may be what was skipped, or came about meanwhile.
      if (change.kind === 'judgements' || !item.value) {
        void refreshQueue().catch(() => undefined);
      }
    },
  });
  /** The item for which something was begun; '' while nothing is. */
  let begunFor = '';
  return effect(() => {
    if (onSheet.value) return;
    const isFree = activeItem.value === null;
    const on = activeItem.value ? keyOf(activeItem.value) : '';
    const isOther = begunFor !== '' && on !== '' && on !== begunFor;
    begunFor = draftStarted.value ? begunFor || on : '';
    const left = isFree && scope.value === 'frame' && frame.value !== anchor.value;
    if (draftTouched.value ? isAwayFromItem.value : isOther && draftStarted.value) {
      // The face it was meant for is gone: it must not go to another one.
      batch(clearDraft);
      announce('warning', 'notice.faceGone');
    } else if (left && draftTouched.value) batch(saveDraft);
  });
}
