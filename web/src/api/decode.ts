/** The server's binary answers: little-endian arrays sent one after another, unpadded. */

import type { Faces, PredictionArrays } from './types';

/** Says what was wrong with an answer of the server. */
export class DecodeError extends Error {}

function need(buffer: ArrayBuffer, bytes: number, what: string): void {
  if (buffer.byteLength !== bytes) {
    throw new DecodeError(
      `${what} must be ${bytes} bytes long, but is ${buffer.byteLength}`,
    );
  }
}

function count(buffer: ArrayBuffer, what: string): number {
  if (buffer.byteLength < 4) {
    throw new DecodeError(`${what} must start with a count of 4 bytes`);
  }
  return new DataView(buffer).getUint32(0, true);
}

/** Time of each frame of a video, in seconds. */
export function decodeTimes(buffer: ArrayBuffer): Float64Array {
  if (buffer.byteLength % 8) {
    throw new DecodeError(
      `Times must be whole numbers of 8 bytes, but are ${buffer.byteLength} bytes`,
    );
  }
  const view = new DataView(buffer);
  return Float64Array.from({ length: buffer.byteLength / 8 }, (_, i) =>
    view.getFloat64(8 * i, true),
  );
}

/** Frame numbers. */
export function decodeFrames(buffer: ArrayBuffer): Int32Array {
  if (buffer.byteLength % 4) {
    throw new DecodeError(
      `Frames must be whole numbers of 4 bytes, but are ${buffer.byteLength} bytes`,
    );
  }
  const view = new DataView(buffer);
  return Int32Array.from({ length: buffer.byteLength / 4 }, (_, i) =>
    view.getInt32(4 * i, true),
  );
}

export function decodeFaces(buffer: ArrayBuffer): Faces {
  const n = count(buffer, 'Faces');
  need(buffer, 4 + 24 * n, `Faces of ${n} frames`);
  const view = new DataView(buffer);
  const floats = (start: number, length: number) =>
    Float32Array.from({ length }, (_, i) => view.getFloat32(start + 4 * i, true));
  return {
    frame: Int32Array.from({ length: n }, (_, i) => view.getInt32(4 + 4 * i, true)),
    box_xyxy: floats(4 + 4 * n, 4 * n),
    quality: floats(4 + 20 * n, n),
  };
}

/** Of each frame and dimension value, low and high, and a confidence: 4 bytes each. */
const FLOAT = 4;
/** Class, source of the value, source of the class: a byte each. */
const CODES = 3;

/**
 * u32 n, u32 m; f32 [n m] value, low and high, missing = NaN; f32 [n] confidence; u8 [n]
 * class, 255 = none; u8 [n] source of the value; u8 [n] source of the class.
 */
export function decodePrediction(
  buffer: ArrayBuffer,
  model_id: string,
): PredictionArrays {
  const n = count(buffer, 'Predictions');
  if (buffer.byteLength < 8) {
    throw new DecodeError('Predictions must hold the number of dimensions');
  }
  const view = new DataView(buffer);
  const m = view.getUint32(4, true);
  const floats = (3 * m + 1) * n;
  const what = `Predictions of ${n} frames and ${m} dimensions`;
  need(buffer, 8 + FLOAT * floats + CODES * n, what);
  const column = (start: number, step: number) =>
    Float32Array.from({ length: n }, (_, i) =>
      view.getFloat32(8 + FLOAT * (start + step * i), true),
    );
  const table = (k: number) =>
    Array.from({ length: m }, (_, d) => column(k * n * m + d, m));
  const codes = (k: number) => {
    const start = 8 + FLOAT * floats + k * n;
    return new Uint8Array(buffer.slice(start, start + n));
  };
  return {
    model_id,
    value: table(0),
    low: table(1),
    high: table(2),
    confidence: column(3 * n * m, 1),
    expression: codes(0),
    value_source: codes(1),
    expression_source: codes(2),
  };
}
