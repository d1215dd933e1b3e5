import { describe, expect, it } from 'vitest';
import { countStates } from './coverage';
import { columnOf, forColumns } from './overview';
import { trackTimesOf } from './slice';
import { allFrames, evenTimes } from './testing/made';

function columns(frames: Int32Array, n: number, of: number): (string | null)[] {
  const times = evenTimes(n, 0.1);
  const out: (string | null)[] = new Array(of).fill(null);
  const whole = { start: 0, end: (n - 1) * 0.1 };
  forColumns(trackTimesOf(times, frames), whole, of, (x, i, j) => {
    out[x] = `${i}-${j}`;
  });
  return out;
}

describe('forColumns', () => {
  it('gives each frame to one column where columns are wide', () => {
    const found = columns(allFrames(101), 101, 10);
    expect(found[0]).toBe('0-10');
    expect(found.at(-1)?.endsWith('-101')).toBe(true);
    expect(found).not.toContain(null);
  });

  it('keeps a frame on screen where columns are narrow', () => {
    const found = columns(allFrames(3), 3, 8);
    expect(found).toEqual(['0-1', '0-1', '0-1', '0-1', '1-2', '1-2', '1-2', '2-3']);
  });

  it('leaves columns without a face empty', () => {
    const frames = Int32Array.from([...allFrames(100)].filter((f) => f < 30 || f > 70));
    const found = columns(frames, 100, 10);
    expect(found[5]).toBeNull();
    expect(found[1]).not.toBeNull();
    expect(found[9]).not.toBeNull();
  });
});

describe('columnOf', () => {
  it('is shares that add up to 1', () => {
    const origin = new Uint8Array([0, 0, 1, 3]);
    const counts = countStates(origin, new Float32Array([0.2, 0.9, 1, 1]), 0.5);
    const column = columnOf(counts, 0, 4);
    expect(column).toEqual({
      sure: 0.25,
      accepted: 0.25,
      reviewed: 0,
      rejected: 0,
      pending: 0.25,
      human: 0.25,
    });
  });
  it('is all 0 where nothing is known', () => {
    const counts = countStates(new Uint8Array([255]), null, 0.5);
    expect(Object.values(columnOf(counts, 0, 1))).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
