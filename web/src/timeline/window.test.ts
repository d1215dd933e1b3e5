import { describe, expect, it } from 'vitest';
import { evenTimes } from './testing/made';
import { centre, clamp, follow, limitsOf, pan, zoom } from './window';

const limits = { start: 0, end: 100, shortest: 1 };

describe('limitsOf', () => {
  it('spans the video and lets a dozen frames fill the screen', () => {
    const found = limitsOf(evenTimes(251, 0.04));
    expect(found.start).toBe(0);
    expect(found.end).toBeCloseTo(10);
    expect(found.shortest).toBeCloseTo(0.48);
  });

  it('is a stretch even for one frame or none', () => {
    expect(limitsOf(new Float64Array([3]))).toEqual({ start: 3, end: 4, shortest: 1 });
    expect(limitsOf(new Float64Array())).toEqual({ start: 0, end: 1, shortest: 1 });
  });
});

describe('zoom', () => {
  it('keeps the time under the pointer where it is', () => {
    const before = { start: 20, end: 60 };
    for (const factor of [0.5, 0.9, 1.3]) {
      const after = zoom(before, 30, factor, limits);
      const place = (30 - after.start) / (after.end - after.start);
      expect(place).toBeCloseTo(0.25);
      expect(after.end - after.start).toBeCloseTo(40 * factor);
    }
  });

  it('stops at the whole clip and at the shortest stretch', () => {
    expect(zoom({ start: 20, end: 60 }, 30, 100, limits)).toEqual({
      start: 0,
      end: 100,
    });
    const close = zoom({ start: 20, end: 60 }, 30, 1e-6, limits);
    expect(close.end - close.start).toBeCloseTo(1);
  });
});

describe('pan and centre', () => {
  it('stop at the ends with the length unchanged', () => {
    expect(pan({ start: 20, end: 60 }, 500, limits)).toEqual({ start: 60, end: 100 });
    expect(pan({ start: 20, end: 60 }, -500, limits)).toEqual({ start: 0, end: 40 });
    expect(centre({ start: 0, end: 40 }, 50, limits)).toEqual({ start: 30, end: 70 });
    expect(clamp({ start: -10, end: 300 }, limits)).toEqual({ start: 0, end: 100 });
  });
});

describe('follow', () => {
  const shown = { start: 20, end: 40 };
  it('leaves the window while the play head is in it', () => {
    expect(follow(shown, 39, limits)).toBe(shown);
  });
  it('turns the page when the play head runs off', () => {
    expect(follow(shown, 41, limits)).toEqual({ start: 39, end: 59 });
  });
  it('centres after a jump', () => {
    expect(follow(shown, 70, limits)).toEqual({ start: 60, end: 80 });
    expect(follow(shown, 15, limits)).toEqual({ start: 5, end: 25 });
  });
});
