import { describe, expect, it } from 'vitest';
import {
  frameAt,
  heldIndex,
  indexOf,
  inSquare,
  nearest,
  nearestSample,
  padPoint,
  padShare,
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

describe('where frames were sampled', () => {
  const looked_at = Int32Array.of(0, 5, 10, 15, 20, 25);
  const frames = Int32Array.of(0, 5, 10, 20);

  it('a sample holds until the next one that was looked at', () => {
    const held = (frame: number) => frames[heldIndex(frames, looked_at, frame)] ?? null;
    expect([0, 4, 5, 9, 12, 14].map(held)).toEqual([0, 0, 5, 5, 10, 10]);
    // Looked at, and the face was not there.
    expect([15, 19, 25, 27].map(held)).toEqual([null, null, null, null]);
    expect(held(23)).toBe(20);
  });

  it('a judgement goes to the nearest one with the face', () => {
    const near = (frame: number) => nearestSample(frames, looked_at, frame);
    expect([0, 2, 3, 12, 20, 22].map(near)).toEqual([0, 0, 5, 10, 20, 20]);
    // Nearer to where the face is gone, but it is still on screen.
    expect(near(13)).toBe(10);
    expect([15, 17, 25].map(near)).toEqual([null, null, null]);
  });

  it('nothing holds where every frame was read', () => {
    const all = Int32Array.from({ length: 30 }, (_, i) => i);
    for (const known of [all, new Int32Array()]) {
      expect(heldIndex(frames, known, 5)).toBe(1);
      expect(heldIndex(frames, known, 6)).toBe(-1);
      expect(nearestSample(frames, known, 6)).toBeNull();
    }
  });
});

describe('pad', () => {
  it('has the upper ends at right and on top', () => {
    expect(padPoint({ x: 0.5, y: 0.5 }, 240, 10)).toEqual({ x: 120, y: 120 });
    expect(padPoint({ x: 1, y: 1 }, 240, 10)).toEqual({ x: 230, y: 10 });
    expect(padPoint({ x: 0, y: 0 }, 240, 10)).toEqual({ x: 10, y: 230 });
  });

  it('gives back the shares of a place', () => {
    for (const x of [0, 0.315, 0.5, 0.525, 1]) {
      for (const y of [0.005, 0.5, 0.75]) {
        const share = padShare(padPoint({ x, y }, 240, 10), 240, 10);
        expect(share.x).toBeCloseTo(x, 12);
        expect(share.y).toBeCloseTo(y, 12);
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
    expect(padShare({ x: -500, y: 500 }, 240, 10)).toEqual({ x: 0, y: 0 });
  });
});
