/** What is the rater's own word, as against the model's value that was accepted. */

import type { Judgement } from '../api/types';
import { hasValue } from '../lib/value';
import { session } from './session';

/** Own words: not what was accepted, which is the model's value. */
export const isOwnWord = (one: Judgement) =>
  one.rater === session.value?.rater &&
  one.origin === 'human' &&
  (one.decision === 'label' || one.decision === 'edit') &&
  (hasValue(one.value) || one.expression !== null);
