/** Rating with the keyboard: each press is a step. */

import { chordOf, isSilent } from '../../keys';
import { FAR_STEP, STEP, type Values } from '../values';

/** Right and up, of each key; the letters lie as the arrows do. */
const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [0, 1],
  w: [0, 1],
  ArrowDown: [0, -1],
  s: [0, -1],
  ArrowRight: [1, 0],
  d: [1, 0],
  ArrowLeft: [-1, 0],
  a: [-1, 0],
};
const FAR: Readonly<Record<string, readonly [number, number]>> = {
  PageUp: [0, 1],
  PageDown: [0, -1],
};

/** By how much a key moves the values; null = it is no key of rating. */
export function stepOf(chord: string, n: number): Values | null {
  const isShifted = chord.startsWith('Shift+');
  const name = isShifted ? chord.slice('Shift+'.length) : chord;
  const plain = DIRECTIONS[name];
  const far = isShifted ? plain : FAR[name];
  const [x, y] = far ?? plain ?? [0, 0];
  const length = far ? FAR_STEP : STEP;
  if (x === 0 && y === 0) return null;
  // Of one dimension right is up: both mean more.
  return n === 1 ? [length * (x + y)] : [length * x, length * y];
}

/** Holding a key down repeats it, as the system is set up. */
export function listenToKeys(n: number, move: (by: Values) => void): () => void {
  const press = (event: KeyboardEvent) => {
    if (event.defaultPrevented || isSilent(event)) return;
    const by = stepOf(chordOf(event), n);
    if (!by) return;
    event.preventDefault();
    move(by);
  };
  addEventListener('keydown', press);
  return () => removeEventListener('keydown', press);
}
