/** Whether a bar has room for all that is in it; where not, it gives way step by step. */

import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** Settings go behind the button for more, then the names of the sheets go there too. */
const STEPS = ['0', '1', '2'] as const;

const isCut = (element: Element) => element.scrollWidth > element.clientWidth;

/**
 * @param names selects what must be read whole
 * @param keys what else than the width of the bar its content depends on
 */
export function useRoom(
  bar: RefObject<HTMLElement | null>,
  names: string,
  keys: readonly unknown[],
): void {
  useLayoutEffect(() => {
    const on = bar.current;
    if (!on) return;
    const measure = () => {
      for (const step of STEPS) {
        on.dataset.tight = step;
        if (!isCut(on) && ![...on.querySelectorAll(names)].some(isCut)) return;
      }
    };
    measure();
    // Other letters are as wide as others only once their font is there.
    void document.fonts?.ready.then(measure);
    if (typeof ResizeObserver === 'undefined') return;
    const watch = new ResizeObserver(measure);
    watch.observe(on);
    return () => watch.disconnect();
  }, keys);
}
