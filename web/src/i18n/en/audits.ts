/** Audits of accepted labels, anchoring, and comparisons of two faces. */
export const audits: Record<string, string> = {
  'history.note.audit-opened': 'Started an audit of {n, one label | {n_items} labels|}',
  'history.note.audit-passed': 'An audit passed',
  'history.note.audit-stopped': 'Stopped an audit',
  'history.note.reopening': 'An audit put accepted labels back into the queue',
  'history.note.comparison': 'Compared two faces',

  'audits.title': 'Audits of accepted labels',
  'audits.intro':
    'A random sample of what was accepted is judged blind. Rare parts (persons, light, quadrants) are drawn more often, and counted for less. The bound may be looked at at any time.',
  'audits.none': 'No audit has been started yet.',
  'audits.batch': 'Audit {id}',
  'audits.state.open': 'being judged',
  'audits.state.passed': 'passed',
  'audits.state.reopened': 'reopened',
  'audits.state.stopped': 'stopped',
  'audits.overdueNote': 'An audit of accepted labels is overdue.',
  'audits.atMost':
    'At most {share} of the accepted labels are off by more than {tolerance}, with {confidence} confidence; looked at {n} of {total}.',
  'audits.nothingYet': 'Nothing was looked at yet: {n} of {total}.',
  'audits.nothingSure':
    'Too little to say anything with {confidence} confidence; looked at {n} of {total}.',
  'audits.plot.label': 'Upper bound of the error rate over the items. {said} {agreed}.',
  'audits.plot.items': 'items judged',
  'audits.plot.agreed': 'agreed: at most {share}',
  'audits.reopenedAll':
    'All accepted labels of {n, one video | {n} videos|} are in the queue again.',
  'audits.overdueBlocks':
    'An audit of accepted labels is overdue: the export of model values is blocked.',
  'audits.judgeFirst':
    'Audit {id} has {n, one item | {n} items|} left to judge; its raters find them in their queue.',
  'audits.startFirst': 'Start one in the sheet of the team.',
  'audits.due.never': 'Audits have no schedule: they are started by hand.',
  'audits.due.now': 'The next audit is due now.',
  'audits.due.judgements': 'Next audit due in {n, one judgement | {n} judgements|}.',
  'audits.due.days': 'Next audit due in {days} days.',
  'audits.due.both':
    'Next audit due in {n, one judgement | {n} judgements|}, or in {days} days.',
  'audits.counts':
    '{wrong} of {n} judged were off; drawn from {accepted} accepted labels.',
  'audits.reopened':
    'Accepted labels with a confidence below {confidence} are in the queue again, in {n, one video | {n} videos|}.',
  'audits.whichWrong': '{n, The label that was off | The {n} labels that were off|}',
  'audits.place': 'Frame {frame} of {video}',
  'audits.said': 'model {model}, rater {own}',
  'audits.decision.reject': 'rejected',
  'audits.decision.cannot': 'cannot judge',
  'audits.decision.skip': 'skipped',
  'audits.decision.other': 'no value',
  'audits.drawn': 'Drawn',
  'audits.save': 'Save the schedule',
  'audits.least':
    'At least {n, one item | {n} items|} must be right in a row for the bound to hold.',
  'audits.raters': 'Who judges it, blind',
  'audits.start': 'Start an audit',
  'audits.exportBlocked': 'The export of model values is blocked.',
  'compare.score': 'Comparisons of two faces',
  'compare.none': 'Nothing was compared yet.',
  'compare.noScore': '{dimension}: {n} scored, {cannot} could not be said.',
  'compare.scored':
    '{dimension}: {share} of {n, one comparison | {n} comparisons|} agree with the curves (95% interval {low} to {high}%); {cannot} could not be said.',
  'audits.undo': 'Take the reopening back',
  'audits.undone': 'The reopening was taken back.',
  'audits.stop': 'Stop this audit',
  'audits.strata': 'The parts that were drawn',
  'audits.stratum': 'Part',
  'audits.judged': 'Judged',
  'audits.wrong': 'Off',
  'audits.schedule': 'Schedule',
  'audits.bound': 'At most so many % may be off',
  'audits.confidence': 'Confidence',
  'audits.every_judgements': 'Every so many judgements',
  'audits.every_days': 'Every so many days',
  'audits.never': 'never',
  'audits.blocks': 'An overdue audit blocks the export',
  'audits.exportAnyway': 'Export all the same; the history will say so, with your name',

  'anchoring.title': 'Anchoring',
  'anchoring.intro':
    'Some faces whose predicted value was in sight come again with nothing shown. The pull is the share of the way to the shown value that the first answer had gone.',
  'anchoring.none': 'No repeats yet.',
  'anchoring.pull':
    'pull {pull}, 90% interval {low} to {high}; {n, one repeat | {n} repeats|}',
  'anchoring.tooFew': '{n, one repeat | {n} repeats|}: too few to say anything',
  'anchoring.warning': 'Pulled by what is shown',

  'compare.title': 'Comparing two faces',
  'compare.tab': 'Compare',
  'compare.question': 'Which has the higher value of {dimension}?',
  'compare.question.valence': 'Which is more positive?',
  'compare.question.arousal': 'Which is more active?',
  'compare.answer.first': 'This one',
  'compare.answer.second': 'This one',
  'compare.answer.same': 'Alike',
  'compare.answer.cannot': 'Cannot say',
  'compare.done': '{n, One pair | {n} pairs|} compared',
  'compare.over': 'There is nothing to compare now.',
  'compare.undo': 'Take the last answer back',
  'notice.comparing':
    'Two faces are being compared: close the sheet to judge the item.',
};
