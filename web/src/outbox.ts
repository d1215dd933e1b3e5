/**
 * Changes on their way to the server: kept in the browser, sent in order, never lost.
 *
 * Each change carries a `client_id`, so sending it twice changes nothing. Every change is
 * one entry of local storage: two tabs never overwrite each other's. Where that is full,
 * changes are kept on the page and sent all the same.
 */

import { computed, type Signal, signal } from '@preact/signals';
import { ApiError } from './api/client';
import type { JudgementRequest } from './api/types';
import { store, stored } from './lib/storage';

export type ChangeKind =
  | 'judgement'
  | 'judgements'
  | 'undo'
  | 'redo'
  | 'threshold'
  | 'track'
  | 'person'
  | 'comparison'
  | 'comment'
  | 'trace'
  | 'trace-lag';

export interface Change {
  client_id: string;
  kind: ChangeKind;
  method: 'POST' | 'PUT';
  /** Under /api. */
  path: string;
  body: Record<string, unknown>;
  /** Milliseconds since 1970; the order between reloads. */
  at: number;
  /** Of an undo or redo: the change it stands or falls with. */
  about?: string;
  /** How many more items are done once the server has it. */
  counts?: number;
}

/** The judgements that a change brings. */
export function judgementsOf(change: Change): JudgementRequest[] {
  const { body, kind } = change;
  if (kind === 'judgement') return [body as unknown as JudgementRequest];
  if (kind !== 'judgements') return [];
  return (body as { judgements: JudgementRequest[] }).judgements;
}

/** The names by which an undo may mean it: its own, or those of its judgements. */
export const idsOf = (change: Change): string[] =>
  change.kind === 'judgements'
    ? judgementsOf(change).map((one) => one.client_id)
    : [change.client_id];

/** A change that the server does not take, with its sentence. */
export interface Refused {
  change: Change;
  status: number;
  sentence: string;
  /** An answer to an earlier sending was lost: the server may have it all the same. */
  maybeSaved: boolean;
}

export type SaveState = 'saved' | 'saving' | 'offline' | 'signed-out' | 'unstored';

export interface OutboxOptions {
  storage: Storage;
  /** Project and rater: nobody sends another person's changes. */
  owner: string;
  send: (change: Change) => Promise<unknown>;
  /** Gets a new CSRF token after a 403. */
  renew?: () => Promise<unknown>;
  now?: () => number;
}

export interface OutboxListener {
  added?: (change: Change) => void;
  saved?: (change: Change, answer: unknown) => void;
  refused?: (refused: Refused) => void;
}

const BACK_OFF_MS = [1000, 2000, 4000, 8000, 16000, 30000];
const AGAIN_LATER = new Set([408, 425, 429]);

export class Outbox {
  readonly waiting: Signal<Change[]> = signal([]);
  readonly refused: Signal<Refused[]> = signal([]);
  readonly trouble: Signal<'none' | 'offline' | 'signed-out'> = signal('none');
  /** How many of those that wait are on this page only, for storage had no room. */
  readonly unstored: Signal<number> = signal(0);
  readonly state = computed<SaveState>(() => {
    if (this.waiting.value.length === 0) return 'saved';
    if (this.unstored.value > 0) return 'unstored';
    return this.trouble.value === 'none' ? 'saving' : this.trouble.value;
  });

  private readonly prefix: string;
  private readonly listeners: OutboxListener[] = [];
  private readonly replies = new Map<string, (answer: unknown) => void>();
  private readonly now: () => number;
  private readonly onPageOnly = new Set<string>();
  /** Changes of which an answer was lost. */
  private readonly unanswered = new Set<string>();
  private lastAt = 0;
  private failures = 0;
  private sending = false;
  private underWay: Promise<unknown> = Promise.resolve();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: OutboxOptions) {
    this.prefix = `feltline.outbox/${encodeURIComponent(options.owner)}/`;
    this.now = options.now ?? Date.now;
    this.load();
  }

  listen(listener: OutboxListener): void {
    this.listeners.push(listener);
  }

  /** Keeps a change and sends it after those that wait. */
  add(wanted: Omit<Change, 'at'>): Change {
    this.lastAt = Math.max(this.now(), this.lastAt + 1);
    const change: Change = { ...wanted, at: this.lastAt };
    if (!this.store(`waiting/${change.client_id}`, change)) {
      this.onPageOnly.add(change.client_id);
      this.unstored.value = this.onPageOnly.size;
    }
    this.waiting.value = [...this.waiting.value, change];
    for (const listener of this.listeners) listener.added?.(change);
    void this.flush();
    return change;
  }

  /** Like `add`; the promise brings the server's answer, or null if it refuses. */
  ask<T>(wanted: Omit<Change, 'at'>): Promise<T | null> {
    return new Promise((resolve) => {
      this.replies.set(wanted.client_id, (answer) => resolve(answer as T | null));
      this.add(wanted);
    });
  }

  /** Forgets a refused change that the person has read about. */
  dismiss(client_id: string): void {
    this.options.storage.removeItem(`${this.prefix}refused/${client_id}`);
    this.refused.value = this.refused.value.filter(
      (r) => r.change.client_id !== client_id,
    );
  }

  /** Tries now, whatever the back-off says: the network or the session is back. */
  kick(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    void this.flush();
  }

  /** Another tab has sent a change or refused it. */
  forget(key: string): void {
    if (!key.startsWith(`${this.prefix}waiting/`)) return;
    const client_id = key.slice(`${this.prefix}waiting/`.length);
    const [first] = this.waiting.value;
    if (this.sending && first?.client_id === client_id) return;
    this.waiting.value = this.waiting.value.filter((c) => c.client_id !== client_id);
  }

  /** Once the change that is being sent has its answer, or has got none. */
  async answered(): Promise<void> {
    await this.underWay;
  }

  /** Sends what waits, one after another, until all is sent or something fails. */
  async flush(): Promise<void> {
    if (this.sending || this.timer !== undefined) return;
    this.sending = true;
    try {
      for (;;) {
        const change = this.waiting.value[0];
        if (!change) break;
        const one = this.sendOne(change);
        this.underWay = one;
        if (!(await one)) break;
      }
    } finally {
      this.sending = false;
    }
  }

  /** True if the change is off the list, sent or refused. */
  private async sendOne(change: Change): Promise<boolean> {
    let answer: unknown;
    try {
      answer = await this.options.send(change);
    } catch (error) {
      if (error instanceof ApiError && !this.later(error)) {
        return await this.refuse(change, error);
      }
      if (!(error instanceof ApiError)) this.unanswered.add(change.client_id);
      this.backOff(error instanceof ApiError && error.status === 401);
      return false;
    }
    this.succeed(change, answer);
    return true;
  }

  private later(error: ApiError): boolean {
    const { status } = error;
    return status >= 500 || status === 401 || AGAIN_LATER.has(status);
  }

  private succeed(change: Change, answer: unknown): void {
    this.failures = 0;
    this.trouble.value = 'none';
    this.take(change);
    this.reply(change, answer);
    for (const listener of this.listeners) listener.saved?.(change, answer);
  }

  private renewed: string | null = null;

  private async refuse(change: Change, error: ApiError): Promise<boolean> {
    const { renew } = this.options;
    if (error.status === 403 && renew && this.renewed !== change.client_id) {
      this.renewed = change.client_id;
      await renew().catch(() => undefined);
      return true;
    }
    const refused = {
      change,
      status: error.status,
      sentence: error.message,
      maybeSaved: this.unanswered.has(change.client_id),
    };
    this.trouble.value = 'none';
    this.failures = 0;
    this.store(`refused/${change.client_id}`, refused);
    this.take(change);
    this.refused.value = [...this.refused.value, refused];
    this.reply(change, null);
    for (const id of idsOf(change)) this.dropFollowers(id);
    for (const listener of this.listeners) listener.refused?.(refused);
    return true;
  }

  /** An undo of a change that never came about would undo another one: drop it. */
  private dropFollowers(client_id: string): void {
    for (const follower of this.waiting.value.filter((c) => c.about === client_id)) {
      this.take(follower);
      this.reply(follower, null);
      this.dropFollowers(follower.client_id);
    }
  }

  private backOff(signedOut: boolean): void {
    const wait = BACK_OFF_MS[Math.min(this.failures, BACK_OFF_MS.length - 1)];
    this.failures += 1;
    this.trouble.value = signedOut ? 'signed-out' : 'offline';
    this.timer = setTimeout(() => this.kick(), wait);
  }

  private take(change: Change): void {
    this.options.storage.removeItem(`${this.prefix}waiting/${change.client_id}`);
    this.unanswered.delete(change.client_id);
    this.onPageOnly.delete(change.client_id);
    this.unstored.value = this.onPageOnly.size;
    this.waiting.value = this.waiting.value.filter(
      (c) => c.client_id !== change.client_id,
    );
  }

  private reply(change: Change, answer: unknown): void {
    this.replies.get(change.client_id)?.(answer);
    this.replies.delete(change.client_id);
  }

  private store(key: string, value: unknown): boolean {
    return store(this.options.storage, this.prefix + key, JSON.stringify(value));
  }

  private load(): void {
    const { storage } = this.options;
    const waiting: Change[] = [];
    const refused: Refused[] = [];
    for (let i = 0; i < storage.length; i += 1) {
      const key = storage.key(i);
      if (!key?.startsWith(this.prefix)) continue;
      const value = stored<unknown>(storage, key);
      if (value === null) continue;
      if (key.startsWith(`${this.prefix}waiting/`)) waiting.push(value as Change);
      else refused.push(value as Refused);
    }
    this.waiting.value = waiting.sort((a, b) => a.at - b.at);
    this.refused.value = refused.sort((a, b) => a.change.at - b.change.at);
    this.lastAt = waiting.at(-1)?.at ?? 0;
  }
}
