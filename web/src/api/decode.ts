/** The server's binary answers: little-endian arrays sent one after another, unpadded. */

import type { EstimateArrays, Faces } from './types';

export const SCALE = 10000;
export const MISSING = -32768;

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

export function decodeEstimate(buffer: ArrayBuffer, run_id: string): EstimateArrays {
  const n = count(buffer, 'Estimates');
  need(buffer, 4 + 16 * n, `Estimates of ${n} frames`);
  const view = new DataView(buffer);
  const scaled = (column: number) =>
    Float32Array.from({ length: n }, (_, i) => {
      const stored = view.getInt16(4 + 2 * (column * n + i), true);
      return stored === MISSING ? Number.NaN : stored / SCALE;
    });
  const bytes = 4 + 14 * n;
  return {
    run_id,
    valence: scaled(0),
    arousal: scaled(1),
    low_valence: scaled(2),
    high_valence: scaled(3),
    low_arousal: scaled(4),
    high_arousal: scaled(5),
    confidence: scaled(6),
    expression: new Uint8Array(buffer.slice(bytes, bytes + n)),
    origin: new Uint8Array(buffer.slice(bytes + n, bytes + 2 * n)),
  };
}
