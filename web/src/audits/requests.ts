/** Requests about audits of accepted labels, anchoring and comparisons. */

import { jsonOf, request } from '../api/client';
import type { NewChange } from '../panels/send';

export interface Schedule {
  every_judgements: number;
  every_days: number;
  bound: number;
  confidence: number;
  blocks_export: boolean;
  least_items: number;
}
export type ScheduleRequest = Omit<Schedule, 'least_items'>;
export interface Due {
  is_overdue: boolean;
  blocks_export: boolean;
  judgements_left: number | null;
  days_left: number | null;
}
export interface Reopening {
  event_id: number;
  least_confidence: number;
  n_videos: number;
  is_in_force: boolean;
}
export interface Batch {
  batch_id: number;
  state: 'open' | 'passed' | 'reopened' | 'stopped';
  bound: number;
  confidence: number;
  n_accepted: number;
  n_items: number;
  n: number;
  n_wrong: number;
  error_rate: number | null;
  lower_bound: number;
  upper_bound: number;
  created_at: string;
  due_at: string | null;
  due_judgements: number | null;
  reopening: Reopening | null;
}
export interface Look {
  n: number;
  lower_bound: number;
  upper_bound: number;
}
export interface Stratum {
  person: string;
  quadrant: string;
  quality: string;
  n_items: number;
  n: number;
  n_wrong: number;
}
export interface AuditItem {
  video_id: string;
  track_id: number | null;
  frame: number;
  confidence: number;
  value: (number | null)[];
  answer: (number | null)[];
  expression: string | null;
  answer_expression: string | null;
  decision: string;
  rater_id: string;
}
export interface BatchDetails extends Batch {
  looks: Look[];
  strata: Stratum[];
  wrong: AuditItem[];
}
export interface Audits {
  schedule: Schedule;
  due: Due;
  batches: Batch[];
}
export interface Pull {
  rater_id: string;
  dimension: string;
  n: number;
  pull: number | null;
  low: number | null;
  high: number | null;
  is_warned: boolean;
}
export interface Anchoring {
  warning_level: number;
  least_repeats: number;
  raters: Pull[];
}
export interface ComparedFace {
  video_id: string;
  track_id: number;
  frame: number;
  time_s: number;
}
export interface Pair {
  dimension: string;
  first: ComparedFace;
  second: ComparedFace;
}
export type Answer = 'first' | 'second' | 'same' | 'cannot';
export interface Score {
  dimension: string;
  n: number;
  n_cannot: number;
  share: number | null;
  low: number | null;
  high: number | null;
}

const get = async <T>(path: string) => jsonOf<T>(await request('GET', path));

export const getAudits = () => get<Audits>('/audits');
export const getBatch = (batch_id: number) => get<BatchDetails>(`/audits/${batch_id}`);
export const setSchedule = async (changed: Partial<ScheduleRequest>) =>
  jsonOf<Audits>(await request('PUT', '/audits/schedule', changed));
/** Draws a batch, to be judged by these raters; by nobody else than oneself if empty. */
export const startBatch = async (raters: readonly string[], client_id: string) =>
  jsonOf<Batch>(await request('POST', '/audits', { raters, client_id }));
export const stopBatch = async (batch_id: number) =>
  jsonOf<Batch>(await request('POST', `/audits/${batch_id}/stop`));
export const getAnchoring = () => get<Anchoring>('/anchoring');

/** Two faces to compare, if there are any. */
export const getPair = async () =>
  (await get<{ pair: Pair | null }>('/comparisons/next')).pair;
export const getScores = () => get<Score[]>('/comparisons/score');

/** What was said of two faces, as a change that the outbox keeps and sends. */
export function comparisonChange(
  { dimension, first, second }: Pair,
  answer: Answer,
  client_id: string,
  active_s: number,
): NewChange {
  return {
    client_id,
    kind: 'comparison',
    method: 'POST',
    path: '/comparisons',
    body: {
      client_id,
      video_id: first.video_id,
      track_id: first.track_id,
      frame: first.frame,
      other_video_id: second.video_id,
      other_track_id: second.track_id,
      other_frame: second.frame,
      dimension,
      answer,
      active_s,
    },
  };
}
