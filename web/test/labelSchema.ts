/** The label schema that projects start with, and others. */

import type { LabelSchema, Session } from '../src/api/types';

const place = (valence: number, arousal: number) => ({ valence, arousal });

const CLASSES: readonly [string, { valence: number; arousal: number }][] = [
  ['neutral', place(0, 0)],
  ['happiness', place(0.81, 0.51)],
  ['surprise', place(0.4, 0.67)],
  ['sadness', place(-0.63, -0.27)],
  ['anger', place(-0.51, 0.59)],
  ['disgust', place(-0.6, 0.35)],
  ['fear', place(-0.64, 0.6)],
  ['contempt', place(-0.23, 0.31)],
];

export const DEFAULT_SCHEMA: LabelSchema = {
  dimensions: [
    {
      name: 'valence',
      low: -1,
      high: 1,
      low_pole: 'negative',
      high_pole: 'positive',
    },
    { name: 'arousal', low: -1, high: 1, low_pole: 'calm', high_pole: 'excited' },
  ],
  classes: CLASSES.map(([name, at], i) => ({
    name,
    key: String(i + 1),
    colour: '',
    place: at,
  })),
};

/** One dimension from 0 to 100, and two classes of its own. */
export const PAIN_SCHEMA: LabelSchema = {
  dimensions: [
    { name: 'pain', low: 0, high: 100, low_pole: 'none', high_pole: 'worst' },
  ],
  classes: [
    { name: 'grimace', key: 'r', colour: '#aa0000', place: {} },
    { name: 'asleep', key: '', colour: '', place: {} },
  ],
};

export const sessionWith = (label_schema: LabelSchema): Session => ({
  project: { project_id: 'p', folder_id: 'f', name: 'P' },
  rater: 'mika',
  name: 'Mika',
  role: 'owner',
  permissions: ['admin', 'judge', 'lead', 'manage', 'read'],
  csrf: 'x',
  threshold: 0.8,
  tolerance: 0.2,
  coverage: 0.9,
  label_schema,
  version: '0',
});
