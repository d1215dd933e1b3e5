/** The way one judges: settings, keys of values, what came of the last judgement. */
export const working: Record<string, string> = {
  'settings.title': 'While judging, in this browser',
  'settings.classProposes':
    'A class key proposes the typical place of its class on hidden frames: hollow until an arrow or the same key takes it',
  'settings.keepsDimension':
    'The arrow keys stay on their dimension for the next frame, too',

  'help.how5':
    'Values by digits: = 6 4 is +0.6 / +0.4, − 6 4 is −0.6 / +0.4, − 6 − 4 has both below 0; Y types the second value alone. For finer ones write the point: = . 3 5 Space . 2. Then a class key, and Enter.',

  'key.typeValue': 'Type the values: digits are tenths',
  'key.typeNegative': 'The same, the first value below 0',
  'key.secondUpFar': 'Second value up by a large step',
  'key.secondDownFar': 'Second value down by a large step',
  'key.typeSecond': 'Type the second value alone',
  'key.toItem': 'Back to the frame on the card',
  'key.comment': 'Comment',
  'key.fitFace': 'Fit the video to the face, and back',

  'video.fit': 'Fit to the face',
  'video.loading': 'Loading …',

  'card.freeTitle': 'Free labelling',
  'card.freeWhere': 'Enter is for the frame on screen, not for the one in the queue.',
  'card.freeCropAlt': 'The face on screen',
  'card.freeNoFace': 'This face is not seen on this frame.',
  'card.minutesRange': 'about {low}–{high} min left',
  'card.minutesSame': 'about {low} min left',

  'earlier.label': 'What you said of this person before',
  'earlier.none': 'Your own earlier values for this person will stand here.',
  'earlier.show': 'Frame {frame} of {video}: {value}',

  'audit.result': 'Audit: you {own}, model {model},',
  'audit.within': 'within {tolerance}',
  'audit.outside': 'further apart than {tolerance}',

  'notice.show': 'Show',
  'notice.undoneWhat': 'Undone in {video}: {what}',
  'notice.undoneThis': 'Undone: {what}',
  'notice.undoneMany': 'Undone: {n} judgements that came by one key.',
};
