/** Rating with the mouse: its place on the bar or pad, or its way; the wheel, too. */

import { STEP, type Values } from '../values';
import { change, type Hands, type Spot, spotOf, valuesAt } from './pointer';

/** A turn of the wheel away from oneself is up. */
export function turned({ deltaX, deltaY }: WheelEvent, n: number): Values {
  const up = STEP * -Math.sign(deltaY) + 0;
  return n === 1 ? [up] : [STEP * Math.sign(deltaX) + 0, up];
}

export function listenToMouse(hands: Hands): () => void {
  const { field, box, n, set, move, isRelative } = hands;
  let before: Spot | null = null;
  const stop = new AbortController();
  const options = { signal: stop.signal };
  const follow = (event: PointerEvent) => {
    if (event.pointerType !== 'mouse') return;
    const here = spotOf(event);
    if (!isRelative) set(valuesAt(here, box(), n));
    else if (before) move(change(before, here, box(), n));
    before = here;
  };
  field.addEventListener('pointermove', follow, options);
  field.addEventListener('pointerdown', follow, options);
  field.addEventListener(
    'pointerleave',
    () => {
      // Its way back into the field is no rating.
      before = null;
    },
    options,
  );
  field.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      // Where its place counts, the next movement would undo a turn.
      if (isRelative) move(turned(event, n));
    },
    { ...options, passive: false },
  );
  return () => stop.abort();
}
