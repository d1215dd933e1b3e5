/** The log in words: one readable sentence per event. */

import type { Event } from '../api/types';
import { hasString, number, type Params, t } from '../i18n';
import { signed } from '../timeline/Readout';

type Detail = Record<string, unknown>;

const numberOf = (value: unknown) => (typeof value === 'number' ? value : null);
const textOf = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** A class in words; a name that this page does not know stays as it is. */
function className(name: unknown): string {
  const key = `expression.${textOf(name)}`;
  return hasString(key) ? t(key) : textOf(name);
}

interface Value {
  valence?: unknown;
  arousal?: unknown;
  expression?: unknown;
}

/** What a label says, part by part. */
export function valueParts(said: Value): string[] {
  const valence = numberOf(said.valence);
  const arousal = numberOf(said.arousal);
  const parts: string[] = [];
  if (valence !== null && arousal !== null) {
    parts.push(`${t('timeline.valenceShort')} ${signed(valence)}`);
    parts.push(`${t('timeline.arousalShort')} ${signed(arousal)}`);
  }
  if (said.expression) parts.push(className(said.expression));
  return parts;
}

/** `V +0.30, A −0.10, happiness` */
export const valueText = (said: Value) => valueParts(said).join(t('history.comma'));

function placeText(detail: Detail): string {
  const first = numberOf(detail.first_frame) ?? numberOf(detail.frame);
  const last = numberOf(detail.last_frame) ?? first;
  if (detail.scope === 'clip') return t('history.clip');
  if (first === null || last === null) return '';
  return first === last
    ? t('history.frame', { frame: number(first) })
    : t('history.frames', { first: number(first), last: number(last) });
}

function trackEdit(detail: Detail): string {
  const params: Params = {
    face: textOf(detail.track_id),
    other: textOf(detail.other_track_id),
    frame: number(numberOf(detail.frame) ?? 0),
  };
  const kind = textOf(detail.kind);
  const key = `history.track.${kind}`;
  return hasString(key) ? t(key, params) : t('history.other', { kind });
}

function review(detail: Detail): string {
  const key = `history.review.${textOf(detail.decision)}`;
  const place = placeText({ frame: detail.frame });
  if (!hasString(key)) return t('history.other', { kind: textOf(detail.decision) });
  return t(key, { place });
}

function label(detail: Detail): string {
  const decision = textOf(detail.decision);
  const key = decision === 'accept' || decision === 'edit' ? decision : 'label';
  return t(`history.label.${key}`, {
    place: placeText(detail),
    value: valueText(detail),
  });
}

function person(detail: Detail): string {
  const name = textOf(detail.name);
  const face = textOf(detail.track_id);
  return name ? t('history.person', { name, face }) : t('history.unnamed', { face });
}

function counted(detail: Detail): Params {
  const params: Params = { n: 0 };
  for (const [name, value] of Object.entries(detail)) {
    if (typeof value === 'number') {
      params[name] = number(value);
      params.n = value;
    } else params[name] = textOf(value);
  }
  return params;
}

/** What happened, without who and when. */
export function sentence(event: Event): string {
  const { kind, detail } = event;
  switch (kind) {
    case 'label':
      return label(detail);
    case 'review':
      return review(detail);
    case 'track-edit':
      return trackEdit(detail);
    case 'person':
      return person(detail);
    case 'threshold':
      return t('history.threshold', { value: number(numberOf(detail.value) ?? 0, 2) });
    case 'undo':
      return t('history.undo', { id: number(event.undoes ?? 0) });
    default: {
      const key = `history.note.${kind}`;
      return hasString(key) ? t(key, counted(detail)) : t('history.other', { kind });
    }
  }
}

/**
 * Events that are taken back. An undo may itself be taken back, and it always comes after
 * what it takes back: so the newest are judged first.
 *
 * @param newestFirst without a gap from the newest event on
 */
export function undoneIds(newestFirst: readonly Event[]): Set<number> {
  const gone = new Set<number>();
  for (const event of newestFirst) {
    if (event.undoes !== null && !gone.has(event.event_id)) gone.add(event.undoes);
  }
  return gone;
}

/** The place an event is about, if one can go there. */
export function placeOf(
  event: Event,
): { video_id: string; track_id: number; frame: number } | null {
  const { video_id, detail } = event;
  const track_id = numberOf(detail.track_id);
  const frame = numberOf(detail.frame) ?? numberOf(detail.first_frame);
  if (video_id === null || track_id === null || frame === null) return null;
  return { video_id, track_id, frame };
}
