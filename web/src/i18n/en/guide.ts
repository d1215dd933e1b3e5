/** Guide, guidelines of the project, tour, and settings of keys. */
export const guide: Record<string, string> = {
  'top.more': 'More',
  'top.guide': 'Guide',
  'key.guide': 'How to rate',
  'key.padFaces': 'Anchor faces on the pad',

  'sheet.guide': 'How to rate',
  'guide.scalesTitle': 'What the scales mean',
  'guide.what':
    'Valence is how pleasant the expression is, arousal how excited it is. The two are rated apart: a face can be pleasant and calm, or unpleasant and excited.',
  'guide.planeLabel':
    'Nine drawn faces: unpleasant to pleasant from left to right, calm to excited from bottom to top',
  'guide.onPad': 'Keep these faces on the pad, faintly ({key:padFaces})',
  'guide.drawn':
    'Drawn from the movements that go with each value, of nobody in particular: marks on the scale, not faces to compare people with.',
  'guide.at.high': '+1',
  'guide.at.middle': '0',
  'guide.at.low': '−1',
  'guide.valence':
    'Look at the mouth and around the eyes: corners drawn up, cheeks raised; or corners down, nose wrinkled, brows drawn together.',
  'guide.valence.high': 'As pleasant as a face gets: a broad laugh, delight.',
  'guide.valence.middle': 'Neither: a neutral face, or one where both signs balance.',
  'guide.valence.low': 'As unpleasant as a face gets: despair, disgust, terror, rage.',
  'guide.arousal':
    'Look at how much is going on: eyes wide, mouth open, muscles tense; or lids heavy, all slack.',
  'guide.arousal.high':
    'As excited as a face gets: shouting, terror, jubilation; eyes and mouth wide open.',
  'guide.arousal.middle': 'Awake and at rest: attentive, nothing tense.',
  'guide.arousal.low': 'As calm as a face gets: drowsy, eyes nearly shut.',
  'guide.howTitle': 'How to give a value',
  'guide.how.face':
    'Rate what the face shows on this frame, not what you know of the story or of the person.',
  'guide.how.first': 'Take the first impression. Valence first, then arousal.',
  'guide.how.scale':
    'Use the whole scale. The ends are for the strongest that faces show at all, not for the strongest in this video.',
  'guide.how.same':
    'Rate people by the same scale: somebody with a stern face is below 0 wherever the expression is unpleasant.',
  'guide.how.unsure':
    'Not sure? Mark the value as unsure ({key:toggleUnsure}). Where nothing can be told, say cannot judge ({key:cannotJudge}).',

  'guidelines.title': 'Guidelines of this project',
  'guidelines.none':
    'None yet. Write down what raters of this project should agree on: who is rated, what counts, what to leave out.',
  'guidelines.edit': 'Edit',
  'guidelines.save': 'Save',
  'guidelines.cancel': 'Cancel',
  'guidelines.hint':
    'Plain text. An empty line begins a paragraph, # a heading, - an item of a list. It lies in guidelines.md in the folder of the project.',
  'history.note.guidelines': 'Changed the guidelines of the project',

  'keys.change': 'Change keys',
  'keys.intro':
    'For this browser. A key has one meaning: one that is taken is refused, and says by what.',
  'keys.set': 'Change',
  'keys.setFor': 'Change the key for: {action}',
  'keys.press': 'Press the new key (Esc: leave)',
  'keys.reset': 'Reset',
  'keys.resetFor': 'Reset the key for: {action}',
  'keys.resetAll': 'Reset all',
  'keys.export': 'Save to a file',
  'keys.import': 'Read from a file',
  'keys.fixed': 'always this key',
  'keys.taken': '{chord} is taken: {other}',
  'keys.takenByClass': '{chord} is taken by the class {name}',
  'keys.browser':
    '{chord} belongs to the browser. Letters, signs and the keys for moving are free, with or without Shift.',
  'keys.ofPart': '{chord} is used in the timeline or the contact sheet',
  'keys.unknown': 'This file names an action that there is not, or wrongly: {name}',
  'keys.noFile': 'This is no file of keys from feltline',

  'phone.note':
    'On a phone you can judge the queue: accept, correct, label. For spans, faces and the contact sheet take a wider window.',

  'tour.label': 'Tour',
  'tour.offer': 'New here? A tour of the page takes two minutes.',
  'tour.offerEmpty': 'There is no video yet. A tour shows how this page works.',
  'tour.start': 'Start the tour',
  'tour.refuse': 'No tour',
  'tour.skip': 'Skip',
  'tour.back': 'Back',
  'tour.next': 'Next',
  'tour.end': 'Done',
  'tour.step': '{n} of {of}',
  'tour.videos.title': 'Videos',
  'tour.videos.text':
    'All videos of the project, with what is still open. Choose one to work on it alone ({key:videos}).',
  'tour.videos.empty':
    'Here are the videos of the project. There is none yet: add some, and feltline finds the faces in them.',
  'tour.card.title': 'What to judge now',
  'tour.card.text':
    'One face at a time, and why it is asked for. First come frames that tell most about all others; there the model is hidden, so that the value is your own.',
  'tour.pad.title': 'Your value',
  'tour.pad.text':
    'Left is unpleasant, right pleasant; up is excited, down calm. Click, drag, or press {key:valueUp} and {key:valueDown}; {key:toggleDimension} goes to the other scale. A class key gives the class only. What the scales mean: {key:guide}.',
  'tour.decide.title': 'Decide',
  'tour.decide.text':
    '{key:accept} accepts the model’s value, or saves yours. {key:reject} is for what must not be used, {key:cannotJudge} for what nobody can tell, {key:skip} for later.',
  'tour.scope.title': 'What Enter will do',
  'tour.scope.text':
    'In words, before you press it. A label can also be for a span ({key:spanStart}, {key:spanEnd}) or the whole clip ({key:clipLabel}).',
  'tour.timeline.title': 'The curves',
  'tour.timeline.text':
    'Every frame has a value, each with its interval. Dots are people’s labels, hatched stretches are under the threshold: these come to you.',
  'tour.save.title': 'Nothing is lost',
  'tour.save.text':
    'Everything is saved as you go, also offline. {key:undo} takes back, across videos.',
  'tour.panels.title': 'And the rest',
  'tour.panels.text':
    'Threshold, contact sheet, faces, history, export; all keys are in the help ({key:help}), which starts this tour again, too.',
};
