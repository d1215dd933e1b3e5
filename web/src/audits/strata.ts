/** Strata of audits in words. */

import { t } from '../i18n';
import { poleName } from '../i18n/names';
import { dimensions } from '../state/session';

const QUALITIES: readonly string[] = ['low', 'middle', 'high'];

/**
 * A stratum as the server names it, `+-|low|Aiko`, in words: whose face, on which side of
 * each dimension, and how good the picture is.
 */
export function stratumText(stratum: string): string {
  const [signs = '', quality = '', ...rest] = stratum.split('|');
  const sides = [...signs].flatMap((sign, d) => {
    const one = dimensions.value[d];
    if (!one || (sign !== '+' && sign !== '-')) return [];
    return [poleName(one, sign === '+' ? 'high' : 'low')];
  });
  const picture = QUALITIES.includes(quality) ? [t(`audits.quality.${quality}`)] : [];
  return [rest.join('|'), ...sides, ...picture].filter(Boolean).join(' · ');
}

/** Those first in which most was wrong, then those of which most was judged. */
export const worstFirst = <S extends { n: number; n_wrong: number }>(
  all: readonly S[],
): S[] => [...all].sort((a, b) => b.n_wrong - a.n_wrong || b.n - a.n);
