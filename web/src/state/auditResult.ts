/** What came of the last audit: shown once one's own value is saved, never before. */

import { signal } from '@preact/signals';
import type { Saved } from '../api/types';
import type { Value } from '../lib/value';
import { judgementsOf, type Outbox } from '../outbox';
import { dimensions, session } from './session';

export interface AuditResult {
  own: Value;
  model: Value;
  /** No dimension is further apart than the project's tolerance. */
  within: boolean;
  tolerance: number;
}

export const auditResult = signal<AuditResult | null>(null);

/** Rounding of numbers that stand at the edge of the tolerance. */
const EDGE = 1e-9;

function resultOf(own: Value, model: Value): AuditResult {
  const tolerance = session.value?.tolerance ?? 0;
  // The tolerance is on [-1, 1].
  const within = dimensions.value.every((one, d) => {
    const [mine, models] = [own[d] ?? null, model[d] ?? null];
    if (mine === null || models === null) return true;
    return (2 * Math.abs(mine - models)) / (one.high - one.low) <= tolerance + EDGE;
  });
  return { own, model, within, tolerance };
}

export function followAudits(box: Outbox): void {
  box.listen({
    saved: (change, answer) => {
      if (change.kind !== 'judgement') return;
      const [said] = judgementsOf(change);
      const model = (answer as Saved).audited?.value;
      auditResult.value =
        said && model && said.value.length > 0 ? resultOf(said.value, model) : null;
    },
  });
}
