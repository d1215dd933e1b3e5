/** A server that answers from a table, and remembers what it was asked. */

import { vi } from 'vitest';
import { ApiError } from '../../api/client';
import type { Change } from '../../outbox';
import { Outbox } from '../../outbox';
import { outboxSignal } from '../../state/changes';
import type { Send } from '../send';

type Answer = unknown | ((url: URL) => unknown);

/** @param answers by path under /api; a value with `error` is a fault of that `status` */
export function standInServer(answers: Record<string, Answer>): URL[] {
  const asked: URL[] = [];
  vi.stubGlobal('fetch', async (path: string) => {
    const url = new URL(path, 'http://localhost/');
    asked.push(url);
    const found = answers[url.pathname.replace(/^.*\/api/, '')];
    const body = typeof found === 'function' ? found(url) : found;
    const status = (body as { status?: number })?.status ?? 200;
    return new Response(JSON.stringify(body), { status });
  });
  return asked;
}

export interface Sent {
  send: Send;
  changes: Change[];
}

/** The page's real outbox; `answer` may throw a sentence, which the server sends as a 409. */
export function standInOutbox(answer: (change: Change) => unknown = () => ({})): Sent {
  const changes: Change[] = [];
  const box = new Outbox({
    storage: new MemoryStorage(),
    owner: 'made.anna',
    send: async (change) => {
      changes.push(change);
      const reply = answer(change);
      if (reply instanceof Error) throw new ApiError(409, reply.message);
      return reply;
    },
  });
  outboxSignal.value = box;
  return { send: (change) => box.ask(change), changes };
}

class MemoryStorage implements Storage {
  private readonly kept = new Map<string, string>();
  get length() {
    return this.kept.size;
  }
  key(i: number) {
    return [...this.kept.keys()][i] ?? null;
  }
  getItem(key: string) {
    return this.kept.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    this.kept.set(key, value);
  }
  removeItem(key: string) {
    this.kept.delete(key);
  }
  clear() {
    this.kept.clear();
  }
}
