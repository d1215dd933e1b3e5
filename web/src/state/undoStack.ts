/** What can be taken back, and taken back again; across items. */

import { batch, signal } from '@preact/signals';
import type { Item, LogEvent, UndoAnswer } from '../api/types';
import { keyOf } from '../lib/items';
import { type Change, idsOf, judgementsOf, type Outbox, type Refused } from '../outbox';
import { sentence } from '../panels/sentences';
import { announce } from './announcements';
import { outbox, savedEvents } from './changes';
import { clearDraft } from './draft';
import { draft, draftStarted, draftTouched } from './draftValue';
import {
  advance,
  type Decided,
  freeMode,
  goTo,
  items,
  refreshQueue,
  setDecided,
} from './queue';
import { place, reloadJudgements, showPlace } from './selection';
import { draftKey } from './target';
import { purged } from './videos';

/** What was done with a change: which item it decided, and how. */
export interface Step {
  client_id: string;
  /** The change it came with: one key judges many faces of the contact sheet. */
  change: string;
  /** The video that it speaks of; null = of none. */
  video_id: string | null;
  item: Item | null;
  decided: Decided | null;
  counts: number;
}

/** An undo that can be taken back; without a step it was of an earlier visit. */
interface Undone {
  step: Step | null;
  undo: string;
}

const past = signal<Step[]>([]);
const future = signal<Undone[]>([]);
/** By the id of a change, its undo and its redo: the item it is about. */
const notes = new Map<string, Pick<Step, 'item' | 'decided'>>();
const MOST = 500;

/** Says what a change that is about to be added decides. */
export function noteDecision(client_id: string, item: Item, decided: Decided): void {
  notes.set(client_id, { item, decided });
}

/** Follows every change of the page, whoever makes it. */
export function followChanges(box: Outbox): void {
  box.listen({ added, refused: rollBack });
}

function added(change: Change): void {
  if (change.kind === 'undo' || change.kind === 'redo') return;
  const videoOf = new Map(judgementsOf(change).map((b) => [b.client_id, b.video_id]));
  const named = /^\/videos\/([^/]+)\//.exec(change.path)?.[1];
  const { video_id } = change.body;
  const ofOne = typeof video_id === 'string' ? video_id : null;
  const ofAll = named === undefined ? ofOne : decodeURIComponent(named);
  const made = idsOf(change).map((client_id) => ({
    item: notes.get(client_id)?.item ?? null,
    decided: notes.get(client_id)?.decided ?? null,
    client_id,
    change: change.client_id,
    video_id: videoOf.get(client_id) ?? ofAll,
    counts: change.counts ?? 0,
  }));
  past.value = [...past.value, ...made].slice(-MOST);
  future.value = [];
}

/** Videos were purged: what was said of them is not to be undone, nor shown again. */
export function dropPurgedSteps(): void {
  const isLeft = (step: Step | null) => !purged.value.has(step?.video_id ?? '');
  past.value = past.value.filter(isLeft);
  future.value = future.value.filter(({ step }) => isLeft(step));
}

/** The server did not take it: the item is open again, unless it may be saved after all. */
function rollBack({ change, maybeSaved }: Refused): void {
  if (maybeSaved) {
    const afresh = Promise.all([reloadJudgements(), refreshQueue()]);
    void afresh.catch(() => undefined);
    return;
  }
  const gone = new Set(idsOf(change));
  const step = past.value.find((s) => gone.has(s.client_id));
  past.value = past.value.filter((s) => !gone.has(s.client_id));
  future.value = future.value.filter(
    ({ step, undo }) => !gone.has(undo) && !(step && gone.has(step.client_id)),
  );
  if (step?.item) setDecided(step.item, null);
}

export function undo(): void {
  if (draftTouched.value) {
    // The last thing done is the draft.
    clearDraft();
    announce('info', 'notice.valueDropped');
    return;
  }
  const steps = endOf(past.value, (step) => step.change);
  past.value = past.value.slice(0, past.value.length - steps.length);
  const [one] = steps;
  const from = sight();
  if (steps.length > 1) {
    void Promise.all(steps.map((step) => takeBack(step))).then(afterUndoOfMany);
  } else {
    void takeBack(one).then((answer) => afterUndo(answer, from, one));
  }
  if (one?.item) reopen(one.item);
}

/** What the person has before them. */
const sight = () => `${freeMode.value} ${draftKey.value}`;

/** What came last, with all that came by the same change; the latest first. */
function endOf<T>(all: readonly T[], change: (of: T) => string): T[] {
  const latest = [...all].reverse();
  const others = latest.findIndex((one) => change(one) !== change(latest[0] as T));
  return others < 0 ? latest : latest.slice(0, others);
}

/** Without a step: that event, or the latest change of an earlier visit to the page. */
async function takeBack(
  step: Step | null = null,
  event_id: number | null = null,
): Promise<UndoAnswer | null> {
  const client_id = crypto.randomUUID();
  if (step) notes.set(client_id, step);
  future.value = [...future.value, { step, undo: client_id }];
  const answer = await outbox().ask<UndoAnswer>({
    client_id,
    kind: 'undo',
    method: 'POST',
    path: event_id === null ? '/undo' : `/events/${event_id}/undo`,
    // Named, as this rater may be at work elsewhere too: never just the latest.
    body: { client_id, ...(event_id === null && step && { of: step.client_id }) },
    about: step?.client_id,
    counts: -(step?.counts ?? 0),
  });
  if (answer && !answer.undone) {
    future.value = future.value.filter(({ undo }) => undo !== client_id);
  }
  return answer;
}

/** Takes one change of this page back, whatever is on screen. */
export async function undoChange(client_id: string): Promise<UndoAnswer | null> {
  const step = past.value.find((one) => one.client_id === client_id);
  if (!step) return null;
  past.value = past.value.filter((one) => one !== step);
  return takeBack(step);
}

/** Takes one line of the log back, or brings back what the line took away. */
export async function undoEvent({
  event_id,
  kind,
}: Pick<LogEvent, 'event_id' | 'kind'>): Promise<void> {
  if (kind === 'undo') {
    future.value = future.value.filter(
      ({ undo }) => savedEvents.get(undo) !== event_id,
    );
    const client_id = crypto.randomUUID();
    await outbox().ask<UndoAnswer>({
      client_id,
      kind: 'redo',
      method: 'POST',
      path: `/events/${event_id}/undo`,
      body: { client_id },
    });
  } else {
    const isIt = (step: Step) => savedEvents.get(step.client_id) === event_id;
    const step = past.value.find(isIt) ?? null;
    past.value = past.value.filter((one) => !isIt(one));
    if (step?.item) setDecided(step.item, null);
    await takeBack(step, event_id);
  }
  await Promise.all([reloadJudgements(), refreshQueue()]).catch(() => undefined);
}

/** Back to the item; what was undone is no draft, for that would save itself again. */
function reopen(item: Item): void {
  setDecided(item, null);
  const at = items.value.findIndex((i) => keyOf(i) === keyOf(item));
  const { comment } = draft.value;
  if (comment !== '') announce('warning', 'notice.commentDropped', { comment });
  clearDraft();
  if (at < 0) {
    items.value = [item, ...items.value];
  }
  goTo(Math.max(at, 0));
}

async function afterUndoOfMany(answers: (UndoAnswer | null)[]): Promise<void> {
  await reloadJudgements().catch(() => undefined);
  // What was refused is said where refusals are.
  const n = answers.filter((answer) => answer?.undone).length;
  if (n > 0) announce('info', 'notice.undoneMany', { n });
}

async function afterUndo(
  answer: UndoAnswer | null,
  from: string,
  step?: Step,
): Promise<void> {
  if (!answer) return;
  await reloadJudgements().catch(() => undefined);
  const { undone } = answer;
  if (!undone) {
    announce('info', 'notice.nothingToUndo');
    return;
  }
  const { video_id, track_id, frame: at } = undone;
  const isHere = video_id === null || video_id === place.value?.video_id;
  const show =
    video_id === null || track_id === null || at === null
      ? undefined
      : () => {
          clearDraft();
          freeMode.value = true;
          showPlace({ video_id, track_id }, at);
        };
  const key = isHere ? 'notice.undoneThis' : 'notice.undoneWhat';
  const what = sentence(undone);
  announce('info', key, { what, video: video_id ?? '' }, step?.item ? undefined : show);
  // Of an item, the page went back to it. What was started meanwhile is about what is on
  // screen, whoever went on is not called back by a late answer, and another video is shown
  // when it is asked for.
  const isStill = sight() === from && !draftStarted.value;
  if (!step?.item && isHere && isStill) show?.();
}

export function redo(): void {
  const steps = endOf(future.value, ({ step, undo }) => step?.change ?? undo);
  if (steps.length === 0) {
    announce('info', 'notice.nothingToRedo');
    return;
  }
  future.value = future.value.slice(0, future.value.length - steps.length);
  const answers = steps.map(({ step, undo }) => bringBack(step, undo));
  void Promise.all(answers).then(() => reloadJudgements().catch(() => undefined));
  const { item, decided } = steps[0]?.step ?? {};
  if (!item || !decided) return;
  batch(() => {
    setDecided(item, decided);
    // A value that was begun stays, and so does the face that it is for.
    if (draftStarted.value) return;
    const at = items.value.findIndex((i) => keyOf(i) === keyOf(item));
    if (at >= 0) goTo(at);
    advance();
  });
}

function bringBack(step: Step | null, undone: string): Promise<UndoAnswer | null> {
  const client_id = crypto.randomUUID();
  if (step) {
    notes.set(client_id, step);
    past.value = [...past.value, step];
  }
  return outbox().ask<UndoAnswer>({
    client_id,
    kind: 'redo',
    method: 'POST',
    path: '/redo',
    body: { client_id, of: undone },
    about: undone,
    counts: step?.counts ?? 0,
  });
}
