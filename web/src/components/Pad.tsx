/** The pad: a value is dragged, clicked, turned or typed. */

import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Dimension } from '../api/types';
import { t } from '../i18n';
import { poleName } from '../i18n/names';
import { inSquare, type Point, padPoint, padShare } from '../lib/geometry';
import type { Ellipse } from '../lib/padLabels';
import { shareOf, type Value, valueAt } from '../lib/value';
import { giveStep, giveValue } from '../state/actions';
import { dimension as active, ownValue, proposal } from '../state/draft';
import { type PredictionAt, predicted } from '../state/predictionAt';
import { classes, dimensions } from '../state/session';
import { typed } from '../state/typing';
import { facesOnPad } from '../state/ui';
import { AnchorFaces, hasAnchors } from './AnchorFaces';
import { Classes, Contradiction } from './Classes';
import { Hints } from './PadHints';
import { focusSlider, PadSlider } from './PadSlider';

export const SIDE = 240;
export const MARGIN = 10;

export type Two = readonly [Dimension, Dimension];

const pointOf = ([x, y]: Two, value: readonly [number, number]): Point =>
  padPoint({ x: shareOf(value[0], x), y: shareOf(value[1], y) }, SIDE, MARGIN);

/** The place of a value, if it has both dimensions. */
function placeOf(two: Two, [x = null, y = null]: Value): Point | null {
  return x === null || y === null ? null : pointOf(two, [x, y]);
}

/** A square where the label schema has two dimensions; else a slider for each will do. */
export function Pad() {
  const all = dimensions.value;
  const [x, y, ...rest] = all;
  useSignalEffect(() => {
    // Where the keys are, there the focus is: a new item begins with the first dimension.
    const d = active.value;
    const on = document.activeElement;
    if (on?.matches('.pad-track') && on.id !== `pad-${d}`) focusSlider(d);
  });
  return (
    <section class="pad" aria-label={t('pad.label')} data-testid="pad">
      <div class="pad-top" data-plane={all.length === 2}>
        {x && y && rest.length === 0 && <Plane two={[x, y]} />}
        {classes.value.length > 0 && <Classes />}
        <Contradiction />
        <TypedValue />
      </div>
      <div class="pad-sliders">
        {all.map((one, d) => (
          <PadSlider key={one.name} dimension={one} d={d} />
        ))}
      </div>
      <p id="pad-help" class="sr-only">
        {t('pad.help')}
      </p>
    </section>
  );
}

/** The square itself; its keys and names are those of the two sliders below it. */
function Plane({ two }: { two: Two }) {
  const plane = useRef<SVGSVGElement>(null);
  useWheel(plane);
  const give = (event: PointerEvent & { currentTarget: SVGSVGElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const place = { x: event.clientX, y: event.clientY };
    const share = padShare(inSquare(place, box, SIDE), SIDE, MARGIN);
    giveValue([valueAt(share.x, two[0]), valueAt(share.y, two[1])]);
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
        // From here Tab goes on to the other dimension, and Enter saves.
        focusSlider(0);
        give(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) give(event);
      }}
    >
      <Grid two={two} />
      {facesOnPad.value && hasAnchors(two) && (
        <AnchorFaces side={SIDE} margin={MARGIN} size={58} />
      )}
      <PadHints two={two} />
      {predicted.value && <Model two={two} of={predicted.value} />}
      <Proposal two={two} />
      <Own two={two} />
    </svg>
  );
}

/** The page must not scroll under the wheel, so the listener cannot be passive. */
function useWheel(plane: { current: SVGSVGElement | null }): void {
  useEffect(() => {
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      const by = event.deltaY || event.deltaX;
      if (by !== 0) giveStep(by < 0 ? 1 : -1, event.shiftKey);
    };
    const on = plane.current;
    on?.addEventListener('wheel', turn, { passive: false });
    return () => on?.removeEventListener('wheel', turn);
  }, []);
}

export function Grid({ two: [x, y] }: { two: Two }) {
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
          {poleName(y, 'high')}
        </text>
        <text x={middle + 5} y={SIDE - MARGIN - 6}>
          {poleName(y, 'low')}
        </text>
        <text x={MARGIN + 5} y={middle - 5}>
          {poleName(x, 'low')}
        </text>
        <text x={SIDE - MARGIN - 5} y={middle - 5} text-anchor="end">
          {poleName(x, 'high')}
        </text>
      </g>
    </g>
  );
}

/** The marks that names keep clear of. */
function PadHints({ two }: { two: Two }) {
  const of = predicted.value;
  const low = of && placeOf(two, of.low);
  const high = of && placeOf(two, of.high);
  const ellipse = low && high ? spanned(low, high) : null;
  return (
    <Hints
      two={two}
      side={SIDE}
      margin={MARGIN}
      cross={of && placeOf(two, of.value)}
      ellipse={ellipse}
      own={placeOf(two, ownValue.value)}
    />
  );
}

/** The ellipse between two corners. */
const spanned = (low: Point, high: Point): Ellipse => ({
  x: (low.x + high.x) / 2,
  y: (low.y + high.y) / 2,
  rx: Math.abs(high.x - low.x) / 2,
  ry: Math.abs(high.y - low.y) / 2,
});

/** The prediction as a cross, its interval as an ellipse. */
function Model({ two, of }: { two: Two; of: PredictionAt }) {
  const at = placeOf(two, of.value);
  const low = placeOf(two, of.low);
  const high = placeOf(two, of.high);
  if (!at) return null;
  return (
    <g class="pad-model" data-testid="pad-model">
      {low && high && (
        <ellipse
          cx={(low.x + high.x) / 2}
          cy={(low.y + high.y) / 2}
          rx={Math.abs(high.x - low.x) / 2}
          ry={Math.abs(high.y - low.y) / 2}
        />
      )}
      <path d={`M${at.x - 7} ${at.y}h14M${at.x} ${at.y - 7}v14`} />
    </g>
  );
}

/** The typical place of the class that was given: hollow, until it is taken. */
function Proposal({ two }: { two: Two }) {
  const at = placeOf(two, proposal.value);
  if (!at) return null;
  return (
    <circle class="pad-proposal" cx={at.x} cy={at.y} r="7" data-testid="pad-proposal" />
  );
}

/** What is being typed, over the half of the pad without a warning: nothing moves. */
function TypedValue() {
  const on = typed.value;
  return (
    <p class="typed" role="status" data-testid="typed" data-fits={on?.fits ?? true}>
      {on && (
        <>
          <span class="muted">{t('typed.label')}</span>
          <b>{on.text.replaceAll('-', '\u2212')}</b>
          <span class="typed-caret" aria-hidden="true" />
          <span class="muted">{t('typed.hint')}</span>
        </>
      )}
    </p>
  );
}

/** The own value; of a single dimension only its line. */
function Own({ two }: { two: Two }) {
  const [x = null, y = null] = ownValue.value;
  if (x === null && y === null) return null;
  // An open dimension could have any value: the line goes through.
  const point = pointOf(two, [x ?? two[0].high, y ?? two[1].high]);
  return (
    <g class="pad-own" data-testid="pad-own">
      {x !== null && (
        <path d={`M${point.x} ${SIDE - MARGIN}V${point.y}`} class="of-dimension-0" />
      )}
      {y !== null && (
        <path d={`M${MARGIN} ${point.y}H${point.x}`} class="of-dimension-1" />
      )}
      {x !== null && y !== null && <circle cx={point.x} cy={point.y} r="6.5" />}
    </g>
  );
}
