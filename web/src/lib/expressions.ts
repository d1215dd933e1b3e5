/** Where expression classes lie in the valence-arousal plane, and what contradicts. */

import type { Affect } from './geometry';

/** Pleasure and arousal of each class (Russell and Mehrabian 1977), as on the server. */
export const EXPRESSION_AFFECT: Readonly<Record<string, Affect>> = {
  neutral: { valence: 0, arousal: 0 },
  happiness: { valence: 0.81, arousal: 0.51 },
  surprise: { valence: 0.4, arousal: 0.67 },
  sadness: { valence: -0.63, arousal: -0.27 },
  anger: { valence: -0.51, arousal: 0.59 },
  disgust: { valence: -0.6, arousal: 0.35 },
  fear: { valence: -0.64, arousal: 0.6 },
  contempt: { valence: -0.23, arousal: 0.31 },
};

/** A class speaks of a dimension if its term is at least this far from 0 in it. */
const TELLING: Affect = { valence: 0.45, arousal: 0.55 };
/** A value contradicts its class from this far on the other side of 0. */
const OPPOSITE = 0.2;

/** True where a class and the quadrant of its value cannot both be right. */
export function contradicts(affect: Affect, expression: string | null): boolean {
  const term = expression === null ? undefined : EXPRESSION_AFFECT[expression];
  if (!term) return false;
  return (['valence', 'arousal'] as const).some(
    (dimension) =>
      Math.abs(term[dimension]) >= TELLING[dimension] &&
      Math.sign(term[dimension]) * affect[dimension] <= -OPPOSITE,
  );
}
