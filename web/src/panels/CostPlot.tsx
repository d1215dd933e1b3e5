/** Minutes of work and wrong labels against the threshold: two small curves, one axis. */

import type { ThresholdPoint } from '../api/types';
import { number, percent, t } from '../i18n';

const WIDTH = 360;
const HEIGHT = 62;
const LEFT = 46;
const RIGHT = 8;
const TOP = 16;
const STEPS = [0.5, 0.6, 0.7, 0.8, 0.9, 1];

type Measure = (point: ThresholdPoint) => number;

const ROUND = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The next round number, for the top of an axis. */
export function roundedUp(most: number): number {
  if (!(most > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(most));
  const top = (ROUND.find((k) => k * unit >= most) ?? 10) * unit;
  return Number(top.toPrecision(3));
}

export interface CurveShape {
  /** SVG path through all points. */
  path: string;
  /** Greatest value of the axis. */
  most: number;
  x: (threshold: number) => number;
  y: (value: number) => number;
}

/** @param points their thresholds ascend */
export function shapeOf(points: readonly ThresholdPoint[], of: Measure): CurveShape {
  const first = points[0]?.threshold ?? 0.5;
  const last = points.at(-1)?.threshold ?? 1;
  const most = roundedUp(Math.max(...points.map(of)));
  const x = (threshold: number) =>
    LEFT + ((threshold - first) / (last - first || 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => TOP + (1 - value / most) * HEIGHT;
  const path = points
    .map(
      (p, i) => `${i ? 'L' : 'M'}${x(p.threshold).toFixed(1)} ${y(of(p)).toFixed(1)}`,
    )
    .join('');
  return { path, most, x, y };
}

interface CurveProps {
  name: 'time' | 'wrong';
  points: readonly ThresholdPoint[];
  chosen: ThresholdPoint;
  now: ThresholdPoint;
  of: Measure;
  text: (value: number) => string;
}

function Curve({ name, points, chosen, now, of, text }: CurveProps) {
  const { path, most, x, y } = shapeOf(points, of);
  const floor = TOP + HEIGHT;
  return (
    <g class={`cost-${name}`}>
      <text class="cost-title" x={LEFT} y={TOP - 5}>
        {t(`threshold.plot.${name}`)}
      </text>
      {[0, most].map((value) => (
        <g key={value}>
          <line
            class="cost-grid"
            x1={LEFT}
            x2={WIDTH - RIGHT}
            y1={y(value)}
            y2={y(value)}
          />
          <text class="cost-tick" x={LEFT - 5} y={y(value) + 4} text-anchor="end">
            {text(value)}
          </text>
        </g>
      ))}
      <line
        class="cost-now"
        x1={x(now.threshold)}
        x2={x(now.threshold)}
        y1={TOP}
        y2={floor}
      />
      <line
        class="cost-chosen"
        x1={x(chosen.threshold)}
        x2={x(chosen.threshold)}
        y1={TOP}
        y2={floor}
      />
      <path class="cost-curve" d={path} />
      <circle class="cost-dot" cx={x(chosen.threshold)} cy={y(of(chosen))} r={4} />
    </g>
  );
}

export function CostPlot(props: {
  points: readonly ThresholdPoint[];
  chosen: ThresholdPoint;
  now: ThresholdPoint;
}) {
  const block = TOP + HEIGHT + 10;
  const { x } = shapeOf(props.points, (p) => p.minutes);
  return (
    <svg
      class="cost-plot"
      viewBox={`0 0 ${WIDTH} ${2 * block + 12}`}
      role="img"
      aria-label={t('threshold.plot.label')}
      data-testid="threshold-plot"
    >
      <Curve {...props} name="time" of={(p) => p.minutes} text={(v) => number(v)} />
      <g transform={`translate(0 ${block})`}>
        <Curve {...props} name="wrong" of={(p) => p.wrong} text={(v) => percent(v)} />
      </g>
      {STEPS.map((step) => (
        <text
          key={step}
          class="cost-tick"
          x={x(step)}
          y={2 * block + 6}
          text-anchor="middle"
        >
          {number(step, 1)}
        </text>
      ))}
    </svg>
  );
}
