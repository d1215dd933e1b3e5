/** Binds the table of shortcuts to what the page does. */

import { useLayoutEffect } from 'preact/hooks';
import { type Action, actionOf } from '../keys';
import {
  accept,
  editModel,
  giveClass,
  giveStep,
  next,
  previous,
  review,
  toggleFree,
} from '../state/decide';
import { dimension, markSpan } from '../state/draft';
import { scope } from '../state/given';
import {
  changeRate,
  stepFrames,
  stepSeconds,
  toFirst,
  togglePlay,
  toHuman,
  toLast,
} from '../state/player';
import { expressions } from '../state/session';
import { redo, undo } from '../state/steps';
import { sideSheet, toggleSheet } from '../state/ui';

const STEP = 0.05;
const STEP_FAR = 0.2;

const classKey = (at: number) => () => {
  const name = expressions.value[at];
  if (name !== undefined) giveClass(name);
};

function toggleDimension(): void {
  dimension.value = dimension.value === 'valence' ? 'arousal' : 'valence';
  const focused = document.activeElement;
  if (focused?.matches('.pad-track')) {
    document.getElementById(`pad-${dimension.value}`)?.focus();
  }
}

/** Esc closes the side sheet, or else leaves the element with the focus. */
function close(): void {
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
  humanBack: () => toHuman(-1),
  humanOn: () => toHuman(1),
  slower: () => changeRate(-1),
  faster: () => changeRate(1),
  valueUp: () => giveStep(STEP),
  valueDown: () => giveStep(-STEP),
  valueUpFar: () => giveStep(STEP_FAR),
  valueDownFar: () => giveStep(-STEP_FAR),
  toggleDimension,
  class1: classKey(0),
  class2: classKey(1),
  class3: classKey(2),
  class4: classKey(3),
  class5: classKey(4),
  class6: classKey(5),
  class7: classKey(6),
  class8: classKey(7),
  clearClass: () => giveClass(null),
  accept,
  edit: editModel,
  reject: () => review('reject'),
  skip: () => review('skip'),
  unsure: () => review('unsure'),
  nextItem: next,
  previousItem: previous,
  free: toggleFree,
  undo,
  redo,
  spanStart: () => markSpan('start'),
  spanEnd: () => markSpan('end'),
  clipLabel: () => {
    scope.value = 'clip';
  },
  videos: () => toggleSheet('videos'),
  threshold: () => toggleSheet('threshold'),
  sheet: () => toggleSheet('sheet'),
  faces: () => toggleSheet('faces'),
  history: () => toggleSheet('history'),
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
  'undo',
  'redo',
]);

export function useKeys(): void {
  // Before the first picture: whoever sees the page can press its keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const action = actionOf(event);
      if (action === null) return;
      event.preventDefault();
      if (!event.repeat || REPEATS.has(action)) DOES[action]();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
