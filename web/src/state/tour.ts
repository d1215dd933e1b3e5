/** The tour of the page: where it is, and whether this browser has seen it. */

import { signal } from '@preact/signals';
import { store } from '../lib/storage';
import { sideSheet } from './ui';

const STORED = 'feltline.tour';
const STORED_PHONE = 'feltline.phoneNote';

export interface TourStep {
  /** String `tour.<name>.title` and `tour.<name>.text`. */
  name: string;
  /** Part of the page that it is about. */
  anchor: string;
}

export const TOUR: readonly TourStep[] = [
  { name: 'videos', anchor: '[data-testid="videos"]' },
  { name: 'card', anchor: '[data-testid="queue-card"]' },
  { name: 'pad', anchor: '[data-testid="pad"]' },
  { name: 'decide', anchor: '.decisions' },
  { name: 'scope', anchor: '[data-testid="label-bar"]' },
  { name: 'timeline', anchor: '[data-testid="timeline"], .timeline' },
  { name: 'save', anchor: '[data-testid="save-state"]' },
  { name: 'panels', anchor: '.top-more' },
];

/** Step that is shown; null = no tour. */
export const tourStep = signal<number | null>(null);
/** Nobody has taken or refused it in this browser yet. */
export const tourOffered = signal(localStorage.getItem(STORED) === null);
export const phoneNote = signal(localStorage.getItem(STORED_PHONE) === null);

export function startTour(): void {
  sideSheet.value = null;
  endOffer();
  tourStep.value = 0;
}

/** The tour is offered once; help starts it again. */
export function endOffer(): void {
  store(localStorage, STORED, 'seen');
  tourOffered.value = false;
}

export function endTour(): void {
  tourStep.value = null;
}

/** A step on or back; after the last one it ends. */
export function moveTour(by: 1 | -1): void {
  if (tourStep.value === null) return;
  const to = tourStep.value + by;
  tourStep.value = to < TOUR.length ? Math.max(0, to) : null;
}

export function dismissPhoneNote(): void {
  store(localStorage, STORED_PHONE, 'seen');
  phoneNote.value = false;
}
