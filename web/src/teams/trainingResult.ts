/** What came of the last training item: shown once one's own answer is saved. */

import { signal } from '@preact/signals';
import type { Feedback, Saved } from '../api/types';
import type { Outbox } from '../outbox';

export const trainingResult = signal<Feedback | null>(null);

export function followTraining(box: Outbox): void {
  box.listen({
    saved: (change, answer) => {
      if (change.kind === 'judgement')
        trainingResult.value = (answer as Saved).feedback ?? null;
    },
  });
}
