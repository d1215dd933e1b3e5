/** How high the timeline is, as the person at this browser has dragged it. */

import { signal } from '@preact/signals';
import { clamp } from '../lib/geometry';
import { store, stored } from '../lib/storage';

const STORED = 'feltline.timelineHeight';

/** In pixels; a window may allow less. */
export const HEIGHTS = { least: 150, most: 900 } as const;

/** null = as the page sets it. */
export const timelineHeight = signal<number | null>(known());

function known(): number | null {
  const kept = stored<number>(localStorage, STORED);
  return typeof kept === 'number' && Number.isFinite(kept) ? within(kept) : null;
}

function within(height: number): number {
  return Math.round(clamp(height, HEIGHTS.least, HEIGHTS.most));
}

/** As it is on screen. */
export const heightInForce = (): number =>
  Math.round(
    document.querySelector('.timeline')?.getBoundingClientRect().height ??
      HEIGHTS.least,
  );

export function setHeight(height: number): void {
  timelineHeight.value = within(height);
  store(localStorage, STORED, JSON.stringify(timelineHeight.value));
}

export function resetHeight(): void {
  timelineHeight.value = null;
  localStorage.removeItem(STORED);
}
