import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { debounced, throttled } from '../src/lib/timing';

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
