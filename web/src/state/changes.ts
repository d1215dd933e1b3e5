/** Changes of the person at work: on their way to the server, and as already seen. */

import { computed, signal } from '@preact/signals';
import { jsonOf, request } from '../api/client';
import type { Judgement, JudgementRequest, Saved } from '../api/types';
import { type Change, judgementsOf, Outbox } from '../outbox';
import { addJudgement, freshJudgements, place, serverJudgements } from './selection';
import { loadSession, ownerKey, session } from './session';

/** Made once the project and the rater are known. */
export const outboxSignal = signal<Outbox | null>(null);
/** Event that each saved change of this page became. */
export const savedEvents = new Map<string, number>();
/** Events that brought nothing but a judgement, which the page shows already. */
export const ownJudgements = new Set<number>();

export function outbox(): Outbox {
  if (!outboxSignal.value) throw new Error('The session has not been loaded yet');
  return outboxSignal.value;
}

const send = async (change: Change): Promise<unknown> =>
  jsonOf(await request(change.method, change.path, change.body));

export function openOutbox(): Outbox {
  const box = new Outbox({
    storage: localStorage,
    owner: ownerKey(),
    send,
    renew: loadSession,
  });
  box.listen({ saved: remember });
  outboxSignal.value = box;
  addEventListener('online', () => box.kick());
  addEventListener('storage', (event) => {
    if (event.key && event.newValue === null) box.forget(event.key);
  });
  addEventListener('beforeunload', (event) => {
    // What storage had no room for would be lost with the page.
    if (box.unstored.value > 0) event.preventDefault();
  });
  return box;
}

function remember(change: Change, answer: unknown): void {
  const bodies = judgementsOf(change);
  if (bodies.length > 0) {
    const saved =
      change.kind === 'judgements' ? (answer as Saved[]) : [answer as Saved];
    for (const [i, one] of saved.entries()) {
      const body = bodies[i];
      if (body) onJudgementSaved(body, one);
    }
    return;
  }
  const { event_id } = answer as { event_id: number | null };
  if (event_id !== null) savedEvents.set(change.client_id, event_id);
}

function onJudgementSaved(body: JudgementRequest, saved: Saved): void {
  savedEvents.set(body.client_id, saved.event_id);
  ownJudgements.add(saved.event_id);
  addJudgement(judgementOf(body, saved.event_id, saved.at));
}

function judgementOf(
  { client_id: _, item_id: __, ...body }: JudgementRequest,
  event_id: number,
  at: string,
): Judgement {
  return {
    ...body,
    event_id,
    at,
    reviewed_first_frame: body.first_frame,
    reviewed_last_frame: body.last_frame,
    rater: session.value?.rater ?? '',
    audited: null,
    origin: 'human',
  };
}

const waiting = computed(() => outboxSignal.value?.waiting.value ?? []);
const undone = computed(
  () => new Set(waiting.value.filter((c) => c.kind === 'undo').map((c) => c.about)),
);
const isUndone = computed(() => {
  const gone = new Set([...undone.value].map((id) => savedEvents.get(id ?? '')));
  return (one: Judgement) => gone.has(one.event_id);
});

/** Judgements that are on their way. */
const unsent = computed<Judgement[]>(() =>
  waiting.value
    .flatMap(judgementsOf)
    .filter((b) => !undone.value.has(b.client_id))
    .map((b, i) => judgementOf(b, -1 - i, new Date().toISOString())),
);

const onTrack = (one: Judgement) =>
  one.video_id === place.value?.video_id && one.track_id === place.value.track_id;

/** Judgements of the face on screen: those in force and those still on their way. */
export const trackJudgements = computed<Judgement[]>(() => [
  ...serverJudgements.value.filter((one) => onTrack(one) && !isUndone.value(one)),
  ...unsent.value.filter(onTrack),
]);

/** Of these, those that the prediction on screen does not hold yet. */
export const pendingJudgements = computed<Judgement[]>(() => [
  ...freshJudgements.value.filter((one) => onTrack(one) && !isUndone.value(one)),
  ...unsent.value.filter(onTrack),
]);
