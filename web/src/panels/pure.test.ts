import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_SCHEMA, sessionWith } from '../../test/labelSchema';
import type { LogEvent, SheetCell, ThresholdPoint } from '../api/types';
import { setLanguage } from '../i18n';
import { session } from '../state/session';
import { roundedUp, shapeOf } from './CostPlot';
import { step } from './grid';
import { placeOf, sentence } from './sentences';
import { annotationOf, judgementsFor, keyOf } from './sheetJudgements';
import { minutesText, pointAt } from './ThresholdPanel';
import { allOrNone, meantCells, nextOpen } from './useSheet';

beforeEach(() => {
  setLanguage('en');
  session.value = sessionWith(DEFAULT_SCHEMA);
});

function event(part: Partial<LogEvent>): LogEvent {
  return {
    event_id: 1,
    at: '2026-03-01T10:00:00Z',
    rater: 'anna',
    kind: 'judgement',
    undoes: null,
    undone: false,
    video_id: 'v.mp4',
    detail: {},
    ...part,
  };
}

const cell = (frame: number, model_id = 'm1'): SheetCell => ({
  video_id: 'v.mp4',
  track_id: 2,
  frame,
  time_s: frame / 25,
  annotation: null,
  prediction: {
    model_id,
    value: [0.1, 0.2],
    low: [0, 0],
    high: [0.2, 0.4],
    confidence: 0.5,
    class_probability: null,
  },
});

describe('step', () => {
  // Rows of 3, 3 and 2; then a heading, and a row of 2.
  const boxes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) =>
    i < 8
      ? { left: (i % 3) * 100, top: Math.floor(i / 3) * 100 }
      : { left: (i - 8) * 100, top: 340 },
  );
  it('goes left and right through the rows and stops at the ends', () => {
    expect(step(boxes, 2, 'ArrowRight')).toBe(3);
    expect(step(boxes, 0, 'ArrowLeft')).toBe(0);
    expect(step(boxes, 9, 'ArrowRight')).toBe(9);
    expect(step(boxes, 4, 'Home')).toBe(0);
    expect(step(boxes, 4, 'End')).toBe(9);
  });
  it('goes up and down in its column, to the nearest where there is none', () => {
    expect(step(boxes, 1, 'ArrowDown')).toBe(4);
    expect(step(boxes, 5, 'ArrowDown')).toBe(7);
    expect(step(boxes, 6, 'ArrowDown')).toBe(8);
    expect(step(boxes, 9, 'ArrowUp')).toBe(7);
    expect(step(boxes, 1, 'ArrowUp')).toBe(1);
    expect(step(boxes, 9, 'ArrowDown')).toBe(9);
  });
  it('stays where it is without boxes', () => {
    expect(step([], 0, 'ArrowDown')).toBe(0);
  });
});

describe('nextOpen', () => {
  const cells = [cell(1), cell(2), cell(3), cell(4)];
  const labelled =
    (...frames: number[]) =>
    (one: SheetCell) =>
      frames.includes(one.frame);
  it('goes on after what was labelled, then to what was left, then stays', () => {
    expect(nextOpen(cells, 1, labelled(1, 2))).toBe(2);
    expect(nextOpen(cells, 2, labelled(3, 4))).toBe(0);
    expect(nextOpen(cells, 2, labelled(1, 2, 3, 4))).toBe(2);
  });
});

describe('selection', () => {
  const cells = [cell(1), cell(2), cell(3)];
  it('means the selected faces, or the one with the focus', () => {
    const [first, , third] = cells as [SheetCell, SheetCell, SheetCell];
    expect(meantCells(cells, new Set([keyOf(first), keyOf(third)]), 1)).toEqual([
      first,
      third,
    ]);
    expect(meantCells(cells, new Set(), 1)).toEqual([cells[1]]);
    expect(meantCells([], new Set(), 0)).toEqual([]);
  });
  it('takes all, and none if all were taken', () => {
    const all = allOrNone(new Set(['other']), cells);
    expect(all.size).toBe(4);
    expect([...allOrNone(all, cells)]).toEqual(['other']);
  });
});

const SAID = { unsure: false, comment: '' };

describe('judgementsFor', () => {
  const circumstances = {
    kind: 'suggested',
    active_s: 5,
    shown: false,
    ...SAID,
  } as const;
  const given = judgementsFor(
    [cell(1), cell(2)],
    { expression: 'fear' },
    circumstances,
  );
  const { judgements } = given.body;

  it('gives each face a judgement and an id of its own', () => {
    expect(judgements.map((one) => one.first_frame)).toEqual([1, 2]);
    expect(new Set(judgements.map((one) => one.client_id)).size).toBe(2);
    expect(judgements[1]).toMatchObject({
      scope: 'frame',
      last_frame: 2,
      expression: 'fear',
      value: [],
      decision: 'label',
      purpose: 'suggested',
      active_s: 2.5,
    });
  });
  it('holds what was in sight, and nothing if predictions were not shown', () => {
    expect(judgements[0]?.shown).toBeNull();
    const shown = { ...circumstances, shown: true };
    const { body } = judgementsFor([cell(1)], { value: [0, null] }, shown);
    expect(body.judgements[0]).toMatchObject({
      value: [0, null],
      touched: [true, false],
      shown: { model_id: 'm1', value: [0.1, 0.2], confidence: 0.5 },
    });
  });
});

describe('annotationOf', () => {
  it('is what the server knows, and over it what was given here', () => {
    const labelled = {
      ...cell(1),
      annotation: { value: [0.5, 0.5], expression: null },
    };
    expect(annotationOf(labelled, { expression: 'fear' })).toEqual({
      value: [0.5, 0.5],
      expression: 'fear',
    });
    expect(annotationOf(cell(2), undefined)).toEqual({ value: [], expression: null });
  });
});

describe('threshold', () => {
  const points: ThresholdPoint[] = [0.5, 0.75, 1].map((threshold, i) => ({
    threshold,
    frames: 100 * i,
    share: i / 2,
    items: 10 * i,
    minutes: 45 * i,
    wrong: 0.2 - 0.1 * i,
  }));
  it('takes the nearest point', () => {
    const curve = { threshold: 0.8, points };
    expect(pointAt(curve, 0.8)?.threshold).toBe(0.75);
    expect(pointAt(curve, 0.99)?.threshold).toBe(1);
    expect(pointAt({ threshold: 0.8, points: [] }, 0.8)).toBeNull();
  });
  it('speaks of minutes as people plan them', () => {
    expect(minutesText(0.4)).toBe('under 1 min');
    expect(minutesText(12.4)).toBe('12 min');
    expect(minutesText(150)).toBe('2.5 h');
  });
  it('draws the curve between 0 and a round number', () => {
    const shape = shapeOf(points, (p) => p.minutes);
    expect(shape.most).toBe(100);
    expect(shape.path.match(/[ML]/g)).toHaveLength(3);
    expect(shape.y(0)).toBeGreaterThan(shape.y(90));
    expect([0, 0.21, 7, 31, 99, 1000].map(roundedUp)).toEqual([
      1, 0.3, 8, 40, 100, 1000,
    ]);
  });
});

/** A dimension and its value stay on one line. */
const spaced = (text: string) => {
  expect(text).not.toMatch(/(V|A|感情価|覚醒度) [−+\d–]/);
  return text.replaceAll('\u00a0', ' ');
};

describe('sentence', () => {
  const cases: [Partial<LogEvent>, string][] = [
    [
      {
        detail: {
          scope: 'frame',
          first_frame: 12,
          last_frame: 12,
          value: [0.3, -0.1],
          expression: 'happiness',
          decision: 'label',
        },
      },
      'Labelled frame 12: V +0.30, A −0.10, happiness',
    ],
    [
      {
        detail: {
          scope: 'span',
          first_frame: 3,
          last_frame: 1200,
          value: [0, null],
          decision: 'accept',
        },
      },
      'Accepted frames 3 to 1,200: V 0.00, A \u2013',
    ],
    [
      {
        detail: {
          scope: 'clip',
          first_frame: 0,
          last_frame: 9,
          value: [],
          expression: 'awe',
          decision: 'edit',
        },
      },
      'Corrected the whole clip: awe',
    ],
    [
      { detail: { first_frame: 5, last_frame: 5, decision: 'reject' } },
      'Rejected frame 5',
    ],
    [
      { detail: { first_frame: 5, last_frame: 9, decision: 'cannot' } },
      'Could not judge frames 5 to 9',
    ],
    [{ kind: 'export', detail: { layer: 'model' } }, 'Exported (predictions)'],
    [
      {
        kind: 'track-edit',
        detail: { kind: 'split', track_id: 1, frame: 40, other_track_id: 3 },
      },
      'Split face 1 at frame 40: face 3 from there on',
    ],
    [
      {
        kind: 'track-edit',
        detail: { kind: 'merge', track_id: 3, frame: null, other_track_id: 1 },
      },
      'Merged face 3 into face 1',
    ],
    [{ kind: 'person', detail: { track_id: 1, name: 'Mika' } }, 'Named face 1 “Mika”'],
    [{ kind: 'person', detail: { track_id: 1, name: '' } }, 'Took the name off face 1'],
    [{ kind: 'threshold', detail: { value: 0.85 } }, 'Set the threshold to 0.85'],
    [{ kind: 'undo', undoes: 41 }, 'Took back #41'],
    [{ kind: 'model', detail: { model_id: 'a' } }, 'Learnt a new model'],
    [
      { kind: 'video-added', detail: { frames: 5400 } },
      'Added a video of 5,400 frames',
    ],
    [{ kind: 'something-new', detail: {} }, 'Event “something-new”'],
    [{ detail: { decision: 'pondered' } }, 'Event “pondered”'],
  ];
  for (const [part, words] of cases) {
    it(words, () => expect(spaced(sentence(event(part)))).toBe(words));
  }

  it('speaks Japanese', () => {
    setLanguage('ja');
    const detail = {
      first_frame: 5,
      last_frame: 5,
      value: [0.3, -0.1],
      expression: 'happiness',
      decision: 'label',
    };
    expect(spaced(sentence(event({ detail })))).toBe(
      'フレーム 5 にラベル：感情価 +0.30、覚醒度 −0.10、喜び',
    );
  });
});

describe('placeOf', () => {
  it('is where one can go, or nothing', () => {
    const at = { track_id: 2, first_frame: 7 };
    expect(placeOf(event({ detail: at }))).toEqual({
      video_id: 'v.mp4',
      track_id: 2,
      frame: 7,
    });
    expect(placeOf(event({ detail: at, video_id: null }))).toBeNull();
    expect(placeOf(event({ detail: { track_id: 2 } }))).toBeNull();
  });
});
