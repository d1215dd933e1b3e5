/** Rating with a finger or a pen: where it is on the bar or pad, or its way. */

import { change, type Hands, type Spot, spotOf, valuesAt } from './pointer';

export function listenToTouch(hands: Hands): () => void {
  const { field, box, n, set, move, isRelative } = hands;
  /** The finger that rates; a second one is at rest. */
  let finger: number | null = null;
  let before: Spot | null = null;
  const stop = new AbortController();
  const options = { signal: stop.signal };
  const follow = (event: PointerEvent) => {
    const here = spotOf(event);
    if (!isRelative) set(valuesAt(here, box(), n));
    else if (before) move(change(before, here, box(), n));
    before = here;
  };
  field.addEventListener(
    'pointerdown',
    (event) => {
      if (event.pointerType === 'mouse' || finger !== null) return;
      event.preventDefault();
      finger = event.pointerId;
      // A finger that leaves the field is still the one that rates.
      field.setPointerCapture?.(event.pointerId);
      before = null;
      follow(event);
    },
    options,
  );
  field.addEventListener(
    'pointermove',
    (event) => event.pointerId === finger && follow(event),
    options,
  );
  for (const name of ['pointerup', 'pointercancel'] as const) {
    field.addEventListener(
      name,
      (event) => {
        if (event.pointerId !== finger) return;
        finger = null;
        before = null;
      },
      options,
    );
  }
  return () => stop.abort();
}
