/** The value being given, what it goes to, and what the model says there. */

import { batch, computed, effect, signal } from '@preact/signals';
import { getEstimate1 } from '../api/client';
import type { Dimension, Label, Scope } from '../api/types';
import { type Affect, indexOf, moved, nearest } from '../lib/geometry';
import { trackLabels } from './changes';
import { estimate, frame, frames, type Place, place, times, track } from './current';
import { type Draft, draft, EMPTY, NO_MARKS, scope, spanMarks } from './given';
import { activeItem, hidden, item } from './queue';
import { expressions } from './session';

export interface Span {
  first: number;
  last: number;
}

/** What a label is given to. */
export interface Target extends Span {
  video_id: string;
  track_id: number;
  scope: Scope;
}

export interface ModelValue extends Affect {
  low_valence: number;
  high_valence: number;
  low_arousal: number;
  high_arousal: number;
  confidence: number;
  expression: string | null;
  run_id: string;
}

/** The model's class is shown, and accepted, from this probability. */
export const NAMED_FROM = 0.5;

export const dimension = signal<Dimension>('valence');

/** Where a value was begun. */
const held = signal<(Place & { frame: number }) | null>(null);

/** The frame that a value is about: the item's, or the one on screen. */
export const anchor = computed(
  () => activeItem.value?.frame ?? held.value?.frame ?? frame.value,
);

/** Names the frame that values go to. */
export const draftKey = computed(() => {
  const at = place.value;
  return at && `${at.video_id}/${at.track_id}/${anchor.value}`;
});

const same = (a: Place, b: Place | null) =>
  a.video_id === b?.video_id && a.track_id === b.track_id;

/** True if another face or item came on screen under the value being given. */
export const strayed = computed(() => {
  const begun = held.value;
  if (begun === null) return false;
  return !same(begun, place.value) || begun.frame !== anchor.value;
});

/** The marked span, or the item's frames while nothing is marked. */
export const span = computed<Span | null>(() => {
  const { start, end } = spanMarks.value;
  if (start !== null && end !== null) {
    return { first: Math.min(start, end), last: Math.max(start, end) };
  }
  if (start !== null || end !== null) return null;
  const on = activeItem.value;
  return on && on.last_frame > on.first_frame
    ? { first: on.first_frame, last: on.last_frame }
    : null;
});

/** What the next label goes to, or null if there is nothing it could go to. */
export const target = computed<Target | null>(() => {
  const at = place.value;
  if (!at) return null;
  // The face of the item may have been left out just now.
  if (activeItem.value && !same(at, activeItem.value)) return null;
  const goal = { video_id: at.video_id, track_id: at.track_id, scope: scope.value };
  if (scope.value === 'clip') {
    const whole = track.value;
    if (!whole) return null;
    return { ...goal, first: whole.first_frame, last: whole.last_frame };
  }
  if (scope.value === 'span') return span.value && { ...goal, ...span.value };
  const one = anchor.value;
  const known = activeItem.value !== null || indexOf(frames.value, one) >= 0;
  return known ? { ...goal, first: one, last: one } : null;
});

/** Seconds around a blind item in which its value could be read off the curve. */
const BLIND_S = 1.5;

/** Frames whose model values and labels are hidden just now. */
export const blindSpan = computed<Span | null>(() => {
  const on = item.value;
  if (!hidden.value || !on || on.track_id !== place.value?.track_id) return null;
  if (on.video_id !== place.value.video_id) return null;
  const start = (times.value[on.first_frame] ?? on.time_s) - BLIND_S;
  const end = (times.value[on.last_frame] ?? on.time_s) + BLIND_S;
  let first = on.first_frame;
  let last = on.last_frame;
  while (first > 0 && (times.value[first - 1] ?? -1) >= start) first -= 1;
  while (last + 1 < times.value.length && (times.value[last + 1] ?? 0) <= end) {
    last += 1;
  }
  return { first, last };
});

const isHidden = (at: number) =>
  blindSpan.value !== null && at >= blindSpan.value.first && at <= blindSpan.value.last;

/** Labels of the face that may be seen now. */
export const seenLabels = computed(() => {
  const blind = blindSpan.value;
  if (blind === null) return trackLabels.value;
  return trackLabels.value.filter(
    (label) =>
      label.scope === 'clip' ||
      label.last_frame < blind.first ||
      label.first_frame > blind.last,
  );
});

/** The estimate of a frame, as far as it may be seen. */
export function modelAt(at: number): ModelValue | null {
  if (isHidden(at)) return null;
  const found = estimate.value;
  const i = indexOf(frames.value, at);
  if (found && i >= 0 && Number.isFinite(found.valence[i])) {
    const number = (name: 'valence') => found[name][i] as number;
    const pick = (name: string) => number(name as 'valence');
    return {
      valence: pick('valence'),
      arousal: pick('arousal'),
      low_valence: pick('low_valence'),
      high_valence: pick('high_valence'),
      low_arousal: pick('low_arousal'),
      high_arousal: pick('high_arousal'),
      confidence: pick('confidence'),
      expression: expressions.value[found.expression[i] ?? 255] ?? null,
      run_id: found.run_id,
    };
  }
  return modelOfItem(at);
}

function modelOfItem(at: number): ModelValue | null {
  const on = item.value;
  const said = on?.estimate;
  if (!on || !said || on.frame !== at || said.valence === null) return null;
  const or = (value: number | null) => value ?? Number.NaN;
  return {
    valence: said.valence,
    arousal: or(said.arousal),
    low_valence: or(said.low_valence),
    high_valence: or(said.high_valence),
    low_arousal: or(said.low_arousal),
    high_arousal: or(said.high_arousal),
    confidence: or(said.confidence),
    expression: topClass(said.expression)?.name ?? null,
    run_id: said.run_id,
  };
}

function topClass(of: number[] | null): { name: string; share: number } | null {
  if (!of) return null;
  const share = Math.max(...of);
  const name = expressions.value[of.indexOf(share)];
  return name === undefined ? null : { name, share };
}

/** What the model says where the next label goes. */
export const model = computed(() => modelAt(anchor.value));

interface Probabilities {
  key: string;
  run_id: string;
  of: number[] | null;
}

const fetched = signal<Probabilities | null>(null);

/** What the item itself says of its frame, which may be of an earlier run. */
const ofItem = computed(() =>
  item.value?.frame === anchor.value ? item.value.estimate : null,
);
const ofFetched = computed(() =>
  fetched.value?.key === draftKey.value ? fetched.value : null,
);
const upToDate = computed(() => {
  const run_id = model.value?.run_id;
  return ofItem.value?.run_id === run_id || ofFetched.value?.run_id === run_id;
});

/** The model's probability of each class where the next label goes, if known. */
export const probabilities = computed<number[] | null>(() => {
  const shown = model.value;
  if (!shown) return null;
  if (ofItem.value?.run_id === shown.run_id) return ofItem.value.expression;
  return ofFetched.value?.of ?? ofItem.value?.expression ?? null;
});

/** The class that accepting the model's value accepts with it. */
export const likelyClass = computed(() => {
  const top = topClass(probabilities.value);
  return top && top.share >= NAMED_FROM ? top.name : null;
});

const SETTLED_MS = 250;

/** Fetches the probabilities of a frame on which the person stays for a moment. */
export function followProbabilities(): () => void {
  let timer: ReturnType<typeof setTimeout>;
  return effect(() => {
    clearTimeout(timer);
    const at = place.value;
    const key = draftKey.value;
    const on = anchor.value;
    if (!at || key === null || !model.value || upToDate.value) return;
    timer = setTimeout(async () => {
      const said = await getEstimate1(at.video_id, at.track_id, on).catch(() => null);
      if (said) fetched.value = { key, run_id: said.run_id, of: said.expression };
    }, SETTLED_MS);
  });
}

/**
 * What was said of a frame, as the server takes it: the latest value and the latest class,
 * for a label leaves open what it does not say. A clip's label counts where there is no
 * other.
 */
export function labelAt(at: number): Label | null {
  const covers = (label: Label) => label.first_frame <= at && at <= label.last_frame;
  const all = seenLabels.value.filter(covers);
  const nearer = all.filter((label) => label.scope !== 'clip');
  if (nearer.length === 0) return all.at(-1) ?? null;
  return nearer.reduce((before, label) => {
    const { valence, arousal } = label.valence === null ? before : label;
    return {
      ...label,
      valence,
      arousal,
      expression: label.expression ?? before.expression,
    };
  });
}

/** The value that stands on record where the next label goes. */
export const onRecord = computed(() => labelAt(anchor.value));

function recorded(): Affect | null {
  const label = onRecord.value;
  if (!label || label.valence === null || label.arousal === null) return null;
  return { valence: label.valence, arousal: label.arousal };
}

/** The own value to show: being given, else on record. */
export const ownAffect = computed(() => draft.value.affect ?? recorded());
export const ownExpression = computed(() =>
  draft.value.expression === undefined
    ? (onRecord.value?.expression ?? null)
    : draft.value.expression,
);

function rounded(affect: Affect): Affect {
  const hundredth = (x: number) => Math.round(x * 100) / 100;
  return { valence: hundredth(affect.valence), arousal: hundredth(affect.arousal) };
}

/** Where a first step with the keys starts from. */
export function startAffect(): Affect {
  const from = ownAffect.value ?? model.value ?? { valence: 0, arousal: 0 };
  return rounded(from);
}

function change(part: Partial<Draft>): void {
  batch(() => {
    const at = place.value;
    if (!at) return;
    held.value ??= { ...at, frame: anchor.value };
    draft.value = { ...draft.value, ...part };
  });
}

export function setAffect(affect: Affect): void {
  change({ affect });
}

export function nudge(step: number, which: Dimension = dimension.value): void {
  setAffect(moved(startAffect(), which, step));
}

export function chooseClass(name: string | null): void {
  change({ expression: name });
}

export function setComment(comment: string): void {
  draft.value = { ...draft.value, comment };
}

export function clearDraft(): void {
  batch(() => {
    draft.value = EMPTY;
    held.value = null;
    scope.value = 'frame';
    spanMarks.value = NO_MARKS;
  });
}

/** Marks one end of a span at the frame on screen, at the nearest frame of the face. */
export function markSpan(which: 'start' | 'end'): void {
  const at = nearest(frames.value, frame.value) ?? frame.value;
  batch(() => {
    spanMarks.value = { ...spanMarks.value, [which]: at };
    scope.value = 'span';
  });
}

export function setSpan(first: number, last: number): void {
  batch(() => {
    spanMarks.value = { start: first, end: last };
    scope.value = 'span';
  });
}

/** Takes up a value again that was given before. */
export function takeUp(given: Draft): void {
  const at = place.value;
  const holds = given.affect !== null || given.expression !== undefined;
  batch(() => {
    held.value = at && holds ? { ...at, frame: anchor.value } : null;
    draft.value = given;
  });
}
