/** Values as they are typed: `64` or `6 4` is +0.6 / +0.4, `-0.35 .2` is −0.35 / +0.20.
 *
 * On a scale as short as [-1, 1] a digit alone is a tenth, and the number after it is the
 * next dimension's: two keys give two values. A point makes a number of it that goes on,
 * as numbers on longer scales do; a space or a sign ends it.
 */

import type { Dimension } from '../api/types';
import { snapped, type Value } from './value';

/** On scales up to this length a digit alone is a tenth. */
const SHORT = 4;
const isShort = ({ high, low }: Dimension) => high - low <= SHORT;

/** Two digits after the point: values are not kept finer. */
const TENTHS = /^([+-]?)(?:(\d?\.\d{0,2})|(\d))/;
const WHOLE = /^([+-]?)(\d+(?:\.\d{0,2})?|\.\d{0,2})/;
const BETWEEN = /^[ ,]+/;

export interface Typed {
  /** Per dimension what was typed; null where nothing was. */
  value: Value;
  /** False where a number is outside of its scale. */
  fits: boolean;
  /** False if this text cannot be gone on from: it is too long, or no numbers. */
  isText: boolean;
}

/**
 * @param dimensions of the label schema
 * @param first the dimension that the first number is of
 */
export function readTyped(
  text: string,
  dimensions: readonly Dimension[],
  first = 0,
): Typed {
  const value: (number | null)[] = dimensions.map(() => null);
  let rest = text.replace(BETWEEN, '');
  let fits = true;
  let d = first;
  while (rest !== '' && !/^[+-]$/.test(rest)) {
    const one = dimensions[d];
    const found = one && rest.match(isShort(one) ? TENTHS : WHOLE);
    if (!one || !found) return { value, fits, isText: false };
    const number = numberOf(found);
    if (number !== null && number >= one.low && number <= one.high) {
      value[d] = snapped(number, one);
    } else if (number !== null) fits = false;
    rest = rest.slice(found[0].length).replace(BETWEEN, '');
    d += 1;
  }
  // A sign for a dimension that is not there.
  const isText = rest === '' || d < dimensions.length;
  return { value, fits, isText };
}

/** A number without a digit yet, as `-.`, is none. */
function numberOf([, sign, written = '', tenths]: RegExpMatchArray): number | null {
  const size = tenths === undefined ? Number.parseFloat(written) : Number(tenths) / 10;
  if (Number.isNaN(size)) return null;
  return sign === '-' ? -size : size;
}
