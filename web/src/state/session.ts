/** The project and the person at work. */

import { computed, signal } from '@preact/signals';
import { getSession } from '../api/client';
import type { Session } from '../api/types';

export const session = signal<Session | null>(null);
export const threshold = computed(() => session.value?.threshold ?? 0);
export const expressions = computed(() => session.value?.expressions ?? []);

export async function loadSession(): Promise<Session> {
  const loaded = await getSession();
  session.value = loaded;
  return loaded;
}
