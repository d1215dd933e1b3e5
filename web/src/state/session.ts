/** The project, its label schema and the person at work. */

import { computed, signal } from '@preact/signals';
import { getSession } from '../api/client';
import type { Dimension, ExpressionClass, Session } from '../api/types';
import { classChords } from '../keys';

export const session = signal<Session | null>(null);
export const threshold = computed(() => session.value?.threshold ?? 0);

const NO_DIMENSIONS: readonly Dimension[] = [];
const NO_CLASSES: readonly ExpressionClass[] = [];

export const dimensions = computed(
  () => session.value?.label_schema.dimensions ?? NO_DIMENSIONS,
);
export const classes = computed(
  () => session.value?.label_schema.classes ?? NO_CLASSES,
);
/** By key, the class that it gives. */
export const classKeys = computed(() => classChords(classes.value));

export const classNamed = (name: string | null | undefined) =>
  classes.value.find((one) => one.name === name);

/** Whose work this is: nobody sends, or restores, what another person left behind. */
export function ownerKey(): string {
  const { project, rater } = session.value ?? {};
  return `${project?.project_id}/${rater}`;
}

export async function loadSession(): Promise<Session> {
  const loaded = await getSession();
  session.value = loaded;
  return loaded;
}
