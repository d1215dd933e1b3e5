import { afterEach, describe, expect, it } from 'vitest';
import type { Audits, Batch, Pair, Session } from '../api/types';
import { setLanguage } from '../i18n';
import { session } from '../state/session';
import { pullSentence, pullX } from './Anchoring';
import {
  boundSentence,
  confidenceText,
  roundedUp,
  shapeOfBounds,
  ticksOf,
} from './bound';
import { scoreSentence } from './ComparisonScore';
import {
  answered,
  asked,
  givenAgain,
  NOTHING,
  pairKey,
  refused,
  takenBack,
  withPair,
} from './compare';
import { dueText, overdueText } from './OverdueNote';
import { stratumText, worstFirst } from './strata';

afterEach(() => setLanguage('en'));

const numbers = {
  n: 43,
  n_wrong: 1,
  n_items: 120,
  lower_bound: 0,
  upper_bound: 0.0661,
  bound: 0.1,
  confidence: 0.95,
  tolerance: 0.2,
};

describe('the sentence of a bound', () => {
  it('says share, tolerance, confidence and how much was looked at', () => {
    expect(boundSentence(numbers)).toBe(
      'At most 7% of the accepted labels are off by more than 0.20, ' +
        'with 95% confidence; looked at 43 of 120.',
    );
    setLanguage('ja');
    expect(boundSentence(numbers)).toBe(
      '自動採用された値のうち、0.20 を超えて外れているのは多くても 7% です' +
        '（信頼度 95%、120 件のうち 43 件を検査）。',
    );
  });

  it('says nothing better than what is known', () => {
    expect(boundSentence({ ...numbers, n: 0, upper_bound: 1 })).toBe(
      'Nothing was looked at yet: 0 of 120.',
    );
    expect(boundSentence({ ...numbers, n: 2, upper_bound: 1 })).toBe(
      'Too little to say anything with 95% confidence; looked at 2 of 120.',
    );
    expect(boundSentence({ ...numbers, n: 0, n_items: 0 })).toContain('No label');
    const bad = { ...numbers, n: 3, lower_bound: 0.4299, upper_bound: 1 };
    expect(boundSentence(bad)).toContain('At least 42% of the accepted labels');
    expect(roundedUp(0.0601)).toBe('7%');
    expect(roundedUp(0.07)).toBe('7%');
    expect(roundedUp(0.0012)).toBe('0.2%');
    expect(roundedUp(0.995)).toBe('100%');
    expect(confidenceText(0.95)).toBe('95%');
    expect(confidenceText(0.995)).toBe('99.5%');
  });
});

describe('the picture of a bound', () => {
  const frame = { width: 200, left: 40, right: 10, top: 10, height: 100 };

  it('begins at all of them and goes down item by item', () => {
    const bounds = [1, 2, 4].map((n) => ({
      n,
      lower_bound: 0,
      upper_bound: 1 - n / 10,
    }));
    const { path, between, x, y } = shapeOfBounds(bounds, 10, frame);
    expect(path).toBe('M40.0 10.0L55.0 20.0L70.0 30.0L100.0 50.0');
    expect(between).toBe(`${path}L100.0 110.0L70.0 110.0L55.0 110.0L40.0 110.0Z`);
    expect([x(0), x(10), y(1), y(0)]).toEqual([40, 190, 10, 110]);
  });

  it('has few, whole ticks', () => {
    expect(ticksOf(3)).toEqual([0, 1, 2, 3]);
    expect(ticksOf(120)).toEqual([0, 50, 100]);
    expect(ticksOf(1)).toEqual([0, 1]);
    for (const most of [0, 7, 19, 64, 230, 2000]) {
      expect(ticksOf(most).length).toBeLessThanOrEqual(6);
      expect(ticksOf(most).at(-1)).toBeLessThanOrEqual(most);
    }
  });
});

const due = {
  is_overdue: true,
  blocks_export: true,
  judgements_left: 0,
  days_left: null,
};
const audits = (batches: Partial<Batch>[]) =>
  ({ due, batches: batches as Batch[] }) as Audits;

describe('what is due', () => {
  it('is said by labels, by days, or by both', () => {
    const of = (judgements_left: number | null, days_left: number | null) =>
      dueText({ ...due, judgements_left, days_left });
    expect(of(null, null)).toContain('no schedule');
    expect(of(0, 4)).toContain('due now');
    expect(of(1, null)).toBe('Next audit due in one judgement.');
    expect(of(null, 2.5)).toBe('Next audit due in 2.5 days.');
    expect(of(40, 12.3)).toBe('Next audit due in 40 judgements, or in 12 days.');
  });

  it('names what blocks an export and the way round', () => {
    expect(overdueText(audits([]))).toMatch(/export .* blocked\. Start one/);
    const open = { batch_id: 3, state: 'open', n_items: 12, n: 11 } as const;
    expect(overdueText(audits([open]))).toContain('Audit 3 has one item left');
  });
});

describe('anchoring', () => {
  const of = {
    rater_id: 'anna',
    dimension: 'valence',
    n: 60,
    pull: 0.3,
    low: -0.05,
    high: 0.65,
    is_warned: false,
  };

  it('is said with its interval, or that there is too little', () => {
    expect(pullSentence(of)).toBe('pull 30%, 90% interval −5 to 65%; 60 repeats');
    expect(pullSentence({ ...of, pull: null, n: 1 })).toBe(
      'one repeat: too few to say anything',
    );
  });

  it('stays within its picture', () => {
    expect(pullX(-9)).toBe(pullX(-0.25));
    expect(pullX(0)).toBeLessThan(pullX(0.3));
    expect(pullX(7)).toBe(pullX(1));
  });
});

describe('strata', () => {
  it('are named by person, side of each dimension and picture', () => {
    const dimension = (name: string, low_pole: string, high_pole: string) => ({
      name,
      low: -1,
      high: 1,
      low_pole,
      high_pole,
    });
    session.value = {
      label_schema: {
        dimensions: [
          dimension('valence', 'negative', 'positive'),
          dimension('arousal', 'calm', 'excited'),
        ],
      },
    } as Session;
    const of = (quadrant: string, quality: string, person: string) => ({
      quadrant,
      quality,
      person,
    });
    expect(stratumText(of('+-', 'low', 'Aiko'))).toBe(
      'Aiko · pleasant · calm · blurred or dark',
    );
    setLanguage('ja');
    expect(stratumText(of('?+', 'high', 'talk.mp4 #0'))).toBe(
      'talk.mp4 #0 · 興奮 · 画質が高い',
    );
    session.value = null;
  });

  it('stand with the worst first', () => {
    const of = (n: number, n_wrong: number) => ({ n, n_wrong });
    expect(worstFirst([of(9, 0), of(2, 2), of(3, 1), of(12, 0)])).toEqual([
      of(2, 2),
      of(3, 1),
      of(12, 0),
      of(9, 0),
    ]);
  });
});

describe('scores of comparisons', () => {
  it('are said with their interval, and what could not be said', () => {
    const of = { dimension: 'valence', n: 20, n_cannot: 1 };
    expect(scoreSentence({ ...of, share: 0.9, low: 0.7, high: 0.97 })).toBe(
      'valence: 90% of 20 comparisons agree with the curves (95% interval 70 to 97%).' +
        ' One could not be said.',
    );
    expect(
      scoreSentence({ ...of, n: 0, n_cannot: 0, share: null, low: null, high: null }),
    ).toBe('valence: none that can be scored.');
  });
});

describe('comparing two faces', () => {
  const face = (frame: number) => ({
    video_id: 'a.mp4',
    track_id: 0,
    frame,
    time_s: frame / 25,
  });
  const pair = (a: number, b: number): Pair => ({
    dimension: 'valence',
    first: face(a),
    second: face(b),
  });

  it('has a key for each answer', () => {
    expect(['ArrowLeft', 'ArrowRight', 'ArrowDown', 'x'].map(asked)).toEqual([
      'first',
      'second',
      'same',
      'cannot',
    ]);
    expect([asked('Ctrl+z'), asked('Ctrl+y'), asked('Enter')]).toEqual([
      'undo',
      'redo',
      null,
    ]);
  });

  it('goes on, back, and on again', () => {
    const [a, b] = [pair(1, 2), pair(3, 4)];
    let course = withPair(NOTHING, a);
    expect(withPair(course, a)).toBe(course);
    course = answered(course, 'first', 'one');
    // The server may name a pair again whose answer it does not have yet.
    expect(withPair(course, a).coming).toEqual([]);
    course = takenBack(withPair(course, b));
    expect(course.coming.map(pairKey)).toEqual([a, b].map(pairKey));
    expect(course.done).toEqual([]);
    course = givenAgain(course, 'two');
    expect(course.coming).toEqual([b]);
    expect(course.done).toEqual([{ pair: a, answer: 'first', client_id: 'two' }]);
    expect(course.undone).toEqual([]);
  });

  it('forgets what was taken back once another answer is given', () => {
    let course = answered(withPair(NOTHING, pair(1, 2)), 'first', 'one');
    course = answered(takenBack(course), 'same', 'two');
    expect(givenAgain(course, 'three')).toBe(course);
  });

  it('asks again what the server refused', () => {
    const a = pair(1, 2);
    const course = refused(answered(withPair(NOTHING, a), 'same', 'one'), 'one');
    expect(course.coming).toEqual([a]);
    expect(course.done).toEqual([]);
    expect(refused(course, 'one')).toBe(course);
  });
});
