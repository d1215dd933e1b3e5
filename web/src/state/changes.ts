/** Changes of the person at work: on their way to the server, and as already seen. */

import { computed, signal } from '@preact/signals';
import { request } from '../api/client';
import type { Label, LabelRequest, Saved } from '../api/types';
import { type Change, Outbox } from '../outbox';
import { addServerLabel, place, serverLabels } from './current';
import { loadSession, session } from './session';

/** Made once the project and the rater are known. */
export const outboxSignal = signal<Outbox | null>(null);
/** Event that each saved change of this page became. */
export const savedEvents = new Map<string, number>();
/** Events that brought nothing but a label or decision, which the page shows already. */
export const ownJudgements = new Set<number>();

export function outbox(): Outbox {
  if (!outboxSignal.value) throw new Error('The session has not been loaded yet');
  return outboxSignal.value;
}

async function send(change: Change): Promise<unknown> {
  return (await request(change.method, change.path, change.body)).json();
}

export function openOutbox(): Outbox {
  const owner = `${session.value?.project.project_id}/${session.value?.rater}`;
  const box = new Outbox({ storage: localStorage, owner, send, renew: loadSession });
  box.listen({ saved: remember });
  outboxSignal.value = box;
  addEventListener('online', () => box.kick());
  addEventListener('storage', (event) => {
    if (event.key && event.newValue === null) box.forget(event.key);
  });
  return box;
}

function remember(change: Change, answer: unknown): void {
  if (change.kind === 'label') {
    took(change.body as unknown as LabelRequest, answer as Saved);
  } else if (change.kind === 'labels') {
    const { labels } = change.body as unknown as { labels: LabelRequest[] };
    for (const [i, saved] of (answer as Saved[]).entries()) {
      const label = labels[i];
      if (label) took(label, saved);
    }
  } else {
    const { event_id } = answer as { event_id: number | null };
    if (event_id === null) return;
    savedEvents.set(change.client_id, event_id);
    if (change.kind === 'review') ownJudgements.add(event_id);
  }
}

function took(body: LabelRequest, saved: Saved): void {
  savedEvents.set(body.client_id, saved.event_id);
  ownJudgements.add(saved.event_id);
  addServerLabel(labelOf(body, saved.event_id, saved.at));
}

function labelOf(body: LabelRequest, event_id: number, at: string): Label {
  return {
    event_id,
    at,
    video_id: body.video_id,
    track_id: body.track_id,
    scope: body.scope,
    first_frame: body.first_frame,
    last_frame: body.last_frame,
    valence: body.valence ?? null,
    arousal: body.arousal ?? null,
    expression: body.expression ?? null,
    rater: session.value?.rater ?? '',
    active_s: body.active_s ?? null,
    shown_run_id: body.shown_run_id ?? null,
    comment: body.comment ?? '',
    decision: body.decision,
    origin: 'human',
  };
}

const waiting = computed(() => outboxSignal.value?.waiting.value ?? []);

function bodiesOf(change: Change): LabelRequest[] {
  if (change.kind === 'label') return [change.body as unknown as LabelRequest];
  if (change.kind !== 'labels') return [];
  return (change.body as unknown as { labels: LabelRequest[] }).labels;
}

/** Labels of the video on screen: those in force and those still on their way. */
export const labels = computed<Label[]>(() => {
  const undone = new Set(
    waiting.value.filter((c) => c.kind === 'undo').map((c) => c.about ?? ''),
  );
  const gone = new Set([...undone].map((id) => savedEvents.get(id)));
  const known = serverLabels.value.filter((label) => !gone.has(label.event_id));
  const coming = waiting.value
    .flatMap(bodiesOf)
    .filter((b) => b.video_id === place.value?.video_id && !undone.has(b.client_id))
    .map((b, i) => labelOf(b, -1 - i, new Date().toISOString()));
  return coming.length ? [...known, ...coming] : known;
});

/** Labels of the face on screen. */
export const trackLabels = computed(() =>
  labels.value.filter((label) => label.track_id === place.value?.track_id),
);
