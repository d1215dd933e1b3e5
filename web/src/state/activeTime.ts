/** The active seconds of the decision at hand. */

import { ActiveClock } from '../lib/activeClock';

const clock = new ActiveClock(performance.now());

export const activeSeconds = () => clock.read(performance.now());
export const restartClock = () => clock.reset(performance.now());

/** Listens to the person's inputs; returns how to stop. */
export function watchInputs(): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal, capture: true, passive: true };
  for (const name of ['keydown', 'pointerdown', 'pointermove', 'wheel']) {
    addEventListener(name, () => clock.input(performance.now()), options);
  }
  const visible = () =>
    clock.setVisible(document.visibilityState === 'visible', performance.now());
  document.addEventListener('visibilitychange', visible, options);
  return () => stop.abort();
}
