import { describe, expect, it } from 'vitest';
import {
  DecodeError,
  decodeFaces,
  decodeFrames,
  decodePrediction,
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

describe('decodeFrames', () => {
  it('reads numbers, and rejects half of one', () => {
    expect([...decodeFrames(bytes(7, 0, 0, 0, 44, 1, 0, 0))]).toEqual([7, 300]);
    expect(() => decodeFrames(bytes(7, 0))).toThrow(DecodeError);
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

describe('decodePrediction', () => {
  const n = 3;
  /** Row by row value, low and high, then the confidence and the codes. */
  const packed = (m: number) =>
    written(8 + n * (4 * (3 * m + 1) + 3), (view, at) => {
      view.setUint32(at(4), n, true);
      view.setUint32(at(4), m, true);
      for (const base of [0, 100, 200]) {
        for (let i = 0; i < n; i += 1) {
          for (let d = 0; d < m; d += 1) {
            view.setFloat32(at(4), base + 10 * d + i, true);
          }
        }
      }
      for (let i = 0; i < n; i += 1) view.setFloat32(at(4), i / 4, true);
      for (const code of [0, 7, 255, 0, 1, 5, 0, 2, 4]) view.setUint8(at(1), code);
    });

  it('reads an array per dimension, and the codes', () => {
    const found = decodePrediction(packed(2), 'a1b2c3');
    expect(found.model_id).toBe('a1b2c3');
    expect(found.value.map((of) => [...of])).toEqual([
      [0, 1, 2],
      [10, 11, 12],
    ]);
    expect(found.low[1]?.[0]).toBe(110);
    expect(found.high[0]?.[2]).toBe(202);
    expect([...found.confidence]).toEqual([0, 0.25, 0.5]);
    expect([...found.expression]).toEqual([0, 7, 255]);
    expect([...found.value_source]).toEqual([0, 1, 5]);
    expect([...found.expression_source]).toEqual([0, 2, 4]);
  });

  it('reads any number of dimensions', () => {
    expect(decodePrediction(packed(1), '').value).toHaveLength(1);
    expect(decodePrediction(packed(5), '').value[4]?.[1]).toBe(41);
  });

  it('rejects bytes that do not belong to the count', () => {
    expect(() => decodePrediction(packed(2).slice(0, 20), '')).toThrow(DecodeError);
    expect(() => decodePrediction(bytes(1, 0, 0, 0), '')).toThrow(DecodeError);
  });
});
