/** The circumplex: a value is dragged, clicked, turned or typed. */

import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { EXPRESSION_AFFECT } from '../lib/expressions';
import { type Affect, inSquare, padPoint, padValue } from '../lib/geometry';
import { giveAffect, giveStep } from '../state/decide';
import { type ModelValue, model, ownAffect } from '../state/draft';
import { Classes, Contradiction } from './Classes';
import { PadSlider } from './PadSlider';

const SIDE = 240;
const MARGIN = 10;
const WHEEL_STEP = 0.05;
const WHEEL_STEP_FAR = 0.2;

const at = (affect: Affect) => padPoint(affect, SIDE, MARGIN);

export function Pad() {
  return (
    <section class="pad" aria-label={t('pad.label')} data-testid="pad">
      <div class="pad-top">
        <Plane />
        <Classes />
        <Contradiction />
      </div>
      <div class="pad-sliders">
        <PadSlider dimension="valence" />
        <PadSlider dimension="arousal" />
      </div>
      <p id="pad-help" class="sr-only">
        {t('pad.help')}
      </p>
    </section>
  );
}

/** The square itself; its keys and names are those of the two sliders below it. */
function Plane() {
  const plane = useRef<SVGSVGElement>(null);
  useWheel(plane);
  const give = (event: PointerEvent & { currentTarget: SVGSVGElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const place = { x: event.clientX, y: event.clientY };
    giveAffect(padValue(inSquare(place, box, SIDE), SIDE, MARGIN));
  };
  return (
    <svg
      ref={plane}
      class="pad-plane"
      viewBox={`0 0 ${SIDE} ${SIDE}`}
      aria-hidden="true"
      data-testid="pad-plane"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        give(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) give(event);
      }}
    >
      <Grid />
      <Hints />
      {model.value && <Model of={model.value} />}
      <Own />
    </svg>
  );
}

/** The page must not scroll under the wheel, so the listener cannot be passive. */
function useWheel(plane: { current: SVGSVGElement | null }): void {
  useEffect(() => {
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      const by = event.deltaY || event.deltaX;
      const step = event.shiftKey ? WHEEL_STEP_FAR : WHEEL_STEP;
      if (by !== 0) giveStep(by < 0 ? step : -step);
    };
    const on = plane.current;
    on?.addEventListener('wheel', turn, { passive: false });
    return () => on?.removeEventListener('wheel', turn);
  }, []);
}

function Grid() {
  const middle = SIDE / 2;
  const radius = middle - MARGIN;
  return (
    <g class="pad-grid">
      <rect x={MARGIN} y={MARGIN} width={2 * radius} height={2 * radius} rx="6" />
      <circle cx={middle} cy={middle} r={radius} />
      <circle cx={middle} cy={middle} r={radius / 2} />
      <path
        d={`M${MARGIN} ${middle}h${2 * radius}M${middle} ${MARGIN}v${2 * radius}`}
      />
      <g class="pad-axis">
        <text x={middle + 5} y={MARGIN + 12}>
          {t('pad.high')}
        </text>
        <text x={middle + 5} y={SIDE - MARGIN - 6}>
          {t('pad.low')}
        </text>
        <text x={MARGIN + 5} y={middle - 5}>
          {t('pad.negative')}
        </text>
        <text x={SIDE - MARGIN - 5} y={middle - 5} text-anchor="end">
          {t('pad.positive')}
        </text>
      </g>
    </g>
  );
}

/** Where a name stands beside its term, so that near ones do not cover each other. */
const NAME_PLACE: Readonly<Record<string, { dx: number; dy: number; end?: boolean }>> =
  {
    neutral: { dx: 5, dy: 15 },
    happiness: { dx: 15, dy: 18, end: true },
    surprise: { dx: -14, dy: -12 },
    sadness: { dx: -14, dy: 20 },
    anger: { dx: 2, dy: -12 },
    disgust: { dx: -16, dy: 17 },
    fear: { dx: -2, dy: -12, end: true },
    contempt: { dx: 7, dy: 4 },
  };
const REGION = 0.15;

/** Faint regions around the terms of the classes. */
function Hints() {
  const radius = REGION * (SIDE / 2 - MARGIN);
  return (
    <g class="pad-hints">
      {Object.entries(EXPRESSION_AFFECT).map(([name, affect]) => {
        const { x, y } = at(affect);
        const { dx = 0, dy = 0, end } = NAME_PLACE[name] ?? {};
        return (
          <g key={name}>
            <circle cx={x} cy={y} r={radius} />
            <text x={x + dx} y={y + dy} text-anchor={end ? 'end' : 'start'}>
              {t(`expression.${name}`)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

/** The model's value as a cross, its interval as an ellipse. */
function Model({ of }: { of: ModelValue }) {
  const { x, y } = at(of);
  const from = at({ valence: of.low_valence, arousal: of.high_arousal });
  const to = at({ valence: of.high_valence, arousal: of.low_arousal });
  return (
    <g class="pad-model" data-testid="pad-model">
      {Number.isFinite(from.x + to.x + from.y + to.y) && (
        <ellipse
          cx={(from.x + to.x) / 2}
          cy={(from.y + to.y) / 2}
          rx={Math.abs(to.x - from.x) / 2}
          ry={Math.abs(to.y - from.y) / 2}
        />
      )}
      <path d={`M${x - 7} ${y}h14M${x} ${y - 7}v14`} />
    </g>
  );
}

function Own() {
  const own = ownAffect.value;
  if (!own) return null;
  const { x, y } = at(own);
  return (
    <g class="pad-own" data-testid="pad-own">
      <path d={`M${x} ${SIDE - MARGIN}V${y}`} class="of-valence" />
      <path d={`M${MARGIN} ${y}H${x}`} class="of-arousal" />
      <circle cx={x} cy={y} r="6.5" />
    </g>
  );
}
