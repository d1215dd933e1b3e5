import { describe, expect, it } from 'vitest';
import { driven, stickOf } from '../src/tracing/devices/gamepad';
import { stepOf } from '../src/tracing/devices/keys';
import { turned } from '../src/tracing/devices/mouse';
import { change, valuesAt } from '../src/tracing/devices/pointer';
import { fromTop, lineOf, scaleOf, secondsShown } from '../src/tracing/drawing';
import { after, COUNTDOWN_S, type Happening, READY } from '../src/tracing/machine';
import {
  lengthOf,
  longestGap,
  Recorder,
  rangeOf,
  worthSending,
} from '../src/tracing/recorder';
import { bodyOf } from '../src/tracing/sending';
import { at, moved, sentValue } from '../src/tracing/values';
import { DEFAULT_SCHEMA, PAIN_SCHEMA } from './labelSchema';

const increases = (all: readonly number[]) =>
  all.every((one, i) => i === 0 || one > (all[i - 1] as number));

/** A video at 30 pictures a second, each of which is a sample. */
function played(recorder: Recorder, from: number, to: number, value = Math.sin) {
  for (let i = 0; i <= 30 * (to - from); i += 1) {
    const time = from + i / 30;
    recorder.sample(time, [value(time)]);
  }
}

describe('the recorder', () => {
  it('keeps ten samples a second, the first and the last among them', () => {
    const recorder = new Recorder();
    played(recorder, 2, 12);
    const [piece] = recorder.pieces;
    expect(recorder.pieces).toHaveLength(1);
    expect(piece?.time_s.length).toBeGreaterThan(98);
    expect(piece?.time_s.length).toBeLessThanOrEqual(102);
    expect([piece?.time_s[0], piece?.time_s.at(-1)]).toEqual([2, 12]);
    expect(increases(piece?.time_s ?? [])).toBe(true);
    for (const [i, time] of (piece?.time_s ?? []).entries()) {
      expect(piece?.value[i]?.[0]).toBeCloseTo(Math.sin(time), 3);
    }
  });

  it('takes an input at once, and a late picture not before it', () => {
    const recorder = new Recorder();
    recorder.sample(1, [0]);
    recorder.sample(1.18, [0.4]);
    recorder.sample(1.1, [0.5]);
    recorder.sample(1.18, [0.6]);
    expect(recorder.pieces).toEqual([{ time_s: [1, 1.18], value: [[0], [0.6]] }]);
  });

  it('cuts at a pause, a jump back, a jump on and a gap', () => {
    const recorder = new Recorder();
    played(recorder, 0, 2);
    recorder.cut();
    played(recorder, 2, 4);
    played(recorder, 1, 3);
    played(recorder, 8, 9.5);
    expect(recorder.pieces.map(({ time_s }) => [time_s[0], time_s.at(-1)])).toEqual([
      [0, 2],
      [2, 4],
      [1, 3],
      [8, 9.5],
    ]);
    expect(recorder.pieces.every(({ time_s }) => increases(time_s))).toBe(true);
  });

  it('follows pictures that are rare', () => {
    const times = Float64Array.from({ length: 20 }, (_, i) => 2 * i);
    const recorder = new Recorder(longestGap(times));
    for (const time of times) recorder.sample(time, [0.1]);
    expect(recorder.pieces).toHaveLength(1);
    expect(longestGap(Float64Array.of(0, 0.04, 0.08))).toBe(1);
  });

  it('gives its times and values as they can be sent', () => {
    const recorder = new Recorder();
    recorder.sample(0.1 + 0.2, [1 / 3, -0.00001]);
    expect(recorder.pieces).toEqual([{ time_s: [0.3], value: [[0.3333, 0]] }]);
  });

  it('leaves out pieces of less than a second', () => {
    const recorder = new Recorder();
    played(recorder, 0, 0.8);
    recorder.cut();
    played(recorder, 0.8, 3);
    const [worth, ...more] = worthSending(recorder.pieces);
    expect(more).toEqual([]);
    expect(worth && lengthOf(worth)).toBeCloseTo(2.2);
    expect(rangeOf(recorder.pieces, 0)?.[0]).toBe(0);
    expect(rangeOf([], 0)).toBeNull();
  });

  it('an hour of two dimensions has room in the storage of a browser', () => {
    const recorder = new Recorder();
    for (let i = 0; i < 3600 * 25; i += 1) {
      recorder.sample(i / 25, [Math.sin(i / 99), Math.cos(i / 77)]);
    }
    expect(JSON.stringify(recorder.pieces).length).toBeLessThan(1_200_000);
  });
});

describe('the steps', () => {
  const walked = (...all: Happening[]) => all.reduce(after, READY);

  it('lead from the choice over a countdown to the rating', () => {
    const seconds = Array.from({ length: COUNTDOWN_S }, () => 'second' as const);
    expect(walked('start')).toEqual({ phase: 'countdown', left: COUNTDOWN_S });
    expect(walked('start', ...seconds.slice(1)).phase).toBe('countdown');
    expect(walked('start', ...seconds).phase).toBe('rating');
    expect(walked('start', 'now').phase).toBe('rating');
  });

  it('send nothing that was not looked at', () => {
    expect(walked('start', 'now', 'send').phase).toBe('rating');
    expect(walked('start', 'now', 'end').phase).toBe('review');
    expect(walked('start', 'now', 'end', 'send').phase).toBe('sent');
    expect(walked('start', 'now', 'empty').phase).toBe('ready');
  });

  it('let one discard, begin again, cancel, and take up what was left', () => {
    expect(walked('start', 'now', 'end', 'discard')).toEqual(READY);
    expect(walked('start', 'now', 'end', 'again').phase).toBe('countdown');
    expect(walked('start', 'end')).toEqual(READY);
    expect(walked('found').phase).toBe('review');
    expect(walked('start', 'now', 'end', 'send', 'discard')).toEqual(READY);
  });

  it('stay where nothing follows', () => {
    for (const what of ['send', 'discard', 'again', 'second', 'now', 'end'] as const) {
      expect(after(READY, what)).toBe(READY);
    }
  });
});

describe('devices', () => {
  const box = { left: 100, top: 50, width: 200, height: 400 };

  it('keys: steps up and down, and on the plane left and right', () => {
    expect(stepOf('ArrowUp', 1)).toEqual([0.05]);
    expect(stepOf('ArrowLeft', 1)).toEqual([-0.05]);
    expect(stepOf('Shift+ArrowDown', 1)).toEqual([-0.2]);
    expect(stepOf('PageUp', 1)).toEqual([0.2]);
    expect(stepOf('ArrowRight', 2)).toEqual([0.05, 0]);
    expect(stepOf('Shift+w', 2)).toEqual([0, 0.2]);
    for (const other of ['Space', 'Escape', 'x', 'Ctrl+ArrowUp', 'Shift+PageUp']) {
      expect(stepOf(other, 1), other).toBeNull();
    }
  });

  it('pointers: a place on the bar or the plane, never beyond its edges', () => {
    expect(valuesAt({ x: 0, y: 50 }, box, 1)).toEqual([1]);
    expect(valuesAt({ x: 0, y: 250 }, box, 1)).toEqual([0]);
    expect(valuesAt({ x: 0, y: 999 }, box, 1)).toEqual([-1]);
    expect(valuesAt({ x: 250, y: 150 }, box, 2)).toEqual([0.5, 0.5]);
    expect(valuesAt({ x: 0, y: 150 }, box, 2)).toEqual([-1, 0.5]);
  });

  it('pointers: a way, wherever it began', () => {
    const [from, to] = [
      { x: 500, y: 900 },
      { x: 600, y: 700 },
    ];
    expect(change(from, to, box, 1)).toEqual([1]);
    expect(change(from, to, box, 2)).toEqual([1, 1]);
  });

  it('the wheel: away from oneself is up', () => {
    const turn = (deltaY: number, deltaX = 0) => ({ deltaX, deltaY }) as WheelEvent;
    expect(turned(turn(-120), 1)).toEqual([0.05]);
    expect(turned(turn(3), 1)).toEqual([-0.05]);
    expect(turned(turn(0, 5), 2)).toEqual([0.05, 0]);
  });

  it('gamepad: up is more, and a stick at rest is the middle', () => {
    expect(stickOf([0.04, -0.07], 2)).toEqual([0, 0]);
    expect(stickOf([0, -1], 1)).toEqual([1]);
    expect(stickOf([1, 1], 2)).toEqual([1, -1]);
    expect(stickOf([0, -0.55], 1)[0]).toBeCloseTo(0.5);
    expect(stickOf([], 1)).toEqual([0]);
  });

  it('gamepad: a stick drives by time, and not for a page that stood still', () => {
    expect(driven([1], 0.02)[0]).toBeCloseTo(0.02);
    expect(driven([-0.5], 9)[0]).toBeCloseTo(-0.05);
  });
});

describe('values', () => {
  it('have ends on a bounded scale, and none on a relative one', () => {
    expect(moved([0.98], [0.05], 'bounded')).toEqual([1]);
    expect(moved([0.98], [0.05], 'relative')).toEqual([1.03]);
    expect(at([-3, 0.5], 'bounded')).toEqual([-1, 0.5]);
    expect(at([-3], 'relative')).toEqual([-3]);
  });

  it('stay on the grid however many steps are made', () => {
    let value: readonly number[] = [0];
    for (let i = 0; i < 12; i += 1) value = moved(value, [0.05], 'bounded');
    expect(value).toEqual([0.6]);
  });

  it('go over the wire in units of the label schema', () => {
    const [pain] = PAIN_SCHEMA.dimensions;
    if (!pain) throw new Error('no dimension');
    expect(sentValue(-1, pain, 'bounded')).toBe(0);
    expect(sentValue(0.5, pain, 'bounded')).toBe(75);
    expect(sentValue(1.00001, pain, 'bounded')).toBe(100);
    expect(sentValue(3.2, pain, 'relative')).toBe(3.2);
  });

  it('make a body that names what was rated, and how', () => {
    const piece = { time_s: [0, 0.1], value: [[0.5], [-0.25]] };
    const body = bodyOf(piece, 'c0ffee00', {
      place: { video_id: 'a.mp4', track_id: 3 },
      rated: DEFAULT_SCHEMA.dimensions.slice(1),
      mode: 'bounded',
      device: 'touch',
      speed: 0.5,
      active_s: 2.5,
    });
    expect(body).toEqual({
      video_id: 'a.mp4',
      track_id: 3,
      dimensions: ['arousal'],
      mode: 'bounded',
      device: 'touch',
      speed: 0.5,
      time_s: [0, 0.1],
      value: [[0.5], [-0.25]],
      assignment_id: null,
      active_s: 2.5,
      client_id: 'c0ffee00',
    });
  });
});

describe('the drawing', () => {
  it('shows all of a short rating, and the last half minute of a long one', () => {
    expect(secondsShown([2, 20], 5, false)).toEqual([2, 20]);
    expect(secondsShown([0, 100], 3, false)).toEqual([0, 30]);
    expect(secondsShown([0, 100], 50, false)).toEqual([24.5, 54.5]);
    expect(secondsShown([0, 100], 99, false)).toEqual([70, 100]);
    expect(secondsShown([0, 100], 50, true)).toEqual([0, 100]);
  });

  it('has the ends of a bounded scale, and room for a relative one', () => {
    const piece = { time_s: [0, 1], value: [[-4], [6]] };
    expect(scaleOf([piece], 0, 'bounded', [0])).toEqual([-1, 1]);
    const [low, high] = scaleOf([piece], 0, 'relative', [7]);
    expect(low).toBeLessThan(-4);
    expect(high).toBeGreaterThan(7);
    expect(scaleOf([], 0, 'relative', [0])).toEqual([-0.5, 0.5]);
    expect([fromTop(1, [-1, 1]), fromTop(-1, [-1, 1]), fromTop(9, [-1, 1])]).toEqual([
      0, 1, 0,
    ]);
  });

  it('draws what is in sight, and of much not every sample', () => {
    const piece = { time_s: [0, 1, 2], value: [[-1], [0], [1]] };
    expect(lineOf(piece, 0, [0, 2], [-1, 1])).toBe(
      'M0.0,100.00L500.0,50.00L1000.0,0.00',
    );
    expect(lineOf(piece, 0, [5, 6], [-1, 1])).toBe(
      'M-2000.0,0.00'.replace('-2000', '-3000'),
    );
    const long = {
      time_s: Array.from({ length: 9000 }, (_, i) => i / 10),
      value: Array.from({ length: 9000 }, () => [0]),
    };
    expect(lineOf(long, 0, [0, 900], [-1, 1]).split('L').length).toBeLessThan(1501);
  });
});
