import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { debounced, inTurn, throttled } from '../src/lib/timing';

const work = vi.fn(async () => undefined);

beforeEach(() => {
  vi.useFakeTimers();
  work.mockClear();
});

afterEach(() => {
  vi.useRealTimers();
});

it('waits for a pause, and does the work once', async () => {
  const call = debounced(work, 300, 2000);
  for (let k = 0; k < 5; k += 1) {
    call();
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(work).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1000);
  expect(work).toHaveBeenCalledTimes(1);
});

it('is not held up for good by calls that never pause', async () => {
  const call = debounced(work, 300, 2000);
  for (let ms = 0; ms < 45_000; ms += 150) {
    call();
    await vi.advanceTimersByTimeAsync(150);
  }
  expect(work.mock.calls.length).toBeGreaterThanOrEqual(20);
});

it('throttles to one in a while, beginning at the end of it', async () => {
  const call = throttled(work, 1000);
  for (let ms = 0; ms < 3000; ms += 100) {
    call();
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(work).toHaveBeenCalledTimes(3);
});

describe('in turn', () => {
  /** Work that ends when a test says so. */
  function slow() {
    const ends: { ok: () => void; fail: () => void }[] = [];
    const run = () =>
      new Promise<void>((resolve, reject) => {
        ends.push({ ok: resolve, fail: () => reject(new Error('lost')) });
      });
    return { ends, call: inTurn(run) };
  }

  it('works once at a time, and once more for all who called meanwhile', async () => {
    const { ends, call } = slow();
    const [first, ...others] = [call(), call(), call()];
    expect(ends).toHaveLength(1);
    ends[0]?.ok();
    await first;
    expect(ends).toHaveLength(2);
    ends[1]?.ok();
    await Promise.all(others);
    expect(ends).toHaveLength(2);
    void call();
    expect(ends).toHaveLength(3);
  });

  it('goes on after a fault, which those get who asked for that run', async () => {
    const { ends, call } = slow();
    const [first, second] = [call(), call()];
    const lost = expect(first).rejects.toThrow('lost');
    ends[0]?.fail();
    await lost;
    ends[1]?.ok();
    await second;
    expect(ends).toHaveLength(2);
  });

  it('does not wait for good for work that never ends', async () => {
    const { ends, call } = slow();
    void call();
    await vi.advanceTimersByTimeAsync(31_000);
    const again = call();
    expect(ends).toHaveLength(2);
    ends[1]?.ok();
    await again;
  });
});
