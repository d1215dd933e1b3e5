/** What a person set for the way they judge, in this browser. */

import { computed, signal } from '@preact/signals';
import { store, stored } from '../lib/storage';

export interface Settings {
  /** A class key on a blind frame proposes the typical place of its class. */
  classProposes: boolean;
  /** The arrow keys stay on their dimension from one judgement to the next. */
  keepsDimension: boolean;
  /** The video is fitted to the face; null = where the face is small. */
  fitsFace: boolean | null;
}

export const SETTINGS_KEY = 'feltline.judging';
const DEFAULTS: Settings = {
  classProposes: false,
  keepsDimension: false,
  fitsFace: null,
};

const current = signal<Settings>({
  ...DEFAULTS,
  ...stored<Partial<Settings>>(localStorage, SETTINGS_KEY),
});

export const settings = computed(() => current.value);

export function set<K extends keyof Settings>(name: K, value: Settings[K]): void {
  current.value = { ...current.value, [name]: value };
  store(localStorage, SETTINGS_KEY, JSON.stringify(current.value));
}
