import { describe, expect, it } from 'vitest';
import { fitOf, isSmall, stillFits } from '../src/lib/fit';
import { minutesLeft, steadied } from '../src/lib/timeLeft';
import { readTyped } from '../src/lib/typedValue';
import { DEFAULT_SCHEMA, PAIN_SCHEMA } from './labelSchema';

const two = DEFAULT_SCHEMA.dimensions;

describe('typed values', () => {
  it.each([
    ['64', [0.6, 0.4]],
    ['6 4', [0.6, 0.4]],
    ['-6-4', [-0.6, -0.4]],
    ['-0.35 .2', [-0.35, 0.2]],
    ['.35', [0.35, null]],
    ['1. 0', [1, 0]],
    ['', [null, null]],
    ['-', [null, null]],
  ])('%s is read', (text, value) => {
    const found = readTyped(text, two);
    expect(found.value).toEqual(value);
    expect(found).toMatchObject({ fits: true, isText: true });
  });

  it('are of the second dimension alone where that is asked', () => {
    expect(readTyped('-3', two, 1).value).toEqual([null, -0.3]);
  });

  it('are refused outside of the scale, and where there are too many', () => {
    expect(readTyped('2.5', two)).toMatchObject({ fits: false });
    expect(readTyped('6 4 2', two)).toMatchObject({ isText: false });
    expect(readTyped('x', two)).toMatchObject({ isText: false });
  });

  it('are whole numbers on a long scale', () => {
    expect(readTyped('64', PAIN_SCHEMA.dimensions).value).toEqual([64]);
  });
});

describe('a video fitted to a face', () => {
  const pane = { width: 800, height: 400 };
  const small = { x: 0.5, y: 0.5, width: 0.05, height: 0.1 };

  it('shows the box and 40 % more', () => {
    const fit = fitOf(small, 2, pane);
    expect(fit.scale).toBeCloseTo(400 / (1.4 * 0.1 * 400));
    expect(fit.x).toBeCloseTo(0);
    expect(fit.y).toBeCloseTo(0);
  });

  it('is never moved beyond its edge, or made smaller than it is', () => {
    const corner = fitOf({ ...small, x: 0, y: 0 }, 2, pane);
    expect(corner.x).toBeCloseTo(((corner.scale - 1) * 800) / 2);
    expect(fitOf({ x: 0.5, y: 0.5, width: 0.9, height: 0.9 }, 2, pane).scale).toBe(1);
  });

  it('stays while the face is in sight, and follows it out', () => {
    const fit = fitOf(small, 2, pane);
    expect(stillFits(fit, { ...small, x: 0.505 }, 2, pane)).toBe(true);
    expect(stillFits(fit, { ...small, x: 0.7 }, 2, pane)).toBe(false);
    const near = fitOf({ ...small, width: 0.1, height: 0.2 }, 2, pane);
    expect(stillFits(near, small, 2, pane)).toBe(false);
  });

  it('is for faces under a fifth of the pane', () => {
    expect(isSmall(small, 2, pane)).toBe(true);
    expect(isSmall({ ...small, width: 0.3, height: 0.6 }, 2, pane)).toBe(false);
  });
});

describe('the time left', () => {
  it('never jumps by more than half', () => {
    expect(steadied(600, null)).toBe(600);
    expect(steadied(6000, 600)).toBe(900);
    expect(steadied(60, 600)).toBe(400);
    expect(steadied(650, 600)).toBe(650);
  });

  it('is a range in minutes, and none under one', () => {
    expect(minutesLeft(59)).toBeNull();
    expect(minutesLeft(600)).toEqual({ low: 8, high: 14 });
    expect(minutesLeft(60)).toEqual({ low: 1, high: 1 });
  });
});
