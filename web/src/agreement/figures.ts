/** Figures of agreement as rows of a table, and numbers as people read them. */

import type { ClassAgreement, Interval, ValueAgreement } from '../api/types';
import { number } from '../i18n';

export interface Figure {
  /** What names it: `agreement.KEY` and `agreement.KEY.means` are its strings. */
  key: string;
  value: number | null;
  interval: Interval | null;
}

const NONE = '\u2013';

export const figureText = (value: number | null, digits = 2) =>
  value === null ? NONE : number(value, digits);

/** `+0.12`, `−0.05`, `0.00`: how much higher. */
export function signedText(value: number | null, digits = 2): string {
  const text = figureText(value, digits);
  return value !== null && Number(value.toFixed(digits)) > 0 ? `+${text}` : text;
}

export function intervalText({ low, high }: Interval, digits = 2): string {
  return low === null || high === null
    ? ''
    : `${number(low, digits)} \u2013 ${number(high, digits)}`;
}

const alone = (key: string, value: number | null): Figure => ({
  key,
  value,
  interval: null,
});

const withInterval = (key: string, of: Interval | null | undefined): Figure[] =>
  of ? [{ key, value: of.value, interval: of }] : [];

/** Of one dimension, what matters most first. */
export function valueFigures(of: ValueAgreement): Figure[] {
  return [
    ...withInterval('alpha', of.alpha),
    ...withInterval('ccc', of.ccc),
    ...['icc2', 'icc2k', 'icc3'].flatMap((form) => withInterval(form, of.icc?.[form])),
    ...withInterval('cronbach', of.cronbach),
    alone('pcc', of.pcc),
    alone('rmse', of.rmse),
    alone('sagr', of.sagr),
    alone('sagr_zero_positive', of.sagr_zero_positive),
  ];
}

export const classFigures = (of: ClassAgreement): Figure[] => [
  alone('equal', of.agreement),
  alone('fleiss', of.fleiss),
  alone('gwet', of.gwet),
  alone('cohen', of.cohen),
  alone('classAlpha', of.alpha),
];

/** Whether a drift is surely one: its interval does not hold 0. */
export const isSure = ({ low, high }: Interval) =>
  low !== null && high !== null && (low > 0 || high < 0);

/** Half of an axis about 0 that holds all of some values; never of no width. */
export function halfAxis(values: readonly (number | null)[], least: number): number {
  return Math.max(least, ...values.map((one) => Math.abs(one ?? 0)));
}
