import { describe, expect, it } from 'vitest';
import {
  DecodeError,
  decodeEstimate,
  decodeFaces,
  decodeTimes,
} from '../src/api/decode';

const bytes = (...values: number[]) => new Uint8Array(values).buffer;

/** Little-endian bytes, written out by hand where they are short. */
function written(
  size: number,
  write: (view: DataView, at: (n: number) => number) => void,
) {
  const buffer = new ArrayBuffer(size);
  let used = 0;
  write(new DataView(buffer), (n) => {
    used += n;
    return used - n;
  });
  expect(used).toBe(size);
  return buffer;
}

describe('decodeTimes', () => {
  it('reads 0 and 1.5 from their bytes', () => {
    const buffer = bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f);
    expect([...decodeTimes(buffer)]).toEqual([0, 1.5]);
  });

  it('reads none from nothing', () => {
    expect(decodeTimes(bytes())).toHaveLength(0);
  });

  it('rejects half a number', () => {
    expect(() => decodeTimes(bytes(0, 0, 0, 0))).toThrow(DecodeError);
  });
});

describe('decodeFaces', () => {
  it('reads the arrays one after another', () => {
    const buffer = written(4 + 2 * 24, (view, at) => {
      view.setUint32(at(4), 2, true);
      for (const frame of [7, 300]) view.setInt32(at(4), frame, true);
      for (const side of [1, 2, 3, 4, 10, 20, 30, 40.5]) {
        view.setFloat32(at(4), side, true);
      }
      for (const quality of [0.25, 1]) view.setFloat32(at(4), quality, true);
    });
    const faces = decodeFaces(buffer);
    expect([...faces.frame]).toEqual([7, 300]);
    expect([...faces.box_xyxy]).toEqual([1, 2, 3, 4, 10, 20, 30, 40.5]);
    expect([...faces.quality]).toEqual([0.25, 1]);
  });

  it('reads a track without frames', () => {
    expect(decodeFaces(bytes(0, 0, 0, 0)).frame).toHaveLength(0);
  });

  it('rejects an answer that was cut off', () => {
    const cut = bytes(1, 0, 0, 0, 5, 0, 0, 0);
    expect(() => decodeFaces(cut)).toThrow('must be 28 bytes long, but is 8');
  });

  it('rejects an answer without a count', () => {
    expect(() => decodeFaces(bytes(1, 0))).toThrow(DecodeError);
  });
});

describe('decodeEstimate', () => {
  /** n = 1: valence 1, arousal -1, low valence missing, 0.5, -0.5, 0.0001, 0.75. */
  const one = bytes(
    ...[1, 0, 0, 0],
    ...[0x10, 0x27],
    ...[0xf0, 0xd8],
    ...[0x00, 0x80],
    ...[0x88, 0x13],
    ...[0x78, 0xec],
    ...[0x01, 0x00],
    ...[0x4c, 0x1d],
    ...[255, 3],
  );

  it('reads scaled values, missing ones and codes from their bytes', () => {
    const estimate = decodeEstimate(one, 'a1b2c3');
    expect(estimate.run_id).toBe('a1b2c3');
    expect(estimate.valence[0]).toBe(1);
    expect(estimate.arousal[0]).toBe(-1);
    expect(estimate.low_valence[0]).toBeNaN();
    expect(estimate.high_valence[0]).toBe(0.5);
    expect(estimate.low_arousal[0]).toBe(-0.5);
    expect(estimate.high_arousal[0]).toBeCloseTo(0.0001);
    expect(estimate.confidence[0]).toBe(0.75);
    expect(estimate.expression[0]).toBe(255);
    expect(estimate.origin[0]).toBe(3);
  });

  it('keeps the columns of several frames apart', () => {
    const buffer = written(4 + 3 * 16, (view, at) => {
      view.setUint32(at(4), 3, true);
      for (let column = 0; column < 7; column += 1) {
        for (let i = 0; i < 3; i += 1) {
          view.setInt16(at(2), 1000 * column + 10 * i, true);
        }
      }
      for (const code of [0, 7, 255, 0, 1, 5]) view.setUint8(at(1), code);
    });
    const estimate = decodeEstimate(buffer, '');
    expect(estimate.arousal[2]).toBeCloseTo(0.102);
    expect(estimate.confidence[0]).toBeCloseTo(0.6);
    expect([...estimate.expression]).toEqual([0, 7, 255]);
    expect([...estimate.origin]).toEqual([0, 1, 5]);
  });

  it('rejects bytes that do not belong to the count', () => {
    expect(() => decodeEstimate(one.slice(0, 19), '')).toThrow(
      'must be 20 bytes long, but is 19',
    );
  });
});
