import { beforeEach, describe, expect, it } from 'vitest';
import type { Event, SheetCell, ThresholdPoint } from '../api/types';
import { setLanguage } from '../i18n';
import { roundedUp, shapeOf } from './CostPlot';
import { step } from './grid';
import { placeOf, sentence, undoneIds, valueText } from './sentences';
import { keyOf, labelsFor } from './sheetJudgements';
import { minutesText, pointAt } from './ThresholdPanel';
import { allOrNone, meantCells } from './useSheet';

beforeEach(() => setLanguage('en'));

function event(part: Partial<Event>): Event {
  return {
    event_id: 1,
    at: '2026-03-01T10:00:00Z',
    rater: 'anna',
    kind: 'label',
    undoes: null,
    client_id: null,
    video_id: 'v.mp4',
    detail: {},
    ...part,
  };
}

const cell = (frame: number, run_id = 'r1'): SheetCell => ({
  video_id: 'v.mp4',
  track_id: 2,
  frame,
  time_s: frame / 25,
  label: null,
  estimate: {
    valence: 0.1,
    arousal: 0.2,
    low_valence: 0,
    high_valence: 0.2,
    low_arousal: 0,
    high_arousal: 0.4,
    confidence: 0.5,
    expression: null,
    run_id,
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

describe('labelsFor', () => {
  const before = new Map([[keyOf(cell(1)), { valence: 0.4, arousal: -0.1 }]]);
  const { body } = labelsFor(
    [cell(1), cell(2)],
    { expression: 'fear' },
    before,
    5,
    false,
  );

  it('gives each face a label and an id of its own', () => {
    expect(body.labels.map((l) => l.first_frame)).toEqual([1, 2]);
    expect(new Set(body.labels.map((l) => l.client_id)).size).toBe(2);
    expect(body.labels[1]).toMatchObject({
      scope: 'frame',
      last_frame: 2,
      expression: 'fear',
      valence: null,
      decision: 'label',
      active_s: 2.5,
    });
  });
  it('says again what was said of a face before', () => {
    expect(body.labels[0]).toMatchObject({
      valence: 0.4,
      arousal: -0.1,
      expression: 'fear',
    });
  });
  it('names the run only if its values were in sight', () => {
    expect(body.labels[0]?.shown_run_id).toBeNull();
    const shown = labelsFor([cell(1)], { valence: 0, arousal: 0 }, new Map(), 1, true);
    expect(shown.body.labels[0]?.shown_run_id).toBe('r1');
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

describe('sentence', () => {
  const cases: [Partial<Event>, string][] = [
    [
      {
        detail: {
          scope: 'frame',
          first_frame: 12,
          last_frame: 12,
          valence: 0.3,
          arousal: -0.1,
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
          valence: 0,
          arousal: 0,
          decision: 'accept',
        },
      },
      'Accepted frames 3 to 1,200: V 0.00, A 0.00',
    ],
    [
      {
        detail: {
          scope: 'clip',
          first_frame: 0,
          last_frame: 9,
          expression: 'awe',
          decision: 'edit',
        },
      },
      'Corrected the whole clip: awe',
    ],
    [{ kind: 'review', detail: { frame: 5, decision: 'reject' } }, 'Rejected frame 5'],
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
    [
      { kind: 'run', detail: { run_id: 'a', labels: 1 } },
      'Estimated all frames anew from one label',
    ],
    [
      { kind: 'video-added', detail: { frames: 5400 } },
      'Added a video of 5,400 frames',
    ],
    [{ kind: 'something-new', detail: {} }, 'Event “something-new”'],
    [{ kind: 'review', detail: { decision: 'pondered' } }, 'Event “pondered”'],
  ];
  for (const [part, words] of cases) {
    it(words, () => expect(sentence(event(part))).toBe(words));
  }

  it('speaks Japanese', () => {
    setLanguage('ja');
    const said = { valence: 0.3, arousal: -0.1, expression: 'happiness' };
    expect(valueText(said)).toBe('快 +0.30、覚 −0.10、喜び');
  });
});

describe('undoneIds', () => {
  it('takes an undo of an undo as a redo', () => {
    const log = [
      event({ event_id: 5, kind: 'undo', undoes: 4 }),
      event({ event_id: 4, kind: 'undo', undoes: 1 }),
      event({ event_id: 3, kind: 'undo', undoes: 2 }),
      event({ event_id: 2 }),
      event({ event_id: 1 }),
    ];
    expect([...undoneIds(log)].sort()).toEqual([2, 4]);
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
