/** Comments in threads: which wait for whom, and how somebody is called. */

import { describe, expect, it } from 'vitest';
import type { FrameComment, Session, TeamMember } from '../src/api/types';
import { session } from '../src/state/session';
import { calledIn, nameBegun, threadsOf, waitsFor } from '../src/teams/comments';
import { team } from '../src/teams/team';

let last = 0;
const said = (rater_id: string, more: Partial<FrameComment> = {}): FrameComment => {
  last += 1;
  return {
    ...{ event_id: last, at: '2026-01-01T00:00:00Z', rater_id },
    ...{ video_id: 'talk.mp4', track_id: 0, frame: 5, text: 'x' },
    ...{ is_question: false, reply_to: null, mentions: [], is_resolved: false },
    ...more,
  };
};

describe('threads', () => {
  it('hold replies to replies; one to what is not seen begins its own', () => {
    const root = said('ann');
    const reply = said('lea', { reply_to: root.event_id });
    const again = said('ann', { reply_to: reply.event_id });
    const alone = said('lea', { reply_to: 10_000 });
    expect(threadsOf([root, reply, again, alone])).toEqual([
      { root, replies: [reply, again] },
      { root: alone, replies: [] },
    ]);
  });

  it('wait for who leads when something is asked, and for who is called', () => {
    const root = said('ann', { is_question: true });
    const [asked] = threadsOf([root]);
    if (!asked) throw new Error('There must be one thread');
    expect(waitsFor(asked, 'lea', true)).toBe(true);
    expect(waitsFor(asked, 'ann', false)).toBe(false);
    const reply = said('lea', { reply_to: root.event_id, mentions: ['ann'] });
    const answered = { root, replies: [reply] };
    expect(waitsFor(answered, 'lea', true)).toBe(false);
    expect(waitsFor(answered, 'ann', false)).toBe(true);
    expect(waitsFor(answered, 'ben', false)).toBe(false);
    const thanks = said('ann', { reply_to: root.event_id });
    expect(waitsFor({ root, replies: [reply, thanks] }, 'ann', false)).toBe(false);
    const settled = { root: { ...root, is_resolved: true }, replies: [reply] };
    expect(waitsFor(settled, 'ann', false)).toBe(false);
  });
});

describe('a name', () => {
  it('begins with @ after a space, at the start or after Japanese marks', () => {
    expect(nameBegun('@le', 3)).toBe('le');
    expect(nameBegun('see @', 5)).toBe('');
    expect(nameBegun('これは。@リ', 6)).toBe('リ');
    expect(nameBegun('mail a@b.org', 12)).toBeNull();
    expect(nameBegun('@lea and more', 13)).toBeNull();
    expect(nameBegun('@lea', 0)).toBeNull();
  });

  it('calls only whose name is still there', () => {
    session.value = { rater: 'ann', name: 'Ann' } as Session;
    const role = 'lead';
    const one: TeamMember = { rater_id: 'r1', name: 'Lea K.', role, may_judge: true };
    team.value = [one];
    expect(calledIn('@Lea K. look', new Set(['r1']))).toEqual(['r1']);
    expect(calledIn('look', new Set(['r1']))).toEqual([]);
  });
});
