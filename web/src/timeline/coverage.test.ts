import { describe, expect, it } from 'vitest';
import { ORIGIN } from '../api/types';
import { between, type Counts, countStates, NO_ORIGIN, originsWith } from './coverage';
import { label } from './testing/made';

const frames = new Int32Array([10, 11, 12, 20, 21, 22]);

describe('originsWith', () => {
  it('is unknown where there is no estimate and no label', () => {
    expect([...originsWith(frames, null, [])]).toEqual(new Array(6).fill(NO_ORIGIN));
  });

  it('puts labels over the estimate, those of a frame over those of a span', () => {
    const labels = [
      label({ first_frame: 12 }),
      label({ scope: 'span', first_frame: 11, last_frame: 20 }),
      label({ first_frame: 21, decision: 'accept' }),
      label({ first_frame: 22, origin: 'import' }),
      label({ first_frame: 15 }),
    ];
    expect([...originsWith(frames, new Uint8Array(6), labels)]).toEqual([
      ORIGIN.model,
      ORIGIN.spanLabel,
      ORIGIN.frameLabel,
      ORIGIN.spanLabel,
      ORIGIN.accepted,
      ORIGIN.imported,
    ]);
  });
});

describe('countStates', () => {
  const origin = new Uint8Array([0, 0, 1, 2, 3, 4, 5, NO_ORIGIN, 0]);
  const confidence = new Float32Array([
    0.5,
    0.9,
    0.1,
    0.1,
    0.1,
    0.1,
    0.1,
    0.1,
    Number.NaN,
  ]);

  it('counts every frame once, and only judged-by-nobody ones as waiting', () => {
    const counts = countStates(origin, confidence, 0.8);
    const all = (kind: keyof Counts) => between(counts[kind], 0, 9);
    expect(all('pending')).toBe(1);
    expect(all('sure')).toBe(2);
    expect(all('human')).toBe(3);
    expect(all('accepted')).toBe(1);
    expect(all('refused')).toBe(1);
  });

  it('gives any stretch as a difference', () => {
    const counts = countStates(origin, confidence, 0.8);
    for (let i = 0; i < 9; i += 1) {
      for (let j = i; j <= 9; j += 1) {
        const slow = [...origin.slice(i, j)].filter((o) =>
          [1, 2, 4].includes(o),
        ).length;
        expect(between(counts.human, i, j)).toBe(slow);
      }
    }
  });

  it('calls a frame at the threshold itself sure', () => {
    const counts = countStates(new Uint8Array(1), new Float32Array([0.5]), 0.5);
    expect(between(counts.sure, 0, 1)).toBe(1);
  });
});
