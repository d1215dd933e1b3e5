/** What is being rated, drawn below the video as it comes about. */

import { t } from '../i18n';
import { laneName } from '../i18n/names';
import { clock } from '../lib/format';
import { formatValue } from '../lib/value';
import {
  fromTop,
  HEIGHT,
  lineOf,
  type Range,
  scaleOf,
  secondsShown,
  WIDTH,
} from './drawing';
import { options, rated } from './options';
import {
  dropped,
  grown,
  now,
  paused,
  phase,
  recorded,
  stretch,
  values,
} from './useTracing';
import { inUnits } from './values';

export function TraceView() {
  return (
    <section class="trace" aria-label={t('tracing.trace')} data-testid="trace">
      <TraceHead />
      <Lines />
    </section>
  );
}

function TraceHead() {
  const [first, last] = stretch.value;
  const isUnderWay = phase.value === 'countdown' || phase.value === 'rating';
  return (
    <header class="trace-head">
      <span class="trace-values" data-testid="trace-values">
        {isUnderWay &&
          rated.value.map((one, d) => (
            <span key={one.name} class={`of-dimension-${d % 6}`}>
              {laneName(one)}{' '}
              <b>{formatValue(inUnits(values.value[d] ?? 0, one), one)}</b>
            </span>
          ))}
        {!isUnderWay &&
          rated.value.map((one, d) => (
            <span key={one.name} class={`of-dimension-${d % 6}`}>
              {laneName(one)}
            </span>
          ))}
      </span>
      <span class="muted" data-testid="trace-state" data-paused={paused.value}>
        {paused.value ? t('tracing.paused') : ''}
        {phase.value === 'review' &&
          dropped.value > 0 &&
          t('tracing.dropped', { n: dropped.value })}
      </span>
      <span class="muted clock-time">
        {phase.value === 'ready'
          ? t('controls.rateValue', { rate: options.value.speed })
          : `${clock(Math.max(0, now.value - first))} / ${clock(last - first)}`}
      </span>
    </header>
  );
}

function Lines() {
  // The pieces grow in place.
  void grown.value;
  const sight = secondsShown(stretch.value, now.value, phase.value !== 'rating');
  const scales = rated.value.map((_, d) =>
    scaleOf(recorded.value, d, options.value.mode, values.value),
  );
  return (
    <svg
      class="trace-lines"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={t('tracing.trace')}
    >
      <path class="trace-zero" d={zero(scales[0] ?? [-1, 1])} />
      {rated.value.map((one, d) => (
        <g key={one.name} class={`of-dimension-${d % 6}`}>
          {recorded.value.map((piece, i) => (
            <path
              key={i}
              class="trace-line"
              d={lineOf(piece, d, sight, scales[d] as Range)}
            />
          ))}
        </g>
      ))}
      {phase.value === 'rating' && <path class="trace-now" d={present(sight)} />}
    </svg>
  );
}

const zero = (scale: Range) => `M0 ${HEIGHT * fromTop(0, scale)}H${WIDTH}`;

function present([first, last]: Range): string {
  const x = (WIDTH * (now.value - first)) / (last - first);
  return `M${x} 0V${HEIGHT}`;
}
