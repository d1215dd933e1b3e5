/** Requests about audits of accepted labels, anchoring and comparisons. */

import { jsonOf, request } from '../api/client';
import type {
  Anchoring,
  Audits,
  Batch,
  BatchDetails,
  ComparisonRequest,
  ComparisonScore,
  Pair,
  Schedule,
} from '../api/types';
import type { NewChange } from '../panels/send';

export type Answer = ComparisonRequest['answer'];
export type ScheduleChange = Omit<Schedule, 'least_items'>;

const get = async <T>(path: string) => jsonOf<T>(await request('GET', path));

export const getAudits = () => get<Audits>('/audits');
export const getBatch = (batch_id: number) => get<BatchDetails>(`/audits/${batch_id}`);
export const setSchedule = async (changed: ScheduleChange) =>
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
export const getScores = () => get<ComparisonScore[]>('/comparisons/score');

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
