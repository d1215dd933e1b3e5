/** The line to the server, for what is asked for outside of the outbox: pictures. */

import { signal } from '@preact/signals';

/** How often the line came back: pictures that failed meanwhile are asked for again. */
export const reconnects = signal(0);

/**
 * A short break may leave the server's notifications open, so that nothing there tells of
 * it; the browser itself does.
 */
export function followLine(): () => void {
  const back = () => {
    reconnects.value += 1;
  };
  addEventListener('online', back);
  return () => removeEventListener('online', back);
}
