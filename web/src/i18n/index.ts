/** Strings of the page in the language that the person chose. */

import { effect, signal } from '@preact/signals';
import { type Action, keyHint } from '../keys';
import { en } from './en';
import { ja } from './ja';

export type Language = 'en' | 'ja';
export type Params = Record<string, string | number>;

export const STRINGS: Record<Language, Record<string, string>> = { en, ja };

const STORED = 'feltline.language';

function initial(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === 'en' || stored === 'ja') return stored;
  return navigator.language.toLowerCase().startsWith('ja') ? 'ja' : 'en';
}

export const language = signal<Language>(initial());

effect(() => {
  document.documentElement.lang = language.value;
});

/** Changes the language and remembers it. */
export function setLanguage(chosen: Language): void {
  localStorage.setItem(STORED, chosen);
  language.value = chosen;
}

/**
 * The string of a key, with `{name}` replaced by `params.name`.
 *
 * Reads the language signal, so a component that calls it is drawn again on a switch.
 * A key is named by its action, `{key:accept}`: it is the one in force.
 * English strings may carry two forms, `{n, one frame | {n} frames|}`: the first is taken
 * when n is 1.
 */
export function t(key: string, params: Params = {}): string {
  const text = STRINGS[language.value][key];
  if (text === undefined) throw new Error(`There is no string named ${key}`);
  return fill(text, params);
}

/** True if there is a string with this key. */
export function hasString(key: string): boolean {
  return key in STRINGS.en;
}

const JAPANESE = '[\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Han}ー々、。）」…]';
const MARKED = /[。、）」]$/;
const ENDS = new RegExp(`${JAPANESE}$`, 'u');
const BEGINS = new RegExp(`^(?:${JAPANESE}|[（「])`, 'u');

/**
 * Two texts as one. Japanese sets a space beside numbers and Latin letters, and none
 * between its own: a space that was meant for a number goes where a word came instead.
 */
export function joined(before: string, after: string): string {
  const [a, b] = [before.trimEnd(), after.trimStart()];
  const isOne = MARKED.test(a) || (ENDS.test(a) && BEGINS.test(b));
  return isOne ? a + b : before + after;
}

/** Sentences one after the other. */
export const sentences = (...all: readonly string[]): string =>
  all.filter(Boolean).reduce((said, one) => (said ? joined(`${said} `, one) : one), '');

/** Between two sentences that are drawn each in its own way. */
export const gap = (): string => (language.value === 'ja' ? '' : ' ');

/** Text and values in turn. */
function filled(text: string, params: Params): string {
  const [first = '', ...rest] = text.split(/\{(\w+)\}/);
  return rest.reduce((said, piece, i) => {
    const isName = i % 2 === 0;
    return joined(said, isName ? String(params[piece] ?? `{${piece}}`) : piece);
  }, first);
}

function fill(text: string, params: Params): string {
  const plain = text
    .replace(/\{(\w+), ([^|]*) \| (.*?)\|\}/g, (_, name, one, many) =>
      params[name] === 1 ? one : many,
    )
    .replace(/\{key:(\w+)\}/g, (_, action) => keyHint(action as Action));
  return filled(plain, params);
}

/** A number as people of the chosen language write it. */
export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(language.value, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
    .format(value)
    .replace('-', '−');
}

/** A share of 1 as a percentage. */
export function percent(share: number, digits = 0): string {
  return new Intl.NumberFormat(language.value, {
    style: 'percent',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(share);
}

/** Less than any difference that is shown: 0.8 as a 32-bit number is 0.8, too. */
const SLACK = 1e-6;

/**
 * A confidence, or a threshold of it, as a percentage: rounded down, so that what is below
 * the threshold reads so. A threshold between two whole ones keeps its decimals.
 */
export function surely(confidence: number, digits = 0): string {
  const scale = 100 * 10 ** digits;
  return percent(Math.floor((confidence + SLACK) * scale) / scale, digits);
}

/** The threshold in force, with as many decimals as it has, two at most. */
export function thresholdText(threshold: number): string {
  const digits = [0, 1].find((n) => isWhole(threshold * 10 ** (n + 2))) ?? 2;
  return surely(threshold, digits);
}

const isWhole = (value: number) => Math.abs(value - Math.round(value)) < 1e-4;
