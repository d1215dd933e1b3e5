/** Rating with the left stick of a gamepad: where it is, or how fast it drives. */

import { clamp } from '../../lib/geometry';
import type { Values } from '../values';
import type { Hands } from './pointer';

/** A stick that is let go of does not rest exactly in the middle. */
const REST = 0.1;
/** How fast a stick at its edge drives a relative value: so much a second. */
const DRIVE = 1;
/** After a pause of the page a stick does not drive for all of it. */
const LONGEST_S = 0.1;

const past = (axis: number) =>
  (Math.sign(axis) * Math.max(0, Math.abs(clamp(axis, -1, 1)) - REST)) / (1 - REST) + 0;

/** Where a stick is: down is positive for the browser, and less for a rater. */
export function stickOf(axes: readonly number[], n: number): Values {
  const [x = 0, y = 0] = axes;
  return n === 1 ? [past(-y)] : [past(x), past(-y)];
}

/** By how much a stick has driven the values in a time. */
export const driven = (stick: Values, seconds: number): Values =>
  stick.map((one) => one * DRIVE * Math.min(seconds, LONGEST_S));

/** The first one that is there; browsers show none before a button of it was pressed. */
export function connectedPad(): Gamepad | null {
  return navigator.getGamepads?.().find((one) => one?.connected) ?? null;
}

type Wanted = Pick<Hands, 'n' | 'set' | 'move' | 'isRelative'>;

export function listenToGamepad({ n, set, move, isRelative }: Wanted): () => void {
  let handle = 0;
  let before: number | null = null;
  const look = (now: number) => {
    handle = requestAnimationFrame(look);
    const seconds = before === null ? 0 : (now - before) / 1000;
    before = now;
    const pad = connectedPad();
    if (!pad) return;
    const stick = stickOf(pad.axes, n);
    if (!isRelative) set(stick);
    else if (stick.some((one) => one !== 0)) move(driven(stick, seconds));
  };
  handle = requestAnimationFrame(look);
  return () => cancelAnimationFrame(handle);
}
