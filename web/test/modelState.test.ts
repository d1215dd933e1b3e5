import { afterEach, describe, expect, it } from 'vitest';
import type { ModelState } from '../src/api/types';
import { provisionalText } from '../src/data/modelState';
import { setLanguage } from '../src/i18n';

const STATE: ModelState = {
  calibration: 'shipped',
  is_own: false,
  learning: null,
  learnt_at: null,
  model_id: 'm',
  n_blind: 0,
  n_clips: 0,
  n_judgements: 0,
  n_since: 4,
  reasons: [],
};

const said = (...reasons: ModelState['reasons']) =>
  provisionalText({ ...STATE, n_judgements: 3, reasons });

describe('why predictions are provisional', () => {
  afterEach(() => setLanguage('en'));

  it('is said of the model alone where nothing was learnt: nothing came since', () => {
    expect(said('no-labels', 'older-labels')).toBe(
      'Provisional: no label was learnt from yet.',
    );
  });

  it('is one reason after the other, as each language parts them', () => {
    expect(said()).toBeNull();
    expect(said('few-labels', 'older-labels')).toContain(
      'moves all values, 4 judgements',
    );
    setLanguage('ja');
    expect(said('few-labels', 'older-labels')).toContain('動きます。学習後に 4 個');
  });
});
