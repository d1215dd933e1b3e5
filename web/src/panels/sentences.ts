/** The log in sentences: one per event. */

import type { LogEvent } from '../api/types';
import { hasString, number, type Params, t } from '../i18n';
import { dimensionName, valueParts } from '../i18n/names';
import type { Value } from '../lib/value';
import { raterName } from '../state/raters';
import { dimensions } from '../state/session';

type Detail = Record<string, unknown>;

const numberOf = (value: unknown) => (typeof value === 'number' ? value : null);
const textOf = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** `V +0.30, A −0.10, happiness` */
function annotationText({ value, expression }: Detail): string {
  const numbers = Array.isArray(value) ? (value as Value) : [];
  const name = typeof expression === 'string' ? expression : null;
  return valueParts(numbers, name, dimensions.value).join(t('history.comma'));
}

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

function judgement(detail: Detail): string {
  const decision = textOf(detail.decision);
  const key = `history.judgement.${decision}`;
  if (!hasString(key)) return t('history.other', { kind: decision });
  return t(key, { place: placeText(detail), value: annotationText(detail) });
}

function person(detail: Detail): string {
  const name = textOf(detail.name);
  const face = textOf(detail.track_id);
  return name ? t('history.person', { name, face }) : t('history.unnamed', { face });
}

/** Which values were exported, in words. */
function layerText(name: string, text: string): string {
  const key = `history.layer.${text}`;
  return name === 'layer' && hasString(key) ? t(key) : text;
}

/** Who became a member, or is none any more: the log holds its id. */
function memberOf(detail: Detail): Params {
  const role = `people.role.${textOf(detail.role)}`;
  const rater = raterName(textOf(detail.rater_id));
  return { rater, role: hasString(role) ? t(role) : '' };
}

function counted(detail: Detail): Params {
  if (detail.rater_id !== undefined) return memberOf(detail);
  const params: Params = { n: 0 };
  for (const [name, value] of Object.entries(detail)) {
    if (typeof value === 'number') {
      params[name] = number(value);
      params.n = value;
    } else params[name] = layerText(name, textOf(value));
  }
  return params;
}

/** Dimensions in words. */
const namesText = (names: unknown): string =>
  dimensions.value
    .filter(({ name }) => Array.isArray(names) && names.includes(name))
    .map(dimensionName)
    .join(t('history.comma'));

/** What happened, without who and when. */
export function sentence(
  event: Pick<LogEvent, 'kind' | 'detail'> & { undoes?: number | null },
): string {
  const { kind, detail } = event;
  switch (kind) {
    case 'judgement':
      return judgement(detail);
    case 'track-edit':
      return trackEdit(detail);
    case 'person':
      return person(detail);
    case 'trace':
      return t('history.trace', {
        what: namesText(detail.dimensions),
        place: placeText(detail),
      });
    case 'trace-lag':
      return t('history.trace-lag', { lag: number(numberOf(detail.lag_s) ?? 0, 1) });
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

/** The place an event is about, if one can go there. */
export function placeOf(
  event: LogEvent,
): { video_id: string; track_id: number; frame: number } | null {
  const { video_id, detail } = event;
  const track_id = numberOf(detail.track_id);
  const frame = numberOf(detail.frame) ?? numberOf(detail.first_frame);
  if (video_id === null || track_id === null || frame === null) return null;
  return { video_id, track_id, frame };
}
