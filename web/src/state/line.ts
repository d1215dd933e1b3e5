/** The line to the server, for what is asked for outside of the outbox: pictures. */

import { signal } from '@preact/signals';

/** How often the line came back: pictures that failed meanwhile are asked for again. */
export const reconnects = signal(0);
