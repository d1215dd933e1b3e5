/** Requests about work: who has how much of it, plans, and known answers. */

import { jsonOf, request } from '../api/client';
import type { KnownAnswerRequest } from '../api/schema';
import type {
  KnownAnswer,
  Plan,
  PlanCount,
  PlanRequest,
  RaterProgress,
} from '../api/types';

const get = async <T>(path: string) => jsonOf<T>(await request('GET', path));

export const getWork = () => get<RaterProgress[]>('/work');
export const getPlans = () => get<PlanCount[]>('/assignments/plans');
export const makePlan = async (asked: Omit<PlanRequest, 'client_id'>) =>
  jsonOf<Plan>(
    await request('POST', '/assignments/plan', {
      ...asked,
      client_id: crypto.randomUUID(),
    }),
  );
export const withdrawPlan = async (plan: string) =>
  jsonOf<{ withdrawn: number }>(
    await request('DELETE', `/assignments/${encodeURIComponent(plan)}`),
  );

export const getKnownAnswers = () => get<KnownAnswer[]>('/known-answers');
export const addKnownAnswer = async (asked: Omit<KnownAnswerRequest, 'client_id'>) =>
  jsonOf<KnownAnswer>(
    await request('POST', '/known-answers', {
      ...asked,
      client_id: crypto.randomUUID(),
    }),
  );
export const setKnownAnswerActive = async (answer_id: string, is_active: boolean) =>
  jsonOf<KnownAnswer[]>(
    await request('PATCH', `/known-answers/${encodeURIComponent(answer_id)}`, {
      is_active,
    }),
  );
