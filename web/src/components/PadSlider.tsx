/** One dimension of the pad as a slider: what assistive technology and Tab see. */

import type { Dimension } from '../api/types';
import { t } from '../i18n';
import { signed } from '../lib/format';
import { clamp, toHundredth } from '../lib/geometry';
import { giveAffect } from '../state/decide';
import { dimension as active, model, ownAffect, startAffect } from '../state/draft';
import { hidden } from '../state/queue';

const percentOf = (value: number) => `${50 * (value + 1)}%`;

export function PadSlider({ dimension }: { dimension: Dimension }) {
  const own = ownAffect.value?.[dimension];
  const said = model.value?.[dimension];
  const give = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    const value = toHundredth(clamp(2 * part - 1, -1, 1));
    active.value = dimension;
    giveAffect({ ...startAffect(), [dimension]: value });
  };
  return (
    <div class={`pad-row of-${dimension}`} data-active={active.value === dimension}>
      <button
        type="button"
        class="pad-name"
        tabIndex={-1}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => {
          active.value = dimension;
        }}
      >
        {t(`pad.${dimension}`)}
      </button>
      <div
        id={`pad-${dimension}`}
        class="pad-track"
        role="slider"
        tabIndex={0}
        aria-label={t(`pad.${dimension}`)}
        aria-describedby="pad-help"
        aria-valuemin={-1}
        aria-valuemax={1}
        aria-valuenow={own ?? said ?? 0}
        aria-valuetext={spoken(own, said)}
        aria-keyshortcuts="ArrowUp ArrowDown"
        data-testid={`pad-${dimension}`}
        onFocus={() => {
          active.value = dimension;
        }}
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
        {said !== undefined && (
          <span class="pad-tick" style={{ left: percentOf(said) }} />
        )}
        {own !== undefined && (
          <span class="pad-knob" style={{ left: percentOf(own) }} />
        )}
      </div>
      <output class="pad-value">{own === undefined ? '\u2013' : signed(own)}</output>
    </div>
  );
}

function spoken(own: number | undefined, said: number | undefined): string {
  const mine = own === undefined ? t('pad.noValue') : signed(own);
  if (hidden.value) return `${mine}, ${t('pad.hiddenText')}`;
  if (said === undefined) return mine;
  return `${mine}, ${t('pad.modelText', { value: signed(said) })}`;
}
