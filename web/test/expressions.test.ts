import { describe, expect, it } from 'vitest';
import { contradicts } from '../src/lib/expressions';

const at = (valence: number, arousal: number) => ({ valence, arousal });

describe('contradicts', () => {
  it.each([
    ['happiness', at(-0.5, 0.5), true],
    ['happiness', at(-0.2, 0), true],
    ['happiness', at(-0.19, 0), false],
    // Calm happiness contradicts nothing: 0.51 does not speak of arousal.
    ['happiness', at(0.5, -0.9), false],
    ['sadness', at(0.2, -0.3), true],
    ['sadness', at(-0.5, 0.9), false],
    ['anger', at(-0.5, -0.2), true],
    ['anger', at(0.3, 0.5), true],
    ['anger', at(-0.1, 0.1), false],
    ['surprise', at(-0.9, 0.5), false],
    ['surprise', at(0.5, -0.4), true],
    ['disgust', at(0.25, 0), true],
    ['disgust', at(-0.5, -0.9), false],
    ['fear', at(-0.5, -0.5), true],
    ['contempt', at(0.9, -0.9), false],
    ['neutral', at(1, 1), false],
  ])('%s at %o: %s', (expression, affect, wrong) => {
    expect(contradicts(affect, expression)).toBe(wrong);
  });

  it('needs a class that it knows', () => {
    expect(contradicts(at(-1, -1), null)).toBe(false);
    expect(contradicts(at(-1, -1), 'boredom')).toBe(false);
  });
});
