/** Going to frames under the threshold that nobody has dealt with. */

import { SOURCE } from '../api/types';
import { lowerBound } from '../lib/geometry';
import { sourcesWith } from '../timeline/coverage';
import { announce } from './announcements';
import { pendingJudgements } from './changes';
import { goToFrame } from './player';
import { frame, frames, prediction } from './selection';
import { threshold } from './session';

/** First frames of the stretches that nobody has dealt with, ascending. */
export function openStretches(
  of: Int32Array,
  source: Uint8Array,
  confidence: Float32Array,
  least: number,
): Int32Array {
  const isOpen = (i: number) =>
    source[i] === SOURCE.model && (confidence[i] as number) < least;
  return of.filter((_, i) => isOpen(i) && (i === 0 || !isOpen(i - 1)));
}

/** The beginning of the next stretch (1), or of the one before (-1), of this face. */
export function toUnreviewed(direction: -1 | 1): void {
  const known = prediction.value;
  const fits = known?.confidence.length === frames.value.length;
  const starts =
    known && fits
      ? openStretches(
          frames.value,
          sourcesWith(
            frames.value,
            { value: known.value_source, expression: known.expression_source },
            pendingJudgements.value,
          ).value,
          known.confidence,
          threshold.value,
        )
      : new Int32Array();
  const here = frame.value;
  const at =
    direction > 0
      ? starts[lowerBound(starts, here + 1)]
      : starts[lowerBound(starts, here) - 1];
  if (at === undefined) announce('info', 'notice.noUnreviewed');
  else goToFrame(at);
}
