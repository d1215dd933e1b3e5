/** Agreement and profiles of raters on the page, and what several raters say together. */

import {
  cleanup,
  fireEvent,
  render,
  screen,
  waitFor,
  within,
} from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AgreementTab } from '../src/agreement/AgreementTab';
import {
  classFigures,
  halfAxis,
  intervalText,
  isSure,
  signedText,
  valueFigures,
} from '../src/agreement/figures';
import type {
  Agreement,
  Interval,
  RaterAgreement,
  RaterProfile,
  Session,
  ValueAgreement,
} from '../src/api/types';
import { en } from '../src/i18n/en';
import { ja } from '../src/i18n/ja';
import { raters } from '../src/state/raters';
import { session } from '../src/state/session';

const interval = (value: number): Interval => ({
  value,
  low: value - 0.1,
  high: value + 0.1,
});
const none: Interval = { value: null, low: null, high: null };

const rater = (rater_id: string, bias: number): RaterAgreement => ({
  rater_id,
  n: 20,
  n_shared: 12,
  ccc: 0.7,
  rmse: 0.2,
  bias,
  scale: 1.1,
  noise: 0.08,
  weight: 0.9,
  drift: none,
});

const valence: ValueAgreement = {
  name: 'valence',
  n_items: 12,
  n_complete: 12,
  alpha: interval(0.71),
  ccc: interval(0.7),
  pcc: 0.8,
  rmse: 0.2,
  sagr: 0.75,
  sagr_zero_positive: 0.8,
  icc: { icc2: interval(0.69), icc2k: interval(0.85), icc3: interval(0.75) },
  cronbach: none,
  raters: [rater('u1', -0.1), rater('u2', 0.1)],
};

const seen: Agreement = {
  raters: ['u1', 'u2'],
  n_judgements: 40,
  n_shown: 3,
  lost_videos: [],
  values: [valence],
  classes: null,
  groups: [],
};

const profile = (rater_id: string): RaterProfile => ({
  rater_id,
  n_blind: 20,
  n_shown: 3,
  open: 4,
  answered: 16,
  active_s: 600,
  training: { n: 5, within: 4, rmse: 0.1 },
  honeypots: { n: 0, within: 0 },
  right: 0.9,
  values: [
    {
      name: 'valence',
      own: rater(rater_id, 0.1),
      repeats: { n: 3, shift: 0.05, rmse: 0.1, noise: 0.07, ccc: 0.9 },
      course: [
        { at: '2026-11-01T10:00:00Z', difference: 0.05, n: 6 },
        { at: '2026-11-02T10:00:00Z', difference: 0.15, n: 6 },
      ],
    },
  ],
});

const answers = new Map<string, unknown>();
vi.stubGlobal('fetch', (url: string) => {
  const path = new URL(url, 'http://x').pathname.replace(/^.*\/api/, '');
  return Promise.resolve(Response.json(answers.get(path)));
});

beforeEach(() => {
  session.value = {
    permissions: ['read', 'judge', 'lead'],
    label_schema: { dimensions: [], classes: [] },
  } as unknown as Session;
  raters.value = [
    { rater_id: 'u1', name: 'Ann', role: 'rater' },
    { rater_id: 'u2', name: 'Ben', role: null },
  ];
  answers.set('/agreement', seen);
  for (const id of seen.raters) answers.set(`/raters/${id}/profile`, profile(id));
});

afterEach(cleanup);

describe('figures of agreement', () => {
  it('each have a name and a meaning in both languages', () => {
    const classes = {
      n_items: 4,
      agreement: 0.8,
      cohen: 0.5,
      fleiss: 0.5,
      gwet: 0.6,
      alpha: 0.5,
    };
    const cronbach = interval(0.9);
    for (const { key } of [
      ...valueFigures({ ...valence, cronbach }),
      ...classFigures(classes),
    ])
      for (const language of [en, ja]) {
        expect(language[`agreement.${key}`], key).toBeTruthy();
        expect(language[`agreement.${key}.means`], key).toBeTruthy();
      }
  });

  it('leave out what needs items that all judged', () => {
    const keys = valueFigures({ ...valence, icc: null, cronbach: null }).map(
      ({ key }) => key,
    );
    expect(keys).toEqual(['alpha', 'ccc', 'pcc', 'rmse', 'sagr', 'sagr_zero_positive']);
  });

  it('are written as people read them', () => {
    expect(signedText(0.1)).toBe('+0.10');
    expect(signedText(-0.1)).toBe('−0.10');
    expect(signedText(0.001)).toBe('0.00');
    expect(signedText(null)).toBe('–');
    expect(intervalText(interval(0.5))).toBe('0.40 – 0.60');
    expect(intervalText(none)).toBe('');
    expect(isSure({ value: 0.2, low: 0.1, high: 0.3 })).toBe(true);
    expect(isSure({ value: 0.2, low: -0.1, high: 0.3 })).toBe(false);
    expect(isSure(none)).toBe(false);
    expect(halfAxis([0.01, null, -0.3], 0.05)).toBe(0.3);
    expect(halfAxis([], 0.05)).toBe(0.05);
  });
});

describe('the tab', () => {
  it('says what each figure means, with intervals, and the convention of zero', async () => {
    render(<AgreementTab />);
    const alpha = await screen.findByTestId('figure-alpha');
    expect(alpha.textContent).toContain('0.71');
    expect(alpha.textContent).toContain('0.61 – 0.81');
    expect(alpha.textContent).toContain(en['agreement.alpha.means']);
    const sagr = screen.getByTestId('figure-sagr');
    expect(sagr.textContent).toContain('0 is a sign of its own');
    expect(screen.getByTestId('agreement-basis').textContent).toContain('2 raters');
    expect(screen.getByTestId('agreement-valence').textContent).toContain('12 items');
  });

  it('says what to do where there is nothing to compare', async () => {
    answers.set('/agreement', { ...seen, raters: ['u1'], values: [] });
    render(<AgreementTab />);
    const note = await screen.findByTestId('agreement-none');
    expect(note.textContent).toBe(en['agreement.none']);
  });

  it('shows the profile of the rater that is chosen, by name', async () => {
    render(<AgreementTab />);
    const choice = await screen.findByTestId('profile-rater');
    const names = within(choice).getAllByRole('option');
    expect(names.map((one) => one.textContent)).toEqual(['Ann', 'Ben']);
    fireEvent.change(choice, { target: { value: 'u2' } });
    await waitFor(() => expect(screen.getByTestId('profile').dataset.rater).toBe('u2'));
    const strip = await screen.findByRole('img', { name: /bias of Ben \+0.10/ });
    expect(strip.querySelectorAll('.own, .other')).toHaveLength(2);
    const course = screen.getByRole('img', { name: /from \+0.05 to \+0.15/ });
    expect(course.querySelector('polyline')).not.toBeNull();
    const work = screen.getByTestId('profile-work').textContent;
    expect(work).toContain('16 answered, 4 open');
    expect(work).toContain('4 of 5 near what is known');
    expect(work).toContain('none yet');
    const text = screen.getByTestId('profile-valence').textContent;
    expect(text).toContain('Judged 3 items twice');
    expect(text).toContain(en['profile.driftNone']);
  });
});
