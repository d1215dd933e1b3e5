/** State of the start page: the server, its projects, and what went wrong. */

import { signal } from '@preact/signals';
import { ApiError, getProjects, getServer, OfflineError } from '../api/client';
import type { ListedProject, Server } from '../api/types';
import { sentenceOf } from '../i18n/faults';

export type StartName = 'loading' | 'ready' | 'signed-out' | 'offline' | 'failed';

export const startState = signal<{ name: StartName; why: string }>({
  name: 'loading',
  why: '',
});
export const server = signal<Server | null>(null);
export const projects = signal<readonly ListedProject[]>([]);

/** Asks the server for its projects; none is opened by asking. */
export async function loadStart(): Promise<void> {
  try {
    server.value = await getServer();
    projects.value = await getProjects();
    startState.value = { name: 'ready', why: '' };
  } catch (error) {
    startState.value = { name: nameOf(error), why: sentenceOf(error) };
  }
}

function nameOf(error: unknown): StartName {
  if (error instanceof OfflineError) return 'offline';
  return error instanceof ApiError && error.status === 401 ? 'signed-out' : 'failed';
}

/** The address of the page of a project. */
export const pageOf = (key: string) => `/p/${encodeURIComponent(key)}/`;
