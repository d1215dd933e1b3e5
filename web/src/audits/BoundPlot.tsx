/** The upper bound of the error rate after each audited item, and the agreed bound. */

import type { Bounds } from '../api/types';
import { number, percent, t } from '../i18n';
import {
  type Bounded,
  boundSentence,
  roundedUp,
  shapeOfBounds,
  ticksOf,
} from './bound';

const FRAME = { width: 360, left: 40, right: 8, top: 8, height: 84 };
const SHARES = [0, 0.5, 1];

interface PlotProps {
  of: Bounded;
  /** After each item, in the order in which they were judged. */
  bounds: readonly Bounds[];
}

export function BoundPlot({ of, bounds }: PlotProps) {
  const { path, between, most, x, y } = shapeOfBounds(bounds, of.n_items, FRAME);
  const last = bounds.at(-1);
  const floor = FRAME.top + FRAME.height;
  const right = FRAME.width - FRAME.right;
  const agreed = t('audits.plot.agreed', { share: roundedUp(of.bound) });
  return (
    <svg
      class="bound-plot"
      viewBox={`0 0 ${FRAME.width} ${floor + 30}`}
      role="img"
      aria-label={t('audits.plot.label', {
        said: boundSentence(of),
        agreed,
      })}
      data-testid="bound-plot"
    >
      <path class="bound-between" d={between} />
      {SHARES.map((share) => (
        <g key={share}>
          <line
            class="bound-grid"
            x1={FRAME.left}
            x2={right}
            y1={y(share)}
            y2={y(share)}
          />
          <text x={FRAME.left - 5} y={y(share) + 4} text-anchor="end">
            {percent(share)}
          </text>
        </g>
      ))}
      {ticksOf(most).map((n) => (
        <text key={n} x={x(n)} y={floor + 13} text-anchor="middle">
          {number(n)}
        </text>
      ))}
      <text class="bound-axis" x={right} y={floor + 26} text-anchor="end">
        {t('audits.plot.items')}
      </text>
      <line
        class="bound-agreed"
        x1={FRAME.left}
        x2={right}
        y1={y(of.bound)}
        y2={y(of.bound)}
      />
      <text class="bound-agreed-text" x={right} y={y(of.bound) - 4} text-anchor="end">
        {agreed}
      </text>
      <path class="bound-curve" d={path} />
      {last && (
        <circle class="bound-dot" cx={x(last.n)} cy={y(last.upper_bound)} r={3.5} />
      )}
    </svg>
  );
}
