/** How many labels each value has: drawn small, and as a table for whoever reads it. */

import type { Values } from '../api/types';
import { number, t } from '../i18n';
import { dimensionName } from '../i18n/names';

const WIDTH = 200;
const HEIGHT = 56;

export function ValueBars({ of, index }: { of: Values; index: number }) {
  const most = Math.max(1, ...of.counts);
  const wide = WIDTH / of.counts.length;
  const name = dimensionName({ ...of, low_pole: '', high_pole: '' });
  const ends = { name, low: number(of.low), high: number(of.high) };
  const edge = (i: number) =>
    number(of.low + ((of.high - of.low) * i) / of.counts.length, 2);
  return (
    <div class="data-part" data-testid={`values-${of.name}`}>
      <p>{t('overview.valuesOf', ends)}</p>
      <svg
        class={`value-bars of-dimension-${index % 6}`}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {of.counts.map((count, i) => {
          const tall = ((HEIGHT - 2) * count) / most;
          return (
            <rect
              key={i}
              x={i * wide + 0.5}
              y={HEIGHT - 1 - tall}
              width={wide - 1}
              height={tall}
            />
          );
        })}
        <line x1={0} x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
      </svg>
      <details>
        <summary>{t('overview.asTable')}</summary>
        <table class="data-table">
          <thead>
            <tr>
              <th scope="col">{t('overview.from')}</th>
              <th scope="col">{t('overview.to')}</th>
              <th scope="col">{t('overview.labels')}</th>
            </tr>
          </thead>
          <tbody>
            {of.counts.map((count, i) => (
              <tr key={i}>
                <th scope="row">{edge(i)}</th>
                <td>{edge(i + 1)}</td>
                <td>{number(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}
