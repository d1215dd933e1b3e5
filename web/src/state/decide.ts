/** Judging: accept, edit, reject, skip, unsure; and moving about between items. */

import { batch, effect } from '@preact/signals';
import type { LabelRequest, ReviewDecision, ReviewRequest, Saved } from '../api/types';
import type { Affect } from '../lib/geometry';
import type { Change, Outbox } from '../outbox';
import { activeSeconds, restartClock } from './active';
import { outbox } from './changes';
import { frame, place, showNothing, showPlace } from './current';
import {
  anchor,
  chooseClass,
  clearDraft,
  model,
  nudge,
  onRecord,
  setAffect,
  strayed,
} from './draft';
import { draft, scope, spanMarks, touched } from './given';
import { notify } from './notices';
import { type Outcome, plan } from './plan';
import { player } from './player';
import {
  activeItem,
  advance,
  type Decided,
  decided,
  decision,
  free,
  goTo,
  hidden,
  item,
  items,
  keyOf,
  lane,
  loadQueue,
  position,
  refreshQueue,
  setDecided,
  step,
  takeNext,
  takePosition,
} from './queue';
import { note } from './steps';
import { mainTrack, onlyVideo, videoOf } from './videos';

type Wanted = Pick<Change, 'kind' | 'path' | 'body' | 'client_id'>;

/** Sends a change and, where it judges an item, notes that on the item. */
function commit(change: Wanted, what: Decided['what']): void {
  const on = activeItem.value;
  const before = on && decided.value.get(keyOf(on));
  if (on) {
    const number = before?.number ?? position.value.done + 1;
    const { client_id } = change;
    const marks = { scope: scope.value, spanMarks: spanMarks.value };
    const done = { item: on, client_id, what, draft: draft.value, ...marks, number };
    note(change.client_id, on, done);
    setDecided(on, done);
  }
  // What is skipped comes again, so it is not done.
  const counted = before !== undefined && before !== null && before.what !== 'skip';
  const counts = on && !counted && what !== 'skip' ? 1 : 0;
  outbox().add({ ...change, method: 'POST', counts });
  restartClock();
}

function saveOutcome(outcome: Outcome): void {
  const { target, affect, expression, decision: how, shown_run_id } = outcome;
  const client_id = crypto.randomUUID();
  const body: LabelRequest = {
    client_id,
    video_id: target.video_id,
    track_id: target.track_id,
    scope: target.scope,
    first_frame: target.first,
    last_frame: target.last,
    valence: affect?.valence ?? null,
    arousal: affect?.arousal ?? null,
    expression,
    active_s: activeSeconds(),
    shown_run_id,
    comment: draft.value.comment,
    decision: how,
    ...(activeItem.value ? { item_id: activeItem.value.item_id } : {}),
  };
  commit({ client_id, kind: 'label', path: '/labels', body: { ...body } }, how);
}

/** Enter: accepts the model's value, or saves the own one; then the next item. */
export function accept(): void {
  batch(() => {
    const judged = decision.value && decision.value.what !== 'skip';
    if (judged && !touched.value && activeItem.value) {
      next();
      return;
    }
    const { outcome, why } = plan.value;
    if (!outcome) {
      notify('warning', why);
      return;
    }
    saveOutcome(outcome);
    clearDraft();
    if (activeItem.value) advance();
    else {
      const { scope: given, first, last } = outcome.target;
      notify('info', `notice.saved.${given}`, { first, last });
    }
  });
}

/** E: starts from the model's value, the keys on the pad. */
export function editModel(): void {
  bringBack();
  const seen = model.value;
  if (seen && draft.value.affect === null) {
    const hundredth = (x: number) => Math.round(x * 100) / 100;
    setAffect({ valence: hundredth(seen.valence), arousal: hundredth(seen.arousal) });
  }
  document.getElementById('pad-valence')?.focus();
}

export function review(what: ReviewDecision): void {
  const on = activeItem.value;
  if (!on) {
    notify('warning', 'notice.noItem');
    return;
  }
  if (on.kind === 'suggested') {
    // Skipped: a value that was begun is not given.
    if (what === 'skip') {
      clearDraft();
      next();
    } else notify('warning', 'notice.suggestedNeedsValue');
    return;
  }
  const client_id = crypto.randomUUID();
  const body: ReviewRequest = {
    client_id,
    video_id: on.video_id,
    track_id: on.track_id,
    frame: on.frame,
    first_frame: on.first_frame,
    last_frame: on.last_frame,
    decision: what,
    run_id: hidden.value ? null : (model.value?.run_id ?? null),
    active_s: activeSeconds(),
    comment: draft.value.comment,
    item_id: on.item_id,
  };
  batch(() => {
    commit({ client_id, kind: 'review', path: '/reviews', body: { ...body } }, what);
    clearDraft();
    advance();
  });
}

/** Saves the value being given before something else comes on screen. */
export function leave(): void {
  if (touched.value) {
    const { outcome, why } = plan.value;
    if (outcome) {
      saveOutcome(outcome);
      if (activeItem.value) notify('info', 'notice.kept');
    } else {
      notify('warning', why);
    }
  } else if (draft.value.comment !== '') {
    notify('warning', 'notice.commentDropped', { comment: draft.value.comment });
  }
  clearDraft();
}

function move(to: () => void): void {
  batch(() => {
    leave();
    to();
    restartClock();
  });
}

export const next = () => move(() => step(1));
export const previous = () => move(() => step(-1));

export function toggleFree(): void {
  move(() => {
    if (free.value || !item.value) {
      free.value = false;
      if (item.value) showPlace(item.value, item.value.frame);
    } else {
      free.value = true;
    }
  });
}

/** Another face of the video on screen: labelled freely. */
export function chooseTrack(track_id: number): void {
  const at = place.value;
  if (!at || at.track_id === track_id) return;
  move(() => {
    free.value = true;
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
    free.value = true;
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
    const leftOut = video.tracks[0];
    const { video_id: of } = video;
    showNothing(leftOut ? { video_id: of, track_id: leftOut.track_id } : null);
    return;
  }
  const at = { video_id: video.video_id, track_id: track.track_id };
  showPlace(at, track.first_frame);
}

/** A value is given to what is in sight: back to the item's frame. */
function bringBack(): void {
  const on = activeItem.value;
  if (!on || scope.value !== 'frame') return;
  if (frame.value !== on.frame || player.value?.playing) {
    player.value?.pause();
    showPlace(on, on.frame);
  }
}

/** A value takes several keys or a drag: the frame that it is about stays meanwhile. */
function hold(): void {
  bringBack();
  const on = player.value;
  if (scope.value !== 'frame' || !on?.playing) return;
  on.pause();
  on.seek(frame.value);
}

export function giveAffect(affect: Affect): void {
  hold();
  setAffect(affect);
}

export function giveStep(by: number): void {
  hold();
  nudge(by);
}

/** One key, so that classes can be given while the video plays. */
export function giveClass(name: string | null): void {
  bringBack();
  if (name === null && onRecord.value?.expression) {
    // A label leaves open what it does not say; only another class or an undo helps.
    notify('warning', 'notice.classStays');
    return;
  }
  chooseClass(name);
}

/** Follows answers and, while labelling freely, saves a value once its frame is left. */
export function followDecisions(box: Outbox): () => void {
  box.listen({
    saved: (change, answer) => {
      // Labels of a contact sheet may be those of frames that are asked for here.
      if (change.kind === 'labels') void refreshQueue().catch(() => undefined);
      if (change.kind !== 'label' && change.kind !== 'review') return;
      const saved = answer as Saved;
      if (lane.value === 'suggested') return;
      takePosition(saved.position, change.counts ?? 0);
      takeNext(saved.next);
      // What was skipped, or came about meanwhile.
      if (!item.value) void refreshQueue().catch(() => undefined);
    },
  });
  return effect(() => {
    const left = free.value && scope.value === 'frame' && frame.value !== anchor.value;
    if (!touched.value) return;
    if (strayed.value) {
      // The face it was meant for is gone: it must not go to another one.
      batch(clearDraft);
      notify('warning', 'notice.faceGone');
    } else if (left) batch(leave);
  });
}
