import { describe, expect, it } from 'vitest';
import {
  formatValue,
  isSame,
  middleOf,
  shareOf,
  snapped,
  stepOf,
  unitOf,
  valueAt,
} from '../src/lib/value';
import { DEFAULT_SCHEMA, PAIN_SCHEMA } from './labelSchema';

const [valence] = DEFAULT_SCHEMA.dimensions as [(typeof DEFAULT_SCHEMA.dimensions)[0]];
const [pain] = PAIN_SCHEMA.dimensions as [typeof valence];

describe('values', () => {
  it('keep to their scale, and to a 200th of it', () => {
    expect(snapped(0.123456, valence)).toBe(0.12);
    expect(snapped(-9, valence)).toBe(-1);
    expect(Object.is(snapped(-0.001, valence), 0)).toBe(true);
    expect(snapped(33.3, pain)).toBe(33.5);
    expect(snapped(140, pain)).toBe(100);
  });

  it('step by a 40th of the scale, or a 10th', () => {
    expect(stepOf(valence)).toBeCloseTo(0.05);
    expect(stepOf(valence, true)).toBeCloseTo(0.2);
    expect(stepOf(pain)).toBe(2.5);
    expect(stepOf(pain, true)).toBe(10);
  });

  it('come back to where they were after as many steps', () => {
    let at = 0;
    for (let k = 0; k < 14; k += 1) at = snapped(at + stepOf(valence), valence);
    expect(at).toBe(0.7);
    for (let k = 0; k < 14; k += 1) at = snapped(at - stepOf(valence), valence);
    expect(at).toBe(0);
    expect(snapped(0.9 + stepOf(valence, true), valence)).toBe(1);
  });

  it('go to shares of the scale and back, for every value that is kept', () => {
    for (let k = 0; k <= 200; k += 1) {
      const value = snapped(pain.low + k / 2, pain);
      expect(valueAt(shareOf(value, pain), pain)).toBe(value);
    }
    expect(middleOf(pain)).toBe(50);
    expect(unitOf(75, pain)).toBe(0.5);
  });

  it('are the same within what is kept', () => {
    expect(isSame(0.3, 0.3049, valence)).toBe(true);
    expect(isSame(0.3, 0.31, valence)).toBe(false);
  });
});

describe('formatValue', () => {
  it('writes a sign where the scale has two sides, and digits by its length', () => {
    expect(formatValue(0.3, valence)).toBe('+0.30');
    expect(formatValue(-0.1, valence)).toBe('\u22120.10');
    expect(formatValue(0.004, valence)).toBe('0.00');
    expect(formatValue(62.4, pain)).toBe('62');
    expect(formatValue(null, pain)).toBe('\u2013');
    expect(formatValue(Number.NaN, pain)).toBe('\u2013');
  });
});
