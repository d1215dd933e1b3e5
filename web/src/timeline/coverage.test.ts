import { describe, expect, it } from 'vitest';
import { SOURCE } from '../api/types';
import { between, type Counts, countStates, NO_SOURCE, sourcesWith } from './coverage';
import { judgement } from './testing/made';

const frames = new Int32Array([10, 11, 12, 20, 21, 22]);

const sent = (n: number) => ({
  value: new Uint8Array(n),
  expression: new Uint8Array(n),
});

describe('sourcesWith', () => {
  it('is unknown where there is no prediction and no judgement', () => {
    const none = new Array(6).fill(NO_SOURCE);
    expect([...sourcesWith(frames, null, []).value]).toEqual(none);
  });

  it('puts judgements that are on their way over what the server sent, in order', () => {
    const pending = [
      judgement({ scope: 'span', first_frame: 11, last_frame: 20 }),
      judgement({ first_frame: 12 }),
      judgement({ first_frame: 21, decision: 'accept' }),
      judgement({ first_frame: 22, origin: 'import' }),
      judgement({ first_frame: 15 }),
    ];
    expect([...sourcesWith(frames, sent(6), pending).value]).toEqual([
      SOURCE.model,
      SOURCE.span,
      SOURCE.frame,
      SOURCE.span,
      SOURCE.accepted,
      SOURCE.imported,
    ]);
  });

  it('takes a class alone for no value, and a value alone for no class', () => {
    const classOnly = { value: [], expression: 'fear' };
    const pending = [
      judgement({ scope: 'span', first_frame: 10, last_frame: 12, ...classOnly }),
      judgement({ first_frame: 20 }),
    ];
    const found = sourcesWith(frames, sent(6), pending);
    const seen = SOURCE.reviewed;
    expect([...found.value]).toEqual([seen, seen, seen, SOURCE.frame, 0, 0]);
    expect([...found.expression]).toEqual([2, 2, 2, 0, 0, 0]);
  });

  it('paints nothing for a judgement of the whole clip', () => {
    const pending = [judgement({ scope: 'clip', first_frame: 10, last_frame: 22 })];
    const { value } = sourcesWith(frames, sent(6), pending);
    expect([...value]).toEqual(new Array(6).fill(SOURCE.model));
  });

  it('takes a value away that is rejected', () => {
    const pending = [
      judgement({ first_frame: 11 }),
      judgement({
        scope: 'span',
        first_frame: 10,
        last_frame: 12,
        value: [],
        decision: 'reject',
      }),
    ];
    expect(sourcesWith(frames, sent(6), pending).value[1]).toBe(SOURCE.rejected);
  });
});

describe('countStates', () => {
  const origin = new Uint8Array([0, 0, 1, 2, 3, 4, 5, NO_SOURCE, 0]);
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
    expect(all('rejected')).toBe(1);
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
