/** Names of the label schema in words: those that the page knows, translated. */

import type { Dimension } from '../api/types';
import { formatValue, hasValue, type Value } from '../lib/value';
import { hasString, t } from './index';

const known = (key: string, name: string) => (hasString(key) ? t(key) : name);

export const dimensionName = ({ name }: Dimension) => known(`dimension.${name}`, name);
/** Beside a lane of the timeline or a slider. */
export const laneName = (one: Dimension) =>
  known(`dimension.lane.${one.name}`, dimensionName(one));
/** For places where not even a short form has room. */
export const letterName = ({ name }: Dimension) => name.slice(0, 1).toUpperCase();
/** Beside a number: the known short form, or the first letter. */
export const shortName = (one: Dimension) =>
  known(`dimension.short.${one.name}`, letterName(one));
export const className = (name: string) => known(`expression.${name}`, name);

/** What an end of a scale means; its number where nothing is known. */
export function poleName(dimension: Dimension, end: 'low' | 'high'): string {
  const pole = end === 'low' ? dimension.low_pole : dimension.high_pole;
  return pole ? known(`pole.${pole}`, pole) : formatValue(dimension[end], dimension);
}

/** A value and a class, part by part: `V +0.30`, `A −0.10`, `happiness`. */
export function valueParts(
  value: Value,
  expression: string | null | undefined,
  dimensions: readonly Dimension[],
  called: (dimension: Dimension) => string = shortName,
): string[] {
  const parts = hasValue(value)
    ? dimensions.map((one, d) => `${called(one)}\u00a0${formatValue(value[d], one)}`)
    : [];
  return expression ? [...parts, className(expression)] : parts;
}
