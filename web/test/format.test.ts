import { expect, it } from 'vitest';
import { clock } from '../src/lib/format';

it('writes minutes, hours and parts of a second', () => {
  expect(clock(0)).toBe('0:00');
  expect(clock(62.5, 1)).toBe('1:02.5');
  expect(clock(3599.996, 2)).toBe('1:00:00.00');
  expect(clock(3725)).toBe('1:02:05');
  expect(clock(-1, 1)).toBe('0:00.0');
});
