/** How a person rates live, kept in this browser. */

import { computed, signal } from '@preact/signals';
import type { Dimension } from '../api/types';
import { store, stored } from '../lib/storage';
import { dimensions } from '../state/session';
import { DEVICES, type Device, MODES, type Mode, SPEEDS } from './values';

const STORED = 'feltline.tracing';

export interface Options {
  device: Device;
  mode: Mode;
  speed: number;
  /** Names of the dimensions to rate, one or two; those of another project do not count. */
  rated: readonly string[];
}

/** On what can be touched alone there is no mouse. */
const likelyDevice = (): Device =>
  matchMedia('(hover: none) and (pointer: coarse)').matches ? 'touch' : 'mouse';

const oneOf = <T>(all: readonly T[], value: unknown, otherwise: T): T =>
  all.includes(value as T) ? (value as T) : otherwise;

function kept(): Options {
  const { device, mode, speed, rated } =
    stored<Partial<Options>>(localStorage, STORED) ?? {};
  return {
    device: oneOf(DEVICES, device, likelyDevice()),
    mode: oneOf(MODES, mode, 'bounded'),
    speed: oneOf<number>(SPEEDS, speed, 1),
    rated: Array.isArray(rated) ? rated.map(String) : [],
  };
}

export const options = signal<Options>(kept());
/** From the frame on screen; else from the first frame of the face. */
export const fromHere = signal(false);

export function choose(changed: Partial<Options>): void {
  options.value = { ...options.value, ...changed };
  store(localStorage, STORED, JSON.stringify(options.value));
}

/** What can be rated at a time: each dimension, and the first two on their plane. */
export const choices = computed<readonly (readonly Dimension[])[]>(() => {
  const all = dimensions.value;
  const [x, y] = all;
  const single = all.map((one) => [one]);
  return x && y ? [...single, [x, y]] : single;
});

export const nameOf = (some: readonly Dimension[]) =>
  some.map(({ name }) => name).join();

/** The dimensions that are rated. */
export const rated = computed<readonly Dimension[]>(() => {
  const wanted = options.value.rated.join();
  const all = choices.value;
  return all.find((some) => nameOf(some) === wanted) ?? all[0] ?? [];
});
