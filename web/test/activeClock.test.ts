import { describe, expect, it } from 'vitest';
import { ActiveClock } from '../src/lib/activeClock';

describe('ActiveClock', () => {
  it('counts from when something is shown', () => {
    const clock = new ActiveClock(0);
    clock.reset(1000);
    expect(clock.read(3500)).toBe(2.5);
  });

  it('stops 20 s after the last input and goes on with the next', () => {
    const clock = new ActiveClock(0);
    clock.input(5000);
    expect(clock.read(90_000)).toBe(25);
    clock.input(90_000);
    expect(clock.read(91_000)).toBe(26);
  });

  it('does not count while the page is out of sight', () => {
    const clock = new ActiveClock(0);
    clock.setVisible(false, 2000);
    expect(clock.read(9000)).toBe(2);
    clock.input(9500);
    clock.setVisible(true, 10_000);
    expect(clock.read(11_000)).toBe(3);
  });
});
