/** Import of tables, model state, what confidence rests on, overview, backup. */
export const data: Record<string, string> = {
  'sheet.import': 'Import labels',
  'sheet.overview': 'Overview',
  'top.overview': 'Overview',

  'calibration.own':
    'Confidence rests on {n, one blind judgement | {n} blind judgements|} of {clips} clips of this project.',
  'calibration.shipped':
    'Confidence rests on the residuals that come with the program. This project has {n, one blind judgement | {n} blind judgements|} of {clips, one clip | {clips} clips|}; from 9 clips on, its own are used.',

  'model.title': 'Model',
  'model.provisional': 'Provisional: {why}.',
  'model.steady': 'Not provisional',
  'model.reason.no-labels': 'no label was learnt from yet',
  'model.reason.few-labels':
    'learnt from {n, one label | {n} labels|} only, so each new one moves all values',
  'model.reason.older-labels':
    '{since, one judgement | {since} judgements|} came or went since',
  'model.reason.and': ', ',
  'model.none': 'No face was found yet, so nothing is predicted.',
  'model.learnt':
    'Learnt on {when} from {n, one label | {n} labels|}; {since, one judgement | {since} judgements|} since.',
  'model.default':
    'The model that comes with the program; {since, one judgement | {since} judgements|} since.',
  'model.learn': 'Learn anew',
  'model.learning': 'Learning …',
  'model.learningVideos': 'Learning … {done} of {of, one video | {of} videos|}',

  'overview.progress': 'Progress',
  'overview.counts':
    '{reviewed} of {frames} frames dealt with by people, {accepted} accepted, {pending} open.',
  'overview.video': 'Video',
  'overview.person': 'Person',
  'overview.rater': 'Rater',
  'overview.frames': 'Frames',
  'overview.reviewed': 'By people',
  'overview.accepted': 'Accepted',
  'overview.pending': 'Open',
  'overview.judgements': 'Judgements',
  'overview.blind': 'Blind',
  'overview.minutes': 'Minutes',
  'overview.persons': 'People in the videos',
  'overview.raters': 'Raters',
  'overview.time': 'Time',
  'overview.spent':
    'Timed: {timed} of {n, one judgement | {n} judgements|}, {time} in all.',
  'overview.untimed': 'No judgement was timed yet.',
  'overview.noForecast': 'No decision is left.',
  'overview.forecast':
    'About {items, one decision | {items} decisions|} to come, {time} at {seconds} s each.',
  'overview.audits': 'Audits',
  'overview.audited':
    '{right} of {n, one audit | {n} audits|} right; promised were {promised}.',
  'overview.auditError': 'Mean error: {errors}',
  'overview.noAudit': 'No audit was judged yet. One decision in ten is one.',
  'overview.auditsOf': '{right} of {n}',
  'overview.values': 'Values that people gave',
  'overview.valuesOf': '{name}: labels from {low} to {high}',
  'overview.from': 'From',
  'overview.to': 'To',
  'overview.labels': 'Labels',
  'overview.asTable': 'As a table',
  'overview.classes': 'Expression labels',
  'overview.class': 'Expression',
  'overview.more': 'and {n} more',
  'overview.counting': 'counting …',
  'overview.lost': 'features lost',
  'overview.data': 'Labels and backup',
  'overview.import': 'Import labels …',
  'overview.backup': 'Download a backup',
  'overview.backupText':
    'One file with judgements, models, settings and features, without the videos. It is restored on the start page, or by feltline restore. Videos that are purged later on this computer stay out of what is restored.',

  'import.intro':
    'A table with a label per row, as CSV or Excel (.xlsx). Nothing is written before you say so.',
  'import.short.low': 'from',
  'import.short.high': 'to',
  'import.file': 'Choose a table',
  'import.reading': 'Reading the table …',
  'import.rows': '{n, one row | {n} rows|}; the first {shown}:',
  'import.row': 'Row',
  'import.columns': 'What the columns are',
  'import.none': '(none)',
  'import.low': '{name}: low end of the scale in the file',
  'import.high': '{name}: high end of the scale in the file',
  'import.videos': 'Which videos are meant',
  'import.videoRows': '{name} ({n, one row | {n} rows|})',
  'import.choose': 'Choose …',
  'import.name.video': 'Video',
  'import.name.frame': 'Frame number',
  'import.name.time_s': 'Time in seconds',
  'import.name.face': 'Face number',
  'import.name.expression': 'Expression',
  'import.name.rater': 'Rater',
  'import.trial':
    '{added, one label | {added} labels|} would come in; {known} are there already.',
  'import.refused': 'As it is now, nothing would come in:',
  'import.go': 'Import {added, one label | {added} labels|}',
  'import.done':
    '{added, one label | {added} labels|} came in; {known} were there already.',
  'import.undo':
    'Labels of a table stand under the raters that it names. Each can be undone in the history by its rater.',
  'import.terminal': 'The same in a terminal:',

  'restore.label': 'Restore a backup',
  'restore.file': 'Choose a backup (.zip)',
  'restore.going': 'Restoring …',
  'restore.done':
    'Restored {name} with {n, one video | {n} videos|}. Purged since, and left out: {purged}.',
  'restore.missing':
    '{n, One video file is | {n} video files are|} not where it was: choose “Relocate” in the sheet of videos.',

  'history.note.backup': 'Downloaded a backup',
};
