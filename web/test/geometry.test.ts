import { describe, expect, it } from 'vitest';
import {
  frameAt,
  indexOf,
  inSquare,
  moved,
  nearest,
  padPoint,
  padValue,
  seekTime,
} from '../src/lib/geometry';

describe('frames by time', () => {
  /** Frames of unequal length, as phones record them. */
  const times = Float64Array.of(0, 0.04, 0.0734, 0.14, 0.18);

  it('finds the frame that a time falls in', () => {
    expect(frameAt(times, 0)).toBe(0);
    expect(frameAt(times, 0.039)).toBe(0);
    expect(frameAt(times, 0.04)).toBe(1);
    expect(frameAt(times, 0.1)).toBe(2);
    expect(frameAt(times, 9)).toBe(4);
    expect(frameAt(times, -1)).toBe(0);
  });

  it('is not led astray by a rounded time', () => {
    expect(frameAt(times, 0.073399)).toBe(2);
    expect(frameAt(times, 0.139999999)).toBe(3);
  });

  it('gives back the frame that was sought, for all frames', () => {
    let time = 0;
    const long = Float64Array.from({ length: 5000 }, (_, i) => {
      time += [0.0333, 0.0334, 0.05, 0.0166][i % 4] as number;
      return time;
    });
    for (let frame = 0; frame < long.length; frame += 1) {
      expect(frameAt(long, seekTime(long, frame))).toBe(frame);
      expect(frameAt(long, long[frame] as number)).toBe(frame);
    }
  });

  it('seeks late in the time of a frame', () => {
    expect(seekTime(times, 1)).toBeCloseTo(0.04 + 0.9 * (0.0734 - 0.04), 12);
    expect(seekTime(times, 4)).toBeCloseTo(0.2, 12);
    expect(seekTime(times, 99)).toBeCloseTo(0.2, 12);
    expect(seekTime(new Float64Array(), 3)).toBe(0);
    expect(seekTime(Float64Array.of(1), 0)).toBe(1);
  });
});

describe('frames of a track', () => {
  const frames = Int32Array.of(3, 6, 9, 30);

  it('are found by number', () => {
    expect(indexOf(frames, 9)).toBe(2);
    expect(indexOf(frames, 10)).toBe(-1);
    expect(indexOf(frames, 31)).toBe(-1);
  });

  it('have a nearest one', () => {
    expect(nearest(frames, 0)).toBe(3);
    expect(nearest(frames, 19)).toBe(9);
    expect(nearest(frames, 21)).toBe(30);
    expect(nearest(frames, 99)).toBe(30);
    expect(nearest(new Int32Array(), 1)).toBeNull();
  });
});

describe('pad', () => {
  it('has pleasant at right and excited on top', () => {
    expect(padPoint({ valence: 0, arousal: 0 }, 240, 10)).toEqual({ x: 120, y: 120 });
    expect(padPoint({ valence: 1, arousal: 1 }, 240, 10)).toEqual({ x: 230, y: 10 });
    expect(padPoint({ valence: -1, arousal: -1 }, 240, 10)).toEqual({ x: 10, y: 230 });
  });

  it('gives back the value of a place', () => {
    for (const valence of [-1, -0.37, 0, 0.05, 1]) {
      for (const arousal of [-0.99, 0, 0.5]) {
        const place = padPoint({ valence, arousal }, 240, 10);
        expect(padValue(place, 240, 10)).toEqual({ valence, arousal });
      }
    }
  });

  it('finds its middle and corners in a box of any shape', () => {
    for (const [width, height] of [
      [240, 240],
      [240, 300],
      [500, 120],
    ] as const) {
      const box = { left: 30, top: 70, width, height };
      const middle = { x: 30 + width / 2, y: 70 + height / 2 };
      const half = Math.min(width, height) / 2;
      expect(inSquare(middle, box, 240)).toEqual({ x: 120, y: 120 });
      const corner = inSquare({ x: middle.x + half, y: middle.y - half }, box, 240);
      expect(corner.x).toBeCloseTo(240);
      expect(corner.y).toBeCloseTo(0);
    }
  });

  it('keeps to the edge outside of the square', () => {
    expect(padValue({ x: -500, y: 500 }, 240, 10)).toEqual({
      valence: -1,
      arousal: -1,
    });
  });

  it('moves one dimension and stops at the edge', () => {
    const from = { valence: 0.9, arousal: 0.1 };
    expect(moved(from, 'valence', 0.05)).toEqual({ valence: 0.95, arousal: 0.1 });
    expect(moved(from, 'valence', 0.2)).toEqual({ valence: 1, arousal: 0.1 });
    expect(moved(from, 'arousal', -0.2)).toEqual({ valence: 0.9, arousal: -0.1 });
  });

  it('comes back to where it was after as many steps', () => {
    let at = { valence: 0, arousal: 0 };
    for (let i = 0; i < 14; i += 1) at = moved(at, 'arousal', 0.05);
    expect(at.arousal).toBe(0.7);
    for (let i = 0; i < 14; i += 1) at = moved(at, 'arousal', -0.05);
    expect(at.arousal).toBe(0);
  });
});
