/** What an audit batch says: its bound in words, and as a curve over the items. */

import type { Bounds } from '../api/types';
import { number, percent, t } from '../i18n';

/** The numbers of a batch that its sentence is made of. */
export interface Bounded {
  /** Items that were judged. */
  n: number;
  n_wrong: number;
  /** Items that were drawn. */
  n_items: number;
  lower_bound: number;
  upper_bound: number;
  /** Agreed: the batch passes once the upper bound is no higher. */
  bound: number;
  confidence: number;
  /** When it was drawn, on the scale from -1 to 1: labels off by more are wrong. */
  tolerance: number;
}

/** Rounding of shares that are whole percentages. */
const EDGE = 1e-9;

/** A share that is an upper bound: rounded up, so that nothing better is said. */
export function roundedUp(share: number): string {
  const digits = share < 0.01 ? 1 : 0;
  const scale = 100 * 10 ** digits;
  return percent(Math.min(1, Math.ceil(share * scale - EDGE) / scale), digits);
}

/** A share that is a lower bound: rounded down. */
export function roundedDown(share: number): string {
  return percent(Math.floor(share * 100 + EDGE) / 100);
}

/** A confidence as people write it: 95%, or 99.5%. */
export function confidenceText(confidence: number): string {
  const whole = Math.abs(100 * confidence - Math.round(100 * confidence)) < 1e-6;
  return percent(confidence, whole ? 0 : 1);
}

/** One plain sentence: what may be said of the accepted labels, and how surely. */
export function boundSentence(of: Bounded): string {
  if (of.n_items === 0) return t('audits.nothingAccepted');
  const looked = { n: number(of.n), total: number(of.n_items) };
  if (of.n === 0) return t('audits.nothingYet', looked);
  const confidence = confidenceText(of.confidence);
  if (of.lower_bound > of.bound) {
    return t('audits.noLess', {
      ...looked,
      confidence,
      share: roundedDown(of.lower_bound),
      tolerance: number(of.tolerance, 2),
    });
  }
  if (of.upper_bound >= 1) return t('audits.nothingSure', { ...looked, confidence });
  return t('audits.noMore', {
    ...looked,
    confidence,
    share: roundedUp(of.upper_bound),
    tolerance: number(of.tolerance, 2),
  });
}

export interface BoundShape {
  /** SVG path: the upper bound after each item, beginning at 1 before the first. */
  path: string;
  /** SVG path around what lies between both bounds. */
  between: string;
  /** Items on the axis. */
  most: number;
  x: (n: number) => number;
  y: (share: number) => number;
}

export interface Frame {
  width: number;
  left: number;
  right: number;
  top: number;
  height: number;
}

/**
 * @param bounds after each item, in the order in which they were judged
 * @param n_items so many were drawn: the axis has room for all
 */
export function shapeOfBounds(
  bounds: readonly Bounds[],
  n_items: number,
  { width, left, right, top, height }: Frame,
): BoundShape {
  const most = Math.max(n_items, bounds.at(-1)?.n ?? 0, 1);
  const x = (n: number) => left + (n / most) * (width - left - right);
  const y = (share: number) => top + (1 - Math.min(Math.max(share, 0), 1)) * height;
  const at = (n: number, share: number) => `${x(n).toFixed(1)} ${y(share).toFixed(1)}`;
  const path = bounds.reduce(
    (said, one) => `${said}L${at(one.n, one.upper_bound)}`,
    `M${at(0, 1)}`,
  );
  const back = [...bounds].reverse().map((one) => `L${at(one.n, one.lower_bound)}`);
  const between = `${path}${back.join('')}L${at(0, 0)}Z`;
  return { path, between, most, x, y };
}

/** Whole numbers that an axis from 0 to `most` names: few, and round. */
export function ticksOf(most: number): number[] {
  const unit = 10 ** Math.floor(Math.log10(Math.max(most, 1)));
  const step = [0.2, 0.5, 1, 2, 5].map((k) => k * unit).find((s) => most / s <= 5);
  const by = Math.max(1, Math.round(step ?? unit));
  return Array.from({ length: Math.floor(most / by) + 1 }, (_, i) => i * by);
}
