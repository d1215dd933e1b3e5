/** The project, its label schema and the person at work. */

import { computed, signal } from '@preact/signals';
import { getSession } from '../api/client';
import type { Dimension, ExpressionClass, Permission, Session } from '../api/types';
import { classChords } from '../keys';
import { store } from '../lib/storage';

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
/** Whether the role of the person at work allows something. */
export const may = (what: Permission) =>
  session.value?.permissions.includes(what) ?? false;

/** By key, the class that it gives. */
export const classKeys = computed(() => classChords(classes.value));

export const classNamed = (name: string | null | undefined) =>
  classes.value.find((one) => one.name === name);

/**
 * Whose work this is: nobody sends, or restores, what another person left behind, or
 * what is meant for a copy of the project.
 */
export function ownerKey(): string {
  const { project, rater } = session.value ?? {};
  return `${project?.project_id}@${project?.folder_id}/${rater}`;
}

const KEPT = ['feltline.draft', 'feltline.outbox', 'feltline.uploads'];

/**
 * What a former version kept for project and rater becomes this folder's: once, of the
 * copy of the project that is opened first.
 */
export function takeOverKept(): void {
  const { project, rater } = session.value ?? {};
  const now = encodeURIComponent(ownerKey());
  const before = encodeURIComponent(`${project?.project_id}/${rater}`);
  const keys = Array.from(localStorage, (_, i) => localStorage.key(i) ?? '');
  for (const key of keys) {
    const kind = KEPT.find(
      (one) => key === `${one}/${before}` || key.startsWith(`${one}/${before}/`),
    );
    if (kind === undefined) continue;
    const rest = key.slice(`${kind}/${before}`.length);
    // A draft is of a tab now; what a tab that is no more has left, the next takes up.
    const tab = kind === 'feltline.draft' && rest === '' ? '/former' : rest;
    const to = `${kind}/${now}${tab}`;
    const text = localStorage.getItem(key);
    if (text === null || localStorage.getItem(to) !== null) continue;
    // Room first: what is sent from here is no longer needed there.
    localStorage.removeItem(key);
    if (!store(localStorage, to, text)) store(localStorage, key, text);
  }
}

export async function loadSession(): Promise<Session> {
  const loaded = await getSession();
  session.value = loaded;
  return loaded;
}
