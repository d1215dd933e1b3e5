/** Binds the table of shortcuts to what the page does. */

import { useLayoutEffect } from 'preact/hooks';
import { type Action, actionOf, pagesChord, SHORTCUTS } from '../keys';
import {
  accept,
  cannotJudgeItem,
  editPrediction,
  giveClass,
  giveStep,
  next,
  previous,
  rejectItem,
  skipItem,
  toggleComment,
  toggleFreeMode,
  toItem,
  typesKey,
  typeValue,
} from '../state/actions';
import { allows } from '../state/allowed';
import { announce } from '../state/announcements';
import { dimension, markSpan, toggleUnsure } from '../state/draft';
import { draftTouched, scope } from '../state/draftValue';
import { toggleFit } from '../state/fitting';
import {
  changeRate,
  stepFrames,
  stepSeconds,
  toFirst,
  togglePlay,
  toLabelled,
  toLast,
} from '../state/player';
import { classKeys, dimensions, may } from '../state/session';
import { onSheet, sheetFaces } from '../state/sheetFaces';
import { openTracing, tracing } from '../state/tracing';
import { keepsFaces, setKeepsFaces, sideSheet, toggleSheet } from '../state/ui';
import { redo, undo } from '../state/undoStack';
import { toUnreviewed } from '../state/unreviewed';
import { toggleTalk } from '../teams/FrameTalk';
import { focusSlider } from './PadSlider';

const otherDimension = (by: 1 | -1) => {
  const n = Math.max(dimensions.value.length, 1);
  return (dimension.value + by + n) % n;
};

function toDimension(d: number): void {
  const focused = document.activeElement?.matches('.pad-track');
  if (focused) focusSlider(d);
  else dimension.value = d;
}

/** The second dimension from anywhere; small steps then go on from there. */
function stepSecond(steps: number): void {
  toDimension(Math.min(1, Math.max(dimensions.value.length - 1, 0)));
  giveStep(steps, true);
}

/**
 * With a draft and nothing in focus, Tab goes to the other dimension; in the pad the browser
 * takes it from slider to slider, and out of it.
 */
function onTab(event: KeyboardEvent): void {
  const inNothing =
    document.activeElement === document.body || document.activeElement === null;
  const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
  if (!plain || !inNothing || !draftTouched.value) return;
  event.preventDefault();
  focusSlider(otherDimension(event.shiftKey ? -1 : 1));
}

/** While a contact sheet is open, nothing is decided about the item behind it. */
const BEHIND: ReadonlySet<Action> = new Set(
  SHORTCUTS.filter(({ group }) => group === 'decide' || group === 'scope')
    .map(({ action }) => action)
    .filter((action) => !['accept', 'edit', 'undo', 'redo'].includes(action)),
);

/**
 * Esc takes the draft of a contact sheet back, or closes the side sheet, or else leaves the
 * element with the focus.
 */
function close(): void {
  const inPad = document.activeElement?.closest('.pad') ?? null;
  if (onSheet.value && (draftTouched.value || inPad)) {
    sheetFaces.value?.leave();
    return;
  }
  if (sideSheet.value !== null) sideSheet.value = null;
  else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

export const DOES: Readonly<Record<Action, () => void>> = {
  playPause: togglePlay,
  frameBack: () => stepFrames(-1),
  frameOn: () => stepFrames(1),
  secondBack: () => stepSeconds(-1),
  secondOn: () => stepSeconds(1),
  tenBack: () => stepFrames(-10),
  tenOn: () => stepFrames(10),
  firstFrame: toFirst,
  lastFrame: toLast,
  labelledBack: () => toLabelled(-1),
  labelledOn: () => toLabelled(1),
  unreviewedBack: () => toUnreviewed(-1),
  unreviewedOn: () => toUnreviewed(1),
  slower: () => changeRate(-1),
  faster: () => changeRate(1),
  valueUp: () => giveStep(1),
  valueDown: () => giveStep(-1),
  valueUpFar: () => giveStep(1, true),
  valueDownFar: () => giveStep(-1, true),
  secondUpFar: () => stepSecond(1),
  secondDownFar: () => stepSecond(-1),
  toggleDimension: () => toDimension(otherDimension(1)),
  typeValue: () => typeValue(''),
  typeNegative: () => typeValue('-'),
  typeSecond: () => typeValue('', 1),
  clearClass: () => giveClass(null),
  toggleUnsure,
  accept,
  edit: editPrediction,
  reject: rejectItem,
  skip: skipItem,
  cannotJudge: cannotJudgeItem,
  nextItem: next,
  previousItem: previous,
  freeMode: toggleFreeMode,
  toItem,
  undo,
  redo,
  spanStart: () => markSpan('start'),
  spanEnd: () => markSpan('end'),
  clipLabel: () => {
    scope.value = 'clip';
  },
  comment: toggleComment,
  talk: toggleTalk,
  fitFace: toggleFit,
  tracing: openTracing,
  videos: () => toggleSheet('videos'),
  threshold: () => toggleSheet('threshold'),
  sheet: () => toggleSheet('sheet'),
  faces: () => toggleSheet('faces'),
  history: () => toggleSheet('history'),
  guide: () => toggleSheet('guide'),
  team: () => toggleSheet('team'),
  padFaces: () => setKeepsFaces(!keepsFaces.value),
  help: () => toggleSheet('help'),
  close,
};

/** Actions that go on while their key is held down. */
const REPEATS: ReadonlySet<Action> = new Set<Action>([
  'frameBack',
  'frameOn',
  'secondBack',
  'secondOn',
  'tenBack',
  'tenOn',
  'valueUp',
  'valueDown',
  'valueUpFar',
  'valueDownFar',
  'secondUpFar',
  'secondDownFar',
  'undo',
  'redo',
]);

export function onKeyDown(event: KeyboardEvent): void {
  // Live rating has keys of its own.
  if (tracing.value) return;
  if (event.key === 'Tab') onTab(event);
  const chord = pagesChord(event);
  if (chord !== null && may('judge') && typesKey(chord)) {
    event.preventDefault();
    return;
  }
  const action = actionOf(event);
  const name = may('judge') ? classKeys.value.get(chord ?? '') : undefined;
  if (action !== null && !allows(action)) return;
  if (action === null && name === undefined) return;
  event.preventDefault();
  if (name !== undefined) {
    if (!event.repeat) giveClass(name);
  } else if (action && onSheet.value && BEHIND.has(action)) {
    announce('info', 'notice.sheetOpen');
  } else if (action && (!event.repeat || REPEATS.has(action))) DOES[action]();
}

export function useKeys(): void {
  // Before the first picture: whoever sees the page can press its keys.
  useLayoutEffect(() => {
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}
