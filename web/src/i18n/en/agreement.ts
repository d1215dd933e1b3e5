/** How far raters agree, their profiles, and one value of several raters. */
export const agreement: Record<string, string> = {
  'settings.consensus': 'One value of several raters',
  'settings.what.consensus':
    'What stands, here and in exports, where two raters or more gave a value. What one rater alone gave stands as it is.',
  'consensus.mean': 'Mean',
  'consensus.median': 'Median',
  'consensus.ewe': 'Mean, weighed by agreement with the others (EWE)',
  'consensus.posterior': 'Posterior of the model, each rater’s bias taken off',

  'readout.together': 'Raters together',
  'readout.of': '{n, one rater | {n} raters|}',
  'teams.agreement': 'Agreement',

  'agreement.none':
    'There is nothing to compare yet. Assign the same frames to two raters or more (blind copies), or import labels that name their raters.',
  'agreement.noneShared':
    'No two raters judged the same frames blind. Assign frames with an overlap.',
  'agreement.basis':
    '{raters, one rater | {raters} raters|}, {n, one judgement | {n} judgements|} given blind.',
  'agreement.shown':
    '{n, One judgement was | {n} judgements were|} given with the model’s value in sight and {n, is | are|} left out: they agree with the model, not with one another.',
  'agreement.lost': 'Faces are lost, numbers of faces as raters saw them: {names}.',
  'agreement.items':
    '{n, One item | {n} items|} judged by two raters or more, {complete} by all. An item is a frame or a span of a face, or the whole face.',
  'agreement.figure': 'Figure',
  'agreement.more': 'More figures',
  'agreement.value': 'Value',
  'agreement.interval': '95 % interval',
  'agreement.alpha': 'Krippendorff’s alpha',
  'agreement.alpha.means':
    'Agreement beyond chance: 1 is perfect, 0 is chance. From .8 on it is usually called reliable, from .67 for careful conclusions.',
  'agreement.ccc': 'Concordance (CCC)',
  'agreement.ccc.means':
    'Mean over pairs of raters: 1 means the same values; other levels or scales lower it.',
  'agreement.pcc': 'Correlation (Pearson)',
  'agreement.pcc.means': 'Do raters go up and down together, whatever their level?',
  'agreement.icc2': 'ICC(2,1)',
  'agreement.icc2.means':
    'How far one rater, taken at random, can be relied on for the value itself.',
  'agreement.icc2k': 'ICC(2,k)',
  'agreement.icc2k.means': 'How far the mean of all these raters can be relied on.',
  'agreement.icc3': 'ICC(3,1)',
  'agreement.icc3.means': 'The same as ICC(2,1), levels of raters left aside.',
  'agreement.cronbach': 'Cronbach’s alpha',
  'agreement.cronbach.means': 'How alike the raters order the items, all together.',
  'agreement.rmse': 'RMSE',
  'agreement.rmse.means': 'How far two raters are apart on the scale, typically.',
  'agreement.sagr': 'Equal signs (SAGR)',
  'agreement.sagr.means':
    'Share of items on the same side of 0; 0 is a sign of its own.',
  'agreement.sagr_zero_positive': 'Equal signs, 0 as positive',
  'agreement.sagr_zero_positive.means': 'The same; 0 counts as positive.',
  'agreement.noComplete':
    'ICC and Cronbach’s alpha need two items that all raters judged.',
  'agreement.dependent':
    'Intervals take items as independent. Neighbouring frames are not quite, so the truth may be a little further off.',
  'agreement.classes': 'Expressions',
  'agreement.classItems': '{n, One item | {n} items|} with two choices or more.',
  'agreement.equal': 'Equal choices',
  'agreement.equal.means': 'Share of pairs of raters who chose the same.',
  'agreement.cohen': 'Cohen’s kappa',
  'agreement.cohen.means': 'Beyond chance, mean over pairs of raters.',
  'agreement.fleiss': 'Fleiss’ kappa',
  'agreement.fleiss.means': 'Beyond chance, all raters as one.',
  'agreement.gwet': 'Gwet’s AC1',
  'agreement.gwet.means': 'Beyond chance; holds where one class is common.',
  'agreement.classAlpha': 'Krippendorff’s alpha',
  'agreement.classAlpha.means': 'Beyond chance, with missing choices.',
  'agreement.videos': 'Where raters differ most',
  'agreement.videoItems': 'Items',

  'profile.title': 'Raters',
  'profile.who':
    'Only who leads sees this. It says how raters differ, not who is right: together they are the measure.',
  'profile.choose': 'Profile of',
  'profile.bias': 'Bias',
  'profile.bias.means': 'How much higher than all together.',
  'profile.biasOf':
    '{dimension}: bias of {name} {bias}; all raters from {low} to {high}.',
  'profile.scale': 'Scale',
  'profile.scale.means': 'Above 1: uses more of the scale than the others.',
  'profile.noise': 'Noise',
  'profile.noise.means': 'Standard deviation of what bias and scale do not explain.',
  'profile.weight': 'Weight',
  'profile.weight.means': 'In the mean by weight (EWE).',
  'profile.ccc': 'CCC',
  'profile.ccc.means': 'Concordance with the mean of the others.',
  'profile.rated': 'Judged blind',
  'profile.shared': 'Shared',
  'profile.shared.means': 'Of these, judged by another rater, too.',
  'profile.drift': 'Drift',
  'profile.driftSure':
    'The level moves by {drift} a day (90 % interval {low} to {high}).',
  'profile.driftNone': 'No sure drift of the level.',
  'profile.courseTitle':
    'Difference to the others in the order of judging, −{half} to +{half}',
  'profile.course':
    '{dimension}: difference to the others in the order of judging, {n, one stretch | {n} stretches|}, from {first} to {last}.',
  'profile.repeats':
    'Judged {n, one item | {n} items|} twice: one judgement varies by {noise}, the second is {shift} higher.',
  'profile.repeatOnce':
    'Judged one item twice: the second judgement is {shift} higher.',
  'profile.noRepeats': 'Nothing was judged twice.',
  'profile.alone': 'Nothing is shared with another rater yet.',
  'profile.active': 'Active time',
  'profile.work': 'Assignments',
  'profile.workOf': '{answered} answered, {open} open',
  'profile.training': 'Practice',
  'profile.honeypots': 'Control items',
  'profile.within': '{within} of {n} near what is known',
  'profile.none': 'none yet',
  'profile.right': 'Expression',
  'profile.rightOf': 'chooses what all together mean in {share}',
  'profile.shownN': 'With the value in sight',
  'profile.asTable': 'As a table',
  'profile.when': 'When',
  'profile.difference': 'Difference',
};
