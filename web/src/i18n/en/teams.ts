/** Work of a team: practice, and what raters see differently. */
export const teams: Record<string, string> = {
  'reason.assigned': 'Assigned to you',
  'reason.training':
    'For practice: the answer is known, and you are told it after yours',

  'history.note.frame-comment': 'Wrote a comment',
  'history.note.comment-state': 'Settled a comment, or opened it again',

  'training.within': 'Near what is known.',
  'training.outside': 'Further from what is known than it should be.',
  'training.known': 'Known: {known}.',

  'sheet.team': 'Team',
  'top.team': 'Team',
  'key.team': 'Team',
  'teams.disagreements': 'Disagreements',
  'teams.agreed': 'Nothing waits for a decision between raters.',
  'teams.place': 'Frame {frame}, face {track} of {video}',
  'teams.spread': ' {spread} apart',
  'teams.take': 'Let this stand',
  'teams.takeOf': 'Let {said} of {rater} stand',
};
