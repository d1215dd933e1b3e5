/** A rating on its way to the server, and the reaction lag that it answers with. */

import { computed, signal } from '@preact/signals';
import type { Dimension, LogEvent, RatedTrace, TraceSaved } from '../api/types';
import { outbox, savedEvents } from '../state/changes';
import type { Place } from '../state/selection';
import { undoEvent } from '../state/undoStack';
import { lengthOf, type Piece } from './recorder';
import { type Device, type Mode, sentValue } from './values';

type Lag = NonNullable<RatedTrace['lag']>;

export interface SentTrace {
  client_id: string;
  seconds: number;
  /** Once the server has it. */
  event_id: number | null;
  lag: Lag | null;
  isRefused: boolean;
}

interface Sending {
  place: Place;
  rated: readonly Dimension[];
  mode: Mode;
  device: Device;
  speed: number;
  /** Seconds of work of all pieces. */
  active_s: number;
}

export const sent = signal<readonly SentTrace[]>([]);
/** What a person put in the place of the estimate, the latest last. */
export const changedLags = signal<readonly { lag_s: number; client_ids: string[] }[]>(
  [],
);

export function clearSent(): void {
  sent.value = [];
  changedLags.value = [];
}

const saved = computed(() => sent.value.filter((one) => one.event_id !== null));
export const isSaved = computed(() => saved.value.length > 0);
export const isWaiting = computed(() =>
  sent.value.some((one) => one.event_id === null && !one.isRefused),
);
export const isRefused = computed(
  () => sent.value.length > 0 && sent.value.every((one) => one.isRefused),
);

/** The estimate of the longest piece: of a short one less can be said. */
export const estimate = computed<Lag | null>(() => {
  const [longest] = [...saved.value].sort((a, b) => b.seconds - a.seconds);
  return longest?.lag ?? null;
});

/** The lag in force. */
export const lagNow = computed(
  () => changedLags.value.at(-1)?.lag_s ?? estimate.value?.lag_s ?? null,
);

/** What goes over the wire of one piece. */
export function bodyOf(piece: Piece, client_id: string, of: Sending) {
  const { place, rated, mode, device, speed } = of;
  return {
    ...place,
    dimensions: rated.map(({ name }) => name),
    mode,
    device,
    speed,
    time_s: piece.time_s,
    value: piece.value.map((one) =>
      rated.map((dimension, d) => sentValue(one[d] ?? 0, dimension, mode)),
    ),
    assignment_id: null,
    active_s: of.active_s,
    client_id,
  };
}

export function sendPieces(
  pieces: readonly Piece[],
  ids: readonly string[],
  of: Sending,
): void {
  const total = pieces.reduce((sum, one) => sum + lengthOf(one), 0);
  changedLags.value = [];
  sent.value = pieces.map((piece, i) => ({
    client_id: ids[i] ?? crypto.randomUUID(),
    seconds: lengthOf(piece),
    event_id: null,
    lag: null,
    isRefused: false,
  }));
  for (const [i, { client_id, seconds }] of sent.value.entries()) {
    const piece = pieces[i] as Piece;
    const share = total > 0 ? seconds / total : 1;
    const active_s = Math.round(10 * of.active_s * share) / 10;
    const asked = outbox().ask<TraceSaved>({
      client_id,
      kind: 'trace',
      method: 'POST',
      path: '/traces',
      body: bodyOf(piece, client_id, { ...of, active_s }),
    });
    void asked.then((answer) => {
      const { event_id = null, lag = null } = answer ?? {};
      const is = { event_id, lag, isRefused: answer === null };
      sent.value = sent.value.map((one) =>
        one.client_id === client_id ? { ...one, ...is } : one,
      );
    });
  }
}

/** Another lag for one rating; false if the server refuses it. */
export async function changeLagOf(
  event_id: number,
  lag_s: number,
  client_id: string = crypto.randomUUID(),
): Promise<boolean> {
  const answer = await outbox().ask({
    client_id,
    kind: 'trace-lag',
    method: 'PUT',
    path: `/traces/${event_id}/lag`,
    body: { lag_s, client_id },
  });
  return answer !== null;
}

/** Another lag than the estimate, for all that was sent together. */
export function changeLag(lag_s: number): void {
  const events = saved.value.map(({ event_id }) => event_id as number);
  const change = { lag_s, client_ids: events.map(() => crypto.randomUUID()) };
  changedLags.value = [...changedLags.value, change];
  const all = events.map((id, i) => changeLagOf(id, lag_s, change.client_ids[i]));
  void Promise.all(all).then((taken) => {
    if (taken.some((one) => one)) return;
    changedLags.value = changedLags.value.filter((one) => one !== change);
  });
}

const eventOf = (client_id: string, kind: string) => ({
  event_id: savedEvents.get(client_id) as number,
  kind,
});

/** True once the server has the last change of the lag: then it can be taken back. */
export const canUndoLag = () => {
  const last = changedLags.value.at(-1);
  return last?.client_ids.every((id) => savedEvents.has(id)) ?? false;
};

export async function undoLag(): Promise<void> {
  const last = changedLags.value.at(-1);
  if (!last || !canUndoLag()) return;
  changedLags.value = changedLags.value.slice(0, -1);
  for (const id of last.client_ids) await undoEvent(eventOf(id, 'trace-lag'));
}

/** Takes back all that was sent together. */
export async function undoSent(): Promise<void> {
  const events: Pick<LogEvent, 'event_id' | 'kind'>[] = saved.value.map((one) =>
    eventOf(one.client_id, 'trace'),
  );
  clearSent();
  for (const event of events) await undoEvent(event);
}
