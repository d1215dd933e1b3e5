/** Where a value is given while the video plays: a bar, or the plane of two dimensions. */

import { useEffect, useRef } from 'preact/hooks';
import type { Dimension } from '../api/types';
import { Grid, MARGIN, SIDE, type Two } from '../components/Pad';
import { t } from '../i18n';
import { dimensionName, poleName } from '../i18n/names';
import { listenToGamepad } from './devices/gamepad';
import { listenToKeys } from './devices/keys';
import { listenToMouse } from './devices/mouse';
import type { Box } from './devices/pointer';
import { listenToTouch } from './devices/touch';
import { fromTop, scaleOf } from './drawing';
import { options, rated } from './options';
import { give, giveMove, grown, recorded, values } from './useTracing';

export function Field() {
  const field = useRef<HTMLDivElement>(null);
  const scale = useRef<Element>(null);
  const all = rated.value;
  const { device, mode } = options.value;
  const n = all.length;
  useEffect(() => {
    const on = field.current;
    if (!on) return undefined;
    const hands = {
      field: on,
      box: () => boxOf(scale.current, n),
      n,
      set: give,
      move: giveMove,
      isRelative: mode === 'relative',
    };
    if (device === 'mouse') return listenToMouse(hands);
    if (device === 'touch') return listenToTouch(hands);
    if (device === 'gamepad') return listenToGamepad(hands);
    return listenToKeys(n, giveMove);
  }, [device, mode, n]);
  const [x, y] = all;
  return (
    <div
      ref={field}
      class="trace-field"
      role="group"
      aria-label={t('tracing.field', { what: all.map(dimensionName).join(' / ') })}
      data-testid="trace-field"
      data-device={device}
      data-n={n}
    >
      {x && y ? (
        <Plane two={[x, y]} scale={scale} />
      ) : (
        x && <Bar one={x} scale={scale} />
      )}
    </div>
  );
}

/** The bar, or the square of the plane that the values lie in. */
function boxOf(scale: Element | null, n: number): Box {
  const box = scale?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
  if (n === 1) return box;
  const side = Math.min(box.width, box.height);
  const inner = (side * (SIDE - 2 * MARGIN)) / SIDE;
  return {
    left: box.left + (box.width - inner) / 2,
    top: box.top + (box.height - inner) / 2,
    width: inner,
    height: inner,
  };
}

/** A relative value has no ends: it is shown within what was given so far. */
function shareFromTop(d: number): number {
  void grown.value;
  const range = scaleOf(recorded.value, d, options.value.mode, values.value);
  return fromTop(values.value[d] ?? 0, range);
}

interface BarProps {
  one: Dimension;
  scale: { current: Element | null };
}

function Bar({ one, scale }: BarProps) {
  const top = shareFromTop(0);
  const isBounded = options.value.mode === 'bounded';
  return (
    <>
      <span class="trace-pole">{isBounded ? poleName(one, 'high') : '+'}</span>
      <div ref={scale as { current: HTMLDivElement }} class="trace-bar of-dimension-0">
        <span class="trace-middle" style={{ top: `${100 * fromTopOfZero()}%` }} />
        <span class="trace-level" style={{ top: `${100 * top}%` }} />
      </div>
      <span class="trace-pole">{isBounded ? poleName(one, 'low') : '\u2212'}</span>
    </>
  );
}

function fromTopOfZero(): number {
  const range = scaleOf(recorded.value, 0, options.value.mode, values.value);
  return fromTop(0, range);
}

interface PlaneProps {
  two: Two;
  scale: { current: Element | null };
}

function Plane({ two, scale }: PlaneProps) {
  const length = SIDE - 2 * MARGIN;
  // From left to right more, as from the bottom to the top.
  const left = MARGIN + length * (1 - shareFromTop(0));
  const top = MARGIN + length * shareFromTop(1);
  return (
    <svg
      ref={scale as { current: SVGSVGElement | null }}
      class="trace-plane"
      viewBox={`0 0 ${SIDE} ${SIDE}`}
      aria-hidden="true"
    >
      <Grid two={two} />
      <circle class="trace-point" cx={left} cy={top} r="9" />
    </svg>
  );
}
