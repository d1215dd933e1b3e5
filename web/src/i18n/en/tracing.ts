/** Live rating: values given while the video plays. */
export const tracing: Record<string, string> = {
  'key.tracing': 'Rate live, while the video plays',
  'controls.tracing': 'Rate live',

  'tracing.title': 'Live rating',
  'tracing.intro':
    'Rate the face while the video plays. What the model says stays hidden.',
  'tracing.what': 'What',
  'tracing.device': 'With',
  'tracing.device.mouse': 'Mouse',
  'tracing.device.keys': 'Keys',
  'tracing.device.touch': 'Touch',
  'tracing.device.gamepad': 'Gamepad',
  'tracing.how.mouse':
    'Move the mouse over the field: its place there is the value. On the relative scale its way counts, and so does the wheel.',
  'tracing.how.keys':
    'Arrow keys or W A S D change the value by a step, with Shift by a large one.',
  'tracing.how.touch':
    'Put a finger on the field and move it: its place there is the value. On the relative scale its way counts.',
  'tracing.how.gamepad':
    'The left stick is the value: let go of it for the middle. On the relative scale it drives the value up and down.',
  'tracing.padWanted': 'Connect a gamepad and press one of its buttons.',
  'tracing.padThere': 'Connected: {name}',
  'tracing.mode': 'Scale',
  'tracing.mode.bounded': 'Bounded',
  'tracing.mode.relative': 'Relative',
  'tracing.about.bounded': 'From the lowest to the highest value of the scale.',
  'tracing.about.relative':
    'Without ends: only rise and fall count. It serves to compare raters; the model does not learn from it.',
  'tracing.speed': 'Speed',
  'tracing.from': 'From',
  'tracing.from.start': 'First frame of the face',
  'tracing.from.here': 'This frame',
  'tracing.start': 'Start',
  'tracing.close': 'Close',
  'tracing.noFace': 'There is no face to rate.',
  'tracing.noVideo': 'The video cannot be played yet.',
  'tracing.noPad': 'There is no gamepad: connect one and press one of its buttons.',
  'tracing.noPlay': 'The browser did not let the video play.',
  'tracing.notFetched':
    'Live rating could not be loaded. Try again once the connection is back, or reload the page.',

  'tracing.now': 'Start now',
  'tracing.cancel': 'Cancel',
  'tracing.pause': 'Pause',
  'tracing.goOn': 'Go on',
  'tracing.end': 'End',
  'tracing.paused': 'Paused',
  'tracing.field': 'Field for {what}',
  'tracing.trace': 'What you rated, over time',
  'tracing.dropped':
    '{n, One picture was | {n} pictures were|} not shown: this machine is slow.',
  'tracing.tooShort': 'Less than a second was rated: nothing was kept.',

  'tracing.reviewed': '{seconds} s were rated.',
  'tracing.pieces':
    ' They are {n} pieces, as the video was paused or moved in between.',
  'tracing.notSent':
    'Nothing is sent yet. It is kept in this browser until you send or discard it.',
  'tracing.unkept':
    'This browser has no room to keep it: it is lost with this page unless you send it.',
  'tracing.send': 'Send',
  'tracing.again': 'Again',
  'tracing.discard': 'Discard',
  'tracing.later': 'Decide later',
  'tracing.sending': 'On its way …',
  'tracing.waiting': 'Kept in this browser; it is sent once the server can be reached.',
  'tracing.saved': 'Saved.',
  'tracing.refused': 'The server did not take it; its reason stands below.',
  'tracing.next': 'Next rating',
  'tracing.undo': 'Undo the rating',
  'tracing.lag': 'Reaction lag',
  'tracing.lagIs':
    'Your rating came about {lag} s of the video after the face: {low} to {high} s with 90% confidence.',
  'tracing.lagNone': 'It cannot be told from this rating; nothing is taken off.',
  'tracing.lagWhy.bounded':
    'People see a change, then answer. That time is taken off before the model learns from the rating.',
  'tracing.lagWhy.relative':
    'People see a change, then answer. That time is taken off before raters are compared.',
  'tracing.lagRemoved': 'Taken off',
  'tracing.unit': 's',
  'tracing.lagUndo': 'Undo the change',
  'tracing.earlier': 'Your earlier ratings of this face',
  'tracing.earlierOne': '{what}, {seconds} s',

  'history.trace': 'Rated {what} live: {place}',
  'history.trace-lag': 'Changed a reaction lag to {lag} s',
};
