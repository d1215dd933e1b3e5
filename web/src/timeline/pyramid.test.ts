import { describe, expect, it } from 'vitest';
import { buildMeans, buildPyramid, levelFor } from './pyramid';
import { random } from './testing/made';

/** The slow, obvious way: looks at every frame of a pair. */
function oracle(values: Float32Array, level: number, b: number, greatest: boolean) {
  const size = 2 ** level;
  const there = [...values.slice(b * size, (b + 1) * size)].filter(
    (v) => !Number.isNaN(v),
  );
  if (there.length === 0) return Number.NaN;
  return greatest ? Math.max(...there) : Math.min(...there);
}

function holey(n: number, seed: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length: n }, () =>
    next() < 0.3 ? Number.NaN : next() * 2 - 1,
  );
}

describe('buildPyramid', () => {
  for (const n of [1, 2, 3, 7, 64, 100, 1001]) {
    it(`agrees with looking at every frame, ${n} frames with holes`, () => {
      const lower = holey(n, n);
      const upper = lower.map((v) => v + 0.5);
      const pyramid = buildPyramid(lower, upper);
      expect(pyramid.lo.at(-1)).toHaveLength(1);
      pyramid.lo.forEach((lo, level) => {
        expect(lo).toHaveLength(Math.ceil(n / 2 ** level));
        lo.forEach((value, b) => {
          expect(value).toBe(oracle(lower, level, b, false));
          expect(pyramid.hi[level]?.[b]).toBe(oracle(upper, level, b, true));
        });
      });
    });
  }

  it('keeps the frames themselves as level 0', () => {
    const values = holey(10, 3);
    expect(buildPyramid(values).lo[0]).toBe(values);
  });

  it('says what is wrong with bands of two lengths', () => {
    expect(() => buildPyramid(new Float32Array(3), new Float32Array(4))).toThrow(
      'as many upper as lower values (3), got 4',
    );
  });

  it('takes an empty prediction', () => {
    expect(buildPyramid(new Float32Array(0)).lo).toHaveLength(1);
  });
});

describe('buildMeans', () => {
  for (const n of [1, 2, 5, 100, 333]) {
    it(`agrees with adding up every frame, ${n} frames with holes`, () => {
      const values = holey(n, n + 1);
      const means = buildMeans(values);
      expect(means.at(-1)).toHaveLength(1);
      means.forEach((mean, level) => {
        mean.forEach((value, b) => {
          const part = [...values.slice(b * 2 ** level, (b + 1) * 2 ** level)];
          const there = part.filter((v) => !Number.isNaN(v));
          const slow = there.reduce((sum, v) => sum + v, 0) / there.length;
          if (there.length === 0) expect(value).toBeNaN();
          else expect(value).toBeCloseTo(slow, 5);
        });
      });
    });
  }
});

describe('levelFor', () => {
  it('is the finest level that fits', () => {
    expect(levelFor(100, 100)).toBe(0);
    expect(levelFor(101, 100)).toBe(1);
    expect(levelFor(108_000, 1000)).toBe(7);
    for (const frames of [1, 5, 999, 1000, 1001, 54_321]) {
      const level = levelFor(frames, 500);
      expect(Math.ceil(frames / 2 ** level)).toBeLessThanOrEqual(500);
      if (level) expect(Math.ceil(frames / 2 ** (level - 1))).toBeGreaterThan(500);
    }
  });

  it('ends even if nothing may be drawn', () => {
    expect(levelFor(8, 0)).toBe(3);
  });
});
