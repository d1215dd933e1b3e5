import { describe, expect, it } from 'vitest';
import { contradicts } from '../src/lib/expressions';
import { DEFAULT_SCHEMA, PAIN_SCHEMA } from './labelSchema';

const { dimensions, classes } = DEFAULT_SCHEMA;
const known = (name: string) => classes.find((one) => one.name === name);

describe('contradicts', () => {
  it.each([
    ['happiness', [-0.5, 0.5], true],
    ['happiness', [-0.2, 0], true],
    ['happiness', [-0.19, 0], false],
    // Calm happiness contradicts nothing: 0.51 does not speak of arousal.
    ['happiness', [0.5, -0.9], false],
    ['sadness', [0.2, -0.3], true],
    ['sadness', [-0.5, 0.9], false],
    ['anger', [-0.5, -0.2], true],
    ['anger', [0.3, 0.5], true],
    ['anger', [-0.1, 0.1], false],
    ['surprise', [-0.9, 0.5], false],
    ['surprise', [0.5, -0.4], true],
    ['disgust', [0.25, 0], true],
    ['disgust', [-0.5, -0.9], false],
    ['fear', [-0.5, -0.5], true],
    ['contempt', [0.9, -0.9], false],
    ['neutral', [1, 1], false],
  ])('%s at %o: %s', (name, value, wrong) => {
    expect(contradicts(value, known(name), dimensions)).toBe(wrong);
  });

  it('says nothing of dimensions that were not given', () => {
    expect(contradicts([null, 0.5], known('happiness'), dimensions)).toBe(false);
    expect(contradicts([null, -0.5], known('fear'), dimensions)).toBe(true);
  });

  it('needs a class that it knows, with a place', () => {
    expect(contradicts([-1, -1], known('boredom'), dimensions)).toBe(false);
    expect(contradicts([0], PAIN_SCHEMA.classes[0], PAIN_SCHEMA.dimensions)).toBe(
      false,
    );
  });
});
