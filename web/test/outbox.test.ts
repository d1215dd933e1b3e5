import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, OfflineError } from '../src/api/client';
import { type Change, Outbox, type OutboxOptions } from '../src/outbox';
import { MemoryStorage } from './storage';

/** A server that keeps one row per client_id, as the real one does. */
class Server {
  readonly rows = new Map<string, unknown>();
  readonly calls: string[] = [];
  online = true;
  /** Answers that get lost on the way back. */
  losesAnswers = 0;
  faults = new Map<string, ApiError>();

  readonly send = async (change: Change): Promise<unknown> => {
    this.calls.push(change.client_id);
    if (!this.online) throw new OfflineError('no network');
    const fault = this.faults.get(change.client_id);
    if (fault) throw fault;
    if (!this.rows.has(change.client_id)) {
      this.rows.set(change.client_id, { event_id: this.rows.size + 1 });
    }
    if (this.losesAnswers > 0) {
      this.losesAnswers -= 1;
      throw new OfflineError('the answer was lost');
    }
    return this.rows.get(change.client_id);
  };
}

let server: Server;
let storage: MemoryStorage;

const open = (more: Partial<OutboxOptions> = {}) =>
  new Outbox({ storage, owner: 'p.mika', send: server.send, ...more });

const change = (client_id: string, more: Partial<Change> = {}) => ({
  client_id,
  kind: 'judgement' as const,
  method: 'POST' as const,
  path: '/judgements',
  body: { client_id },
  ...more,
});

const ids = (box: Outbox) => box.waiting.value.map((c) => c.client_id);

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  storage = new MemoryStorage();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('sending', () => {
  it('sends in the order of the changes and then is empty', async () => {
    const box = open();
    for (const id of ['a', 'b', 'c']) box.add(change(id));
    expect(box.state.value).toBe('saving');
    await vi.runAllTimersAsync();
    expect(server.calls).toEqual(['a', 'b', 'c']);
    expect(box.state.value).toBe('saved');
    expect(storage.length).toBe(0);
  });

  it('never sends the next change before the one before it was answered', async () => {
    let answer: (value: unknown) => void = () => undefined;
    const send = vi.fn(() => new Promise((resolve) => (answer = resolve)));
    const box = open({ send });
    box.add(change('a'));
    box.add(change('b'));
    await vi.advanceTimersByTimeAsync(0);
    expect(send).toHaveBeenCalledTimes(1);
    answer({});
    await vi.advanceTimersByTimeAsync(0);
    expect(send).toHaveBeenCalledTimes(2);
  });

  it('hands the answer to the listeners and to the one who asked', async () => {
    const box = open();
    const saved = vi.fn();
    box.listen({ saved });
    const asked = box.ask<{ event_id: number }>(change('a'));
    await vi.runAllTimersAsync();
    expect(await asked).toEqual({ event_id: 1 });
    expect(saved.mock.calls[0]?.[1]).toEqual({ event_id: 1 });
  });
});

describe('offline', () => {
  it('keeps changes, says how many wait, and sends them in order once back', async () => {
    server.online = false;
    const box = open();
    for (const id of ['a', 'b', 'c']) box.add(change(id));
    await vi.advanceTimersByTimeAsync(10);
    expect(box.state.value).toBe('offline');
    expect(ids(box)).toEqual(['a', 'b', 'c']);
    server.online = true;
    server.calls.length = 0;
    box.kick();
    await vi.runAllTimersAsync();
    expect(server.calls).toEqual(['a', 'b', 'c']);
    expect(box.state.value).toBe('saved');
  });

  it('tries again by itself, less and less often', async () => {
    server.online = false;
    const box = open();
    box.add(change('a'));
    await vi.advanceTimersByTimeAsync(999);
    expect(server.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(server.calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1999);
    expect(server.calls).toHaveLength(2);
    server.online = true;
    await vi.advanceTimersByTimeAsync(1);
    expect(box.state.value).toBe('saved');
  });

  it('waits for the back-off even if more changes come in', async () => {
    server.online = false;
    const box = open();
    box.add(change('a'));
    await vi.advanceTimersByTimeAsync(0);
    for (const id of ['b', 'c', 'd']) box.add(change(id));
    await vi.advanceTimersByTimeAsync(500);
    expect(server.calls).toEqual(['a']);
  });

  it('takes faults of the server itself and of a proxy for a pause, not an end', async () => {
    const box = open();
    server.faults.set('a', new ApiError(503, 'starting'));
    box.add(change('a'));
    await vi.advanceTimersByTimeAsync(0);
    expect(box.state.value).toBe('offline');
    server.faults.clear();
    await vi.advanceTimersByTimeAsync(1000);
    expect([...server.rows.keys()]).toEqual(['a']);
  });

  it('keeps changes of a person who is signed out', async () => {
    const box = open();
    server.faults.set('a', new ApiError(401, 'Sign in first.'));
    box.add(change('a'));
    await vi.advanceTimersByTimeAsync(0);
    expect(box.state.value).toBe('signed-out');
    expect(ids(box)).toEqual(['a']);
    expect(box.refused.value).toEqual([]);
  });
});

describe('trouble', () => {
  it('sends a change that storage has no room for, and shows that', async () => {
    storage.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    server.online = false;
    const box = open();
    expect(() => box.add(change('a'))).not.toThrow();
    await vi.advanceTimersByTimeAsync(10);
    expect(ids(box)).toEqual(['a']);
    expect(box.state.value).toBe('unstored');
    expect(box.unstored.value).toBe(1);
    server.online = true;
    box.kick();
    await vi.runAllTimersAsync();
    expect([...server.rows.keys()]).toEqual(['a']);
    expect(box.unstored.value).toBe(0);
    expect(box.state.value).toBe('saved');
  });

  it('tries again after an answer of any broken kind', async () => {
    let calls = 0;
    const send = async (one: Change) => {
      calls += 1;
      if (calls === 1) throw new SyntaxError('Unexpected end of JSON input');
      return server.send(one);
    };
    const box = open({ send });
    box.add(change('a'));
    await vi.advanceTimersByTimeAsync(0);
    expect(box.state.value).toBe('offline');
    await vi.advanceTimersByTimeAsync(1000);
    expect(box.state.value).toBe('saved');
  });

  it('opens though what is kept cannot be read', () => {
    storage.setItem('feltline.outbox/p.mika/waiting/a', '{"client_id": "a", "bo');
    expect(open().waiting.value).toEqual([]);
  });
});

describe('idempotence', () => {
  it('sends again with the same client_id when an answer was lost', async () => {
    server.losesAnswers = 2;
    const box = open();
    box.add(change('a'));
    box.add(change('b'));
    await vi.runAllTimersAsync();
    expect(server.calls).toEqual(['a', 'a', 'a', 'b']);
    expect([...server.rows.keys()]).toEqual(['a', 'b']);
    expect(box.state.value).toBe('saved');
  });
});

describe('reload', () => {
  it('goes on with what waited, in order', async () => {
    server.online = false;
    const before = open();
    for (const id of ['z', 'm', 'a']) before.add(change(id));
    await vi.advanceTimersByTimeAsync(0);
    server.online = true;
    server.calls.length = 0;
    vi.clearAllTimers();
    const after = open();
    expect(ids(after)).toEqual(['z', 'm', 'a']);
    after.kick();
    await vi.runAllTimersAsync();
    expect(server.calls).toEqual(['z', 'm', 'a']);
  });

  it('puts new changes after those from before, whatever the clock says', async () => {
    server.online = false;
    open({ now: () => 5000 }).add(change('old'));
    vi.clearAllTimers();
    const after = open({ now: () => 1000 });
    after.add(change('new'));
    expect(ids(open())).toEqual(['old', 'new']);
    expect(ids(after)).toEqual(['old', 'new']);
  });

  it('never sends what another person left behind', async () => {
    server.online = false;
    open({ owner: 'p.jo' }).add(change('of jo'));
    await vi.advanceTimersByTimeAsync(0);
    server.online = true;
    vi.clearAllTimers();
    server.calls.length = 0;
    for (const owner of ['p.mika', 'p', 'p.j', 'p.jo.e']) {
      const box = open({ owner });
      box.kick();
      expect(box.refused.value).toEqual([]);
    }
    await vi.runAllTimersAsync();
    expect(server.calls).toEqual([]);
    expect(ids(open({ owner: 'p.jo' }))).toEqual(['of jo']);
  });

  it('keeps the changes of two tabs apart', async () => {
    server.online = false;
    const one = open();
    const two = open();
    one.add(change('a'));
    two.add(change('b'));
    expect(ids(open())).toEqual(['a', 'b']);
  });

  it('forgets what another tab has sent', async () => {
    server.online = false;
    const one = open();
    one.add(change('a'));
    one.add(change('b'));
    await vi.advanceTimersByTimeAsync(0);
    one.forget('feltline.outbox/p.mika/waiting/b');
    one.forget('feltline.outbox/p.jo/waiting/a');
    expect(ids(one)).toEqual(['a']);
  });
});

describe('refused', () => {
  const sentence = 'Frame 900 is not one of this track.';

  it('goes on with the next change and shows the sentence until dismissed', async () => {
    server.faults.set('a', new ApiError(422, sentence));
    const box = open();
    const refused = vi.fn();
    box.listen({ refused });
    box.add(change('a'));
    box.add(change('b'));
    await vi.runAllTimersAsync();
    expect([...server.rows.keys()]).toEqual(['b']);
    expect(box.refused.value.map((r) => r.sentence)).toEqual([sentence]);
    expect(refused).toHaveBeenCalledOnce();
    expect(open().refused.value).toHaveLength(1);
    box.dismiss('a');
    expect(box.refused.value).toEqual([]);
    expect(open().refused.value).toEqual([]);
  });

  it('answers null to the one who asked', async () => {
    server.faults.set('a', new ApiError(404, 'There is no such video.'));
    const asked = open().ask(change('a'));
    await vi.runAllTimersAsync();
    expect(await asked).toBeNull();
  });

  it('drops the undo of a change that never came about', async () => {
    server.faults.set('a', new ApiError(422, sentence));
    const box = open();
    box.add(change('a'));
    box.add(change('undo a', { kind: 'undo', about: 'a' }));
    box.add(change('redo a', { kind: 'redo', about: 'undo a' }));
    box.add(change('b'));
    await vi.runAllTimersAsync();
    expect(server.calls).toEqual(['a', 'b']);
    expect(storage.key(0)).toContain('/refused/a');
    expect(storage.length).toBe(1);
  });

  it('gets a new token after a 403 and tries once more', async () => {
    server.faults.set('a', new ApiError(403, 'The token is old.'));
    const renew = vi.fn(async () => server.faults.clear());
    const box = open({ renew });
    box.add(change('a'));
    await vi.runAllTimersAsync();
    expect(renew).toHaveBeenCalledOnce();
    expect([...server.rows.keys()]).toEqual(['a']);
  });

  it('takes a second 403 for a no', async () => {
    server.faults.set('a', new ApiError(403, 'You may only look.'));
    const renew = vi.fn(async () => undefined);
    const box = open({ renew });
    box.add(change('a'));
    await vi.runAllTimersAsync();
    expect(renew).toHaveBeenCalledOnce();
    expect(box.refused.value[0]?.status).toBe(403);
  });
});
