/** Comments and questions on frames, in threads, and which wait for the person at work. */

import { computed, signal } from '@preact/signals';
import { getComments } from '../api/client';
import type { FrameComment } from '../api/types';
import { throttled } from '../lib/timing';
import type { NewChange } from '../panels/send';
import { frame, place } from '../state/selection';
import { may, session } from '../state/session';
import { loadTeam, nameOf, team } from './team';

export interface Thread {
  root: FrameComment;
  replies: readonly FrameComment[];
}

/** All that the person at work may see, the oldest first. */
export const comments = signal<readonly FrameComment[]>([]);

export async function loadComments(): Promise<void> {
  if (!may('judge')) return;
  const found = await getComments();
  // Names come with the words: before there are any, nobody's is needed.
  if (found.length > 0 && team.value.length === 0) await loadTeam();
  comments.value = found;
}

const LATER_MS = 15_000;
/** What others do may be a comment: not asked at each of their judgements. */
export const commentsLater = throttled(loadComments, LATER_MS);

/** Comments with what answers them; an answer to what one may not see begins a thread. */
export function threadsOf(listed: readonly FrameComment[]): Thread[] {
  const roots = new Map<number, FrameComment>();
  const replies = new Map<number, FrameComment[]>();
  const rootOf = new Map<number, number>();
  for (const one of listed) {
    const root = one.reply_to === null ? undefined : rootOf.get(one.reply_to);
    rootOf.set(one.event_id, root ?? one.event_id);
    if (root === undefined) roots.set(one.event_id, one);
    else replies.set(root, [...(replies.get(root) ?? []), one]);
  }
  return [...roots].map(([id, root]) => ({ root, replies: replies.get(id) ?? [] }));
}

export const isOpen = ({ root }: Thread) => !root.is_resolved;

/**
 * Whether a thread waits for somebody: since their own last word in it they were called, or
 * something was asked of who leads.
 */
export function waitsFor(thread: Thread, rater: string, leads: boolean): boolean {
  if (!isOpen(thread)) return false;
  const said = [thread.root, ...thread.replies];
  const last = said.map((one) => one.rater_id).lastIndexOf(rater);
  const since = said.slice(last + 1);
  return since.some(
    (one) => one.mentions.includes(rater) || (leads && one.is_question),
  );
}

export const threads = computed(() => threadsOf(comments.value));
export const waiting = computed(() => {
  const rater = session.value?.rater ?? '';
  return threads.value.filter((one) => waitsFor(one, rater, may('lead')));
});

/** Those of the frame on screen: of its face, or of no face. */
export const threadsHere = computed(() => {
  const at = place.value;
  if (!at) return [];
  return threads.value.filter(
    ({ root }) =>
      root.video_id === at.video_id &&
      root.frame === frame.value &&
      (root.track_id === null || root.track_id === at.track_id),
  );
});

/** Whether what is said of the frame on screen is open on the card. */
export const isTalking = signal(false);

export interface Remark {
  text: string;
  is_question: boolean;
  mentions: readonly string[];
}

interface Where {
  video_id: string;
  track_id: number | null;
  frame: number;
}

const change = (method: 'POST' | 'PUT', path: string, body: object): NewChange => {
  const client_id = crypto.randomUUID();
  return { client_id, kind: 'comment', method, path, body: { ...body, client_id } };
};

export const commentOn = (where: Where, words: Remark): NewChange =>
  change('POST', '/comments', { ...where, ...words, reply_to: null });

export const replyTo = ({ root }: Thread, words: Remark): NewChange => {
  const { video_id, track_id, frame: at } = root;
  const where = { video_id, track_id, frame: at };
  return change('POST', '/comments', { ...where, ...words, reply_to: root.event_id });
};

export const settle = ({ root }: Thread, is_resolved: boolean): NewChange =>
  change('PUT', `/comments/${root.event_id}/state`, { is_resolved });

/** The ids of those whose names are called in a text. */
export function calledIn(text: string, called: ReadonlySet<string>): string[] {
  return [...called].filter((rater_id) => text.includes(`@${nameOf(rater_id)}`));
}

/** What is being typed after an @ before the cursor; null = no name. */
export function nameBegun(text: string, cursor: number): string | null {
  const begun = /(?:^|[\s、。（(])@([^\s@]{0,40})$/u.exec(text.slice(0, cursor));
  return begun ? (begun[1] ?? '') : null;
}
