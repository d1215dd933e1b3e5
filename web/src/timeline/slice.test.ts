import { describe, expect, it } from 'vitest';
import { SOURCE } from '../api/types';
import { countStates } from './coverage';
import { bandOf, confidenceOf, OWNER, Slice, sourceOf, trackTimesOf } from './slice';
import { allFrames, evenTimes, predictionOf } from './testing/made';

function made(n: number, frames = allFrames(n), times = evenTimes(n)) {
  const prediction = predictionOf(frames.length);
  const track = trackTimesOf(times, frames);
  const source = sourceOf(track, prediction);
  const counts = countStates(prediction.value_source, prediction.confidence, 0.6);
  return { prediction, source, counts, times };
}

describe('trackTimesOf', () => {
  it('takes the times of the video, and its usual step for what a gap is', () => {
    const track = trackTimesOf(evenTimes(100, 0.5), new Int32Array([0, 2, 4, 50]));
    expect([...track.time]).toEqual([0, 1, 2, 25]);
    expect(track.step).toBe(1);
    expect(track.gap).toBe(4);
  });
  it('takes a single frame', () => {
    expect(trackTimesOf(evenTimes(3), new Int32Array([1])).step).toBe(0);
    expect(trackTimesOf(evenTimes(3), new Int32Array()).time).toHaveLength(0);
  });
});

describe('Slice.fill', () => {
  it('is exact, frame by frame, when zoomed in', () => {
    const { source, counts, prediction } = made(1000);
    const slice = new Slice(400, 2);
    slice.fill(source, counts, 4, 8, 200);
    expect(slice.size).toBe(1);
    const first = Math.round((slice.time[0] as number) / 0.04);
    expect(first).toBe(99);
    expect(slice.count).toBe(102);
    for (let i = 0; i < slice.count; i += 1) {
      expect(slice.lo[0]?.[i]).toBe((prediction.value[0] as Float32Array)[first + i]);
      expect(slice.hi[bandOf(1, 2)]?.[i]).toBe(prediction.high[1]?.[first + i]);
    }
  });

  for (const [start, end] of [
    [0, 40],
    [3.3, 17.7],
    [39, 40],
  ] as const) {
    it(`holds the least and the greatest of its frames, ${start} to ${end} s`, () => {
      const { source, counts, prediction } = made(1000);
      const most = 60;
      const slice = new Slice(2 * most, 2);
      slice.fill(source, counts, start, end, most);
      expect(slice.count).toBeLessThanOrEqual(most + 3);
      for (let i = 0; i < slice.count; i += 1) {
        const middle = Math.round((slice.time[i] as number) / 0.04);
        const f = Math.floor(middle / slice.size) * slice.size;
        const part = [...prediction.confidence.slice(f, f + slice.size)];
        expect(slice.lo[confidenceOf(2)]?.[i]).toBe(Math.min(...part));
        expect(slice.hi[confidenceOf(2)]?.[i]).toBe(Math.max(...part));
        const valence = [
          ...(prediction.value[0] as Float32Array).slice(f, f + slice.size),
        ];
        const mean = valence.reduce((sum, v) => sum + v, 0) / valence.length;
        expect(slice.mean[0]?.[i]).toBeCloseTo(mean, 5);
        const low = part.filter((c) => c < Math.fround(0.6)).length;
        expect(slice.pending[i]).toBeCloseTo(low / part.length);
      }
    });
  }

  it('covers the whole stretch, with a pair to spare on either side', () => {
    const { source, counts } = made(5000);
    const slice = new Slice(300, 2);
    for (const [start, end] of [
      [10, 90],
      [50, 51],
      [20, 180],
    ] as const) {
      slice.fill(source, counts, start, end, 100);
      expect(slice.time[0]).toBeLessThanOrEqual(start);
      expect(slice.time[slice.count - 1]).toBeGreaterThanOrEqual(end);
    }
  });

  it('never outgrows its arrays, wherever the window begins', () => {
    const { source, counts } = made(108_000);
    const slice = new Slice(200, 2);
    for (let start = 0; start < 4000; start += 37) {
      slice.fill(source, counts, start, start + 211.3, 100);
      expect(slice.count).toBeLessThanOrEqual(slice.capacity);
      expect(slice.count).toBeGreaterThan(1);
    }
  });

  it('joins no line over a gap, near or far', () => {
    const frames = Int32Array.from(
      [...allFrames(400)].filter((f) => f < 100 || f >= 200),
    );
    const { source, counts } = made(400, frames);
    const slice = new Slice(900, 2);
    for (const most of [800, 100, 25]) {
      slice.fill(source, counts, 0, 16, most);
      const cut = [...slice.joined.slice(0, slice.count)].filter((j) => j === 0);
      expect(cut).toHaveLength(2);
      const at = slice.joined.indexOf(0, 1);
      expect(slice.time[at]).toBeGreaterThan(7);
    }
  });

  it('says whose values most frames of a pair are', () => {
    const { source, prediction } = made(64);
    const origin = prediction.value_source.slice();
    origin.fill(SOURCE.frame, 0, 8);
    origin.fill(SOURCE.accepted, 8, 16);
    origin.fill(SOURCE.rejected, 16, 24);
    origin[40] = SOURCE.frame;
    const slice = new Slice(64, 2);
    slice.fill(source, countStates(origin, prediction.confidence, 0.6), 0, 3, 8);
    expect(slice.size).toBe(8);
    expect([...slice.owner.slice(0, 6)]).toEqual([
      OWNER.human,
      OWNER.accepted,
      OWNER.rejected,
      OWNER.model,
      OWNER.model,
      OWNER.model,
    ]);
  });

  it('tells nothing of blind frames, nor of pairs that hold some', () => {
    const { source, counts } = made(256);
    const slice = new Slice(600, 2);
    for (const most of [512, 32]) {
      slice.fill(source, counts, 0, 11, most, { from: 100, to: 103 });
      for (let i = 0; i < slice.count; i += 1) {
        const f = i * slice.size;
        const blind = f < 103 && f + slice.size > 100;
        for (const column of [...slice.lo, ...slice.mean]) {
          expect(Number.isNaN(column[i] as number)).toBe(blind);
        }
        if (blind) expect(slice.pending[i]).toBe(0);
      }
    }
  });

  it('is empty for a track without frames', () => {
    const { source, counts } = made(0, new Int32Array());
    const slice = new Slice(20, 2);
    slice.fill(source, counts, 0, 1, 10);
    expect(slice.count).toBe(0);
  });
});
