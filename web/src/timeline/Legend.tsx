/** What the colours of the timeline mean, and the coverage in words. */

import { NoFilter } from '../components/VideoFilter';
import { percent, t } from '../i18n';
import { isFiltered } from '../state/filter';
import type { Counts } from './coverage';

const KINDS = ['human', 'accepted', 'reviewed', 'sure', 'pending'] as const;

export function Legend({ predicted }: { predicted: boolean }) {
  if (!predicted) return <p class="timeline-readout">{t('timeline.noPrediction')}</p>;
  return (
    <ul class="timeline-legend" aria-label={t('timeline.legend')}>
      {KINDS.map((kind) => (
        <li key={kind} class={`is-${kind}`}>
          {t(`timeline.${kind}`)}
        </li>
      ))}
      {isFiltered.value && (
        <li class="is-filter">
          <NoFilter />
        </li>
      )}
    </ul>
  );
}

/** Shares of the whole clip: what is judged, and what still waits. */
export function coverageText(counts: Counts): string {
  const n = counts.human.length - 1;
  const share = (column: Int32Array) =>
    percent(n ? (column[n] as number) / n : 0, n > 200 ? 1 : 0);
  return t('timeline.coverage', {
    human: share(counts.human),
    accepted: share(counts.accepted),
    reviewed: share(counts.reviewed),
    pending: share(counts.pending),
  });
}
