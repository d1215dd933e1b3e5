/** One dimension of the pad as a slider: what assistive technology and Tab see. */

import type { Dimension } from '../api/types';
import { t } from '../i18n';
import { dimensionName, laneName } from '../i18n/names';
import { ariaKeys } from '../keys';
import { formatValue, middleOf, shareOf, valueAt } from '../lib/value';
import { giveValue } from '../state/actions';
import { announce } from '../state/announcements';
import { dimension as active, ownValue } from '../state/draft';
import { draftTouched } from '../state/draftValue';
import { predicted } from '../state/predictionAt';
import { hidden } from '../state/queue';
import { dimensions } from '../state/session';

/** Gives the keys to a dimension: Tab then goes on to the next one. */
export function focusSlider(d: number): void {
  active.value = d;
  document.getElementById(`pad-${d}`)?.focus({ preventScroll: true });
}

let tabPressed = false;

/** Where Tab leaves the pad under a draft, Enter would save nothing: say so. */
function onLeave(to: EventTarget | null): void {
  const inPad = to instanceof Element && to.closest('.pad-track') !== null;
  if (tabPressed && !inPad && draftTouched.value) announce('info', 'notice.leftPad');
  tabPressed = false;
}

export function PadSlider({ dimension, d }: { dimension: Dimension; d: number }) {
  const own = ownValue.value[d] ?? null;
  const model = predicted.value?.value[d] ?? null;
  const give = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const value = valueAt((event.clientX - box.left) / box.width, dimension);
    focusSlider(d);
    giveValue(dimensions.value.map((_, i) => (i === d ? value : null)));
  };
  const left = (value: number) => ({ left: `${100 * shareOf(value, dimension)}%` });
  return (
    <div
      class={`pad-row of-dimension-${d % 6}`}
      data-active={active.value === d}
      data-testid={`pad-row-${dimension.name}`}
    >
      <button
        type="button"
        class="pad-name"
        tabIndex={-1}
        title={dimensionName(dimension)}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => focusSlider(d)}
      >
        {laneName(dimension)}
      </button>
      <div
        id={`pad-${d}`}
        class="pad-track"
        role="slider"
        tabIndex={0}
        aria-label={dimensionName(dimension)}
        aria-describedby="pad-help"
        aria-valuemin={dimension.low}
        aria-valuemax={dimension.high}
        aria-valuenow={own ?? model ?? middleOf(dimension)}
        aria-valuetext={valueText(own, model, dimension)}
        aria-keyshortcuts={`${ariaKeys('valueUp')} ${ariaKeys('valueDown')}`}
        data-testid={`pad-${dimension.name}`}
        onFocus={() => {
          active.value = d;
        }}
        onKeyDown={(event) => {
          tabPressed = event.key === 'Tab';
        }}
        onBlur={(event) => onLeave(event.relatedTarget)}
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
        <span class="pad-rail" />
        {model !== null && <span class="pad-tick" style={left(model)} />}
        {own !== null && <span class="pad-knob" style={left(own)} />}
      </div>
      <output class="pad-value">{formatValue(own, dimension)}</output>
    </div>
  );
}

function valueText(
  own: number | null,
  model: number | null,
  dimension: Dimension,
): string {
  const mine = own === null ? t('pad.noValue') : formatValue(own, dimension);
  if (hidden.value) return `${mine}, ${t('pad.hiddenText')}`;
  if (model === null) return mine;
  return `${mine}, ${t('pad.modelText', { value: formatValue(model, dimension) })}`;
}
