import type uPlot from 'uplot';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { countStates } from './coverage';
import type { Drawing } from './drawing';
import { CONFIDENCE, type Lane, laneRange, lanesOf, xOf, yOf } from './lanes';
import { clipLabels, marksOf } from './marks';
import { paintMarks } from './marksPainter';
import { forShades, shadeOf } from './paint';
import { curvePaths, isDense, swingBuilder } from './paths';
import { OWNER, Slice, sourceOf, trackTimesOf } from './slice';
import {
  allFrames,
  dimensions,
  evenTimes,
  judgement,
  predictionOf,
} from './testing/made';

/** Remembers what was drawn. */
class PathStub {
  steps: [string, number, number][] = [];
  moveTo(x: number, y: number) {
    this.steps.push(['M', x, y]);
  }
  lineTo(x: number, y: number) {
    this.steps.push(['L', x, y]);
  }
  closePath() {
    this.steps.push(['Z', 0, 0]);
  }
}

const [LANE] = lanesOf(dimensions) as [Lane];

const frame = { left: 0, top: 0, width: 100, height: 100, start: 0, end: 10 };

function sliced(n: number, most: number, change: (values: Float32Array) => void) {
  const prediction = predictionOf(n);
  change(prediction.value[0] as Float32Array);
  const source = sourceOf(trackTimesOf(evenTimes(n, 10 / n), allFrames(n)), prediction);
  const slice = new Slice(2 * most + 8, 2);
  const counts = countStates(prediction.value_source, prediction.confidence, 0.5);
  slice.fill(source, counts, 0, 10, most);
  return { slice, prediction };
}

const stepsOf = (path: unknown) => (path as PathStub).steps;

beforeEach(() => {
  vi.stubGlobal('Path2D', PathStub);
});

describe('laneRange', () => {
  it('puts the values of a lane between its edges', () => {
    for (const lane of [...lanesOf(dimensions), CONFIDENCE]) {
      const [min, max] = laneRange(lane);
      const shareFromTop = (value: number) => (max - value) / (max - min);
      expect(shareFromTop(lane.hi)).toBeCloseTo(lane.top);
      expect(shareFromTop(lane.lo)).toBeCloseTo(lane.bottom);
      expect(yOf(frame, lane, lane.hi)).toBeCloseTo(100 * lane.top);
      expect(yOf(frame, lane, lane.lo)).toBeCloseTo(100 * lane.bottom);
    }
  });
});

describe('curvePaths', () => {
  it('draws each frame once, in one line', () => {
    const { slice, prediction } = sliced(50, 60, () => undefined);
    const [model, ...others] = curvePaths(slice, 0, LANE, frame);
    expect(others).toEqual([null, null, null]);
    const lines = stepsOf(model).filter(([kind]) => kind === 'L');
    expect(lines).toHaveLength(50);
    expect(lines[7]?.[1]).toBeCloseTo(xOf(frame, 7 * 0.2));
    expect(lines[7]?.[2]).toBeCloseTo(
      yOf(frame, LANE, (prediction.value[0] as Float32Array)[7] as number),
    );
    expect(stepsOf(model).filter(([kind]) => kind === 'M')).toHaveLength(1);
  });

  it('cuts the line at missing values and goes on after them', () => {
    const { slice } = sliced(50, 60, (v) => v.fill(Number.NaN, 20, 30));
    const [model] = curvePaths(slice, 0, LANE, frame);
    expect(stepsOf(model).filter(([kind]) => kind === 'M')).toHaveLength(2);
    expect(stepsOf(model).filter(([kind]) => kind === 'L')).toHaveLength(40);
  });

  it('goes on in another colour from where the last one ended', () => {
    const { slice } = sliced(50, 60, () => undefined);
    slice.owner.fill(OWNER.human, 25, 50);
    const paths = curvePaths(slice, 0, LANE, frame);
    const model = stepsOf(paths[OWNER.model]);
    const human = stepsOf(paths[OWNER.human]);
    expect(human[0]?.slice(1)).toEqual(model.at(-1)?.slice(1));
  });
});

describe('swingBuilder', () => {
  const drawnOn = (width: number, slice: Slice) => {
    const plot = {
      bbox: { left: 0, top: 0, width, height: 100 },
      scales: { x: { min: 0, max: 10 } },
    } as unknown as uPlot;
    const build = swingBuilder(() => slice, 0, LANE);
    const { fill, stroke } = build(plot, 1, 0, 1) ?? {};
    return { fill: fill as unknown as PathStub, stroke: stroke as unknown as PathStub };
  };
  const heights = (path: PathStub) =>
    path.steps.filter(([kind]) => kind !== 'Z').map(([, , y]) => y);

  it('encloses every value of every frame, as an outline or line by line', () => {
    const { slice, prediction } = sliced(800, 100, () => undefined);
    expect(slice.size).toBeGreaterThan(1);
    const valence = prediction.value[0] as Float32Array;
    const top = yOf(frame, LANE, Math.max(...valence));
    const bottom = yOf(frame, LANE, Math.min(...valence));
    const wide = drawnOn(1000, slice);
    const near = drawnOn(100, slice);
    expect(wide.stroke).toBeUndefined();
    expect(near.fill).toBeUndefined();
    for (const path of [wide.fill, near.stroke]) {
      expect(Math.min(...heights(path))).toBeCloseTo(top);
      expect(Math.max(...heights(path))).toBeCloseTo(bottom);
    }
  });

  it('draws one line on each pixel, and none where values are missing', () => {
    const { slice } = sliced(800, 100, (v) => v.fill(Number.NaN, 320, 480));
    const { stroke } = drawnOn(250, slice);
    const at = stroke.steps.filter(([kind]) => kind === 'M').map(([, x]) => x);
    expect(new Set(at).size).toBe(at.length);
    expect(at.filter((x) => x > 102 && x < 148)).toEqual([]);
    const first = at.filter((x) => x <= 102);
    expect(first).toEqual(first.map((_, k) => (first[0] as number) + k));
    expect(first.length).toBeGreaterThan(90);
  });

  it('cuts its outline at missing values', () => {
    const { slice } = sliced(800, 100, (v) => v.fill(Number.NaN, 320, 480));
    const closed = drawnOn(1000, slice).fill.steps.filter(([kind]) => kind === 'Z');
    expect(closed).toHaveLength(2);
  });

  it('is nothing where each pair is one frame', () => {
    const { fill, stroke } = drawnOn(100, sliced(50, 60, () => undefined).slice);
    expect(fill).toBeNull();
    expect(stroke).toBeUndefined();
  });
});

describe('curvePaths the quick way', () => {
  it('draws the same line beside itself, as thick as one stroke', () => {
    const { slice } = sliced(50, 60, () => undefined);
    const [once] = curvePaths(slice, 0, LANE, frame);
    const [twice] = curvePaths(slice, 0, LANE, frame, [-0.5, 0.5]);
    const one = stepsOf(once);
    const two = stepsOf(twice);
    expect(two).toHaveLength(2 * one.length);
    one.forEach(([kind, x, y], i) => {
      expect(two[i]).toEqual([kind, x, y - 0.5]);
      expect(two[one.length + i]).toEqual([kind, x, y + 0.5]);
    });
  });

  it('is taken where pairs are nearer than 3 pixels of the page', () => {
    const slice = { count: 400 } as Slice;
    expect(isDense(slice, 1000, 1)).toBe(true);
    expect(isDense(slice, 1300, 1)).toBe(false);
    expect(isDense(slice, 1300, 2)).toBe(true);
  });
});

describe('forShades', () => {
  it('joins neighbours of one shade and keeps shades apart', () => {
    const { slice } = sliced(50, 60, () => undefined);
    slice.pending.fill(0);
    slice.pending.fill(1, 10, 20);
    slice.pending.fill(0.3, 20, 22);
    const runs: [number, number, number][] = [];
    forShades(slice, frame, (...run) => runs.push(run));
    expect(runs.map(([shade]) => shade)).toEqual([4, 2]);
    expect(runs[0]?.[1]).toBeCloseTo(19);
    expect(runs[0]?.[2]).toBeCloseTo(39);
    expect(runs[1]?.[1]).toBeCloseTo(39);
  });

  it('is deeper the more frames are pending, and never 0 for one', () => {
    expect([0, 0.01, 0.25, 0.26, 0.75, 1].map(shadeOf)).toEqual([0, 1, 1, 2, 3, 4]);
  });
});

describe('marksOf', () => {
  it('sorts by time and knows the longest', () => {
    const marks = marksOf(
      [
        judgement({ first_frame: 9, decision: 'accept' }),
        judgement({ first_frame: 2, last_frame: 6, scope: 'span', origin: 'import' }),
        judgement({ first_frame: 4, value: [], expression: 'fear' }),
      ],
      evenTimes(20, 0.5),
      allFrames(20),
      2,
    );
    expect([...marks.start]).toEqual([1, 2, 4.5]);
    expect([...marks.end]).toEqual([3, 2, 4.5]);
    expect([...marks.kind]).toEqual([2, 0, 1]);
    expect(marks.value[0]?.[1]).toBeNaN();
    expect([...marks.classOnly]).toEqual([0, 1, 0]);
    expect(marks.longest).toBe(2);
  });

  const drawn = (judgements: Parameters<typeof marksOf>[0], frames = allFrames(20)) =>
    marksOf(judgements, evenTimes(20, 1), frames, 2);

  it('draws nothing where the face is not seen', () => {
    expect(drawn([judgement({ first_frame: 19 })], allFrames(3)).start).toHaveLength(0);
  });

  it('draws the last of several labels of one frame only', () => {
    const marks = drawn(
      [1, 2, 3, 4].map((event_id) =>
        judgement({ event_id, first_frame: 5, value: [event_id / 10, 0] }),
      ),
    );
    expect([...marks.start]).toEqual([5]);
    expect(marks.value[0]?.[0]).toBeCloseTo(0.4);
  });

  it('cuts a label off where a later one stands, one on its way being the latest', () => {
    const marks = drawn([
      judgement({ event_id: 7, first_frame: 4 }),
      judgement({ event_id: -1, first_frame: 6, value: [1, null] }),
      judgement({ event_id: 8, first_frame: 2, last_frame: 9, scope: 'span' }),
    ]);
    const all = [...marks.start].map((from, i) => [
      from,
      marks.end[i],
      marks.value.map((v) => v[i]),
    ]);
    expect(all).toEqual([
      [2, 5, [0.5, Number.NaN]],
      [2, 9, [Number.NaN, -0.25]],
      [6, 6, [1, Number.NaN]],
      [7, 9, [0.5, Number.NaN]],
    ]);
  });

  it('keeps what two raters say side by side, and takes away what one rejects', () => {
    const both = [
      judgement({ event_id: 1, first_frame: 5 }),
      judgement({ event_id: 2, first_frame: 5, rater: 'ben', value: [0, 0] }),
    ];
    expect(drawn(both).start).toHaveLength(2);
    const rejected = { decision: 'reject' as const, value: [], event_id: 3 };
    const not = judgement({ first_frame: 4, last_frame: 6, ...rejected });
    expect(drawn([...both, not]).start).toHaveLength(0);
  });

  it('draws the last value of the whole clip, whatever frames say', () => {
    const whole = { scope: 'clip', first_frame: 0, last_frame: 19 } as const;
    const labels = [
      judgement({ event_id: 1, ...whole, value: [0, 0] }),
      judgement({ event_id: 2, ...whole, value: [1, null] }),
      judgement({ event_id: 3, ...whole, value: [], expression: 'fear' }),
    ];
    const marks = drawn(labels);
    expect([...marks.clip]).toEqual([1]);
    expect(marks.value.map((v) => v[0])).toEqual([1, 0]);
    expect(clipLabels(labels)[0]?.expression).toBe('fear');
  });
});

describe('paintMarks', () => {
  it('draws every judgement that it is given, also where the model is hidden', () => {
    const arcs: number[] = [];
    const context = new Proxy({} as CanvasRenderingContext2D, {
      get: (_, name) =>
        name === 'arc' ? (x: number) => arcs.push(x) : () => undefined,
      set: () => true,
    });
    const drawing = {
      lanes: lanesOf(dimensions),
      marks: marksOf(
        [judgement({ first_frame: 2 }), judgement({ first_frame: 10 })],
        evenTimes(20, 1),
        allFrames(20),
        2,
      ),
      blind: { start: 8, end: 12 },
      theme: {},
      ratio: 1,
    };
    const frame = { left: 0, top: 0, width: 20, height: 100, start: 0, end: 20 };
    paintMarks(context, frame, drawing as unknown as Drawing);
    // Two dimensions each.
    expect(arcs).toEqual([2, 2, 10, 10]);
  });
});
