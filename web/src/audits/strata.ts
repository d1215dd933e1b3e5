/** Strata of audits in words. */

import type { Stratum } from '../api/types';
import { t } from '../i18n';
import { poleName } from '../i18n/names';
import { dimensions } from '../state/session';

type Named = Pick<Stratum, 'person' | 'quadrant' | 'quality'>;

const QUALITIES: readonly string[] = ['low', 'middle', 'high'];

/** Whose faces, on which side of each dimension (`+-`), and how good the picture is. */
export function stratumText({ person, quadrant, quality }: Named): string {
  const sides = [...quadrant].flatMap((sign, d) => {
    const one = dimensions.value[d];
    if (!one || (sign !== '+' && sign !== '-')) return [];
    return [poleName(one, sign === '+' ? 'high' : 'low')];
  });
  const picture = QUALITIES.includes(quality) ? [t(`audits.quality.${quality}`)] : [];
  return [person, ...sides, ...picture].join(' · ');
}

/** Those first in which most was wrong, then those of which most was judged. */
export const worstFirst = <S extends { n: number; n_wrong: number }>(
  all: readonly S[],
): S[] => [...all].sort((a, b) => b.n_wrong - a.n_wrong || b.n - a.n);
