/** The upper edge of the timeline: dragged, it makes the lanes higher or lower. */

import { useLayoutEffect } from 'preact/hooks';
import { t } from '../i18n';
import {
  HEIGHTS,
  heightInForce,
  resetHeight,
  setHeight,
  timelineHeight,
} from '../state/timelineHeight';

const STEP = 16;

export function HeightEdge() {
  useLayoutEffect(() => {
    // Set by the browser's object model: the page allows no inline styles.
    const { style } = document.documentElement;
    const chosen = timelineHeight.value;
    if (chosen === null) style.removeProperty('--timeline-height');
    else style.setProperty('--timeline-height', `${chosen}px`);
  }, [timelineHeight.value]);
  return (
    <div
      class="timeline-edge"
      role="separator"
      aria-orientation="horizontal"
      aria-label={t('timeline.height')}
      aria-valuemin={HEIGHTS.least}
      aria-valuemax={HEIGHTS.most}
      aria-valuenow={timelineHeight.value ?? heightInForce()}
      tabIndex={0}
      title={t('timeline.heightHint')}
      data-testid="timeline-edge"
      onDblClick={resetHeight}
      onKeyDown={(event) => {
        const by = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
        if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        setHeight(heightInForce() + by);
      }}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        const edge = event.currentTarget;
        edge.setPointerCapture(event.pointerId);
        const before = heightInForce();
        const from = event.clientY;
        const stop = new AbortController();
        const listen = { signal: stop.signal };
        edge.addEventListener(
          'pointermove',
          (move) => setHeight(before + from - move.clientY),
          listen,
        );
        for (const end of ['pointerup', 'pointercancel'] as const) {
          edge.addEventListener(end, () => stop.abort(), listen);
        }
      }}
    />
  );
}
