import { describe, expect, it } from 'vitest';
import { en } from '../i18n/en';
import { panelsEn } from '../i18n/panels.en';
import { panelsJa } from '../i18n/panels.ja';

const PREFIX = /^(timeline|sheet|threshold|faces|history)\./;
const params = (text: string) =>
  [...text.matchAll(/\{(\w+)/g)].map((found) => found[1]).sort();

/** Every key that the source names, whole or with a part put in. */
const sources = import.meta.glob(
  ['../{timeline,panels}/*.{ts,tsx}', '!../**/*.test.*'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
) as Record<string, string>;

describe('strings of the timeline and the side sheets', () => {
  it('are the same in both languages', () => {
    expect(Object.keys(panelsJa).sort()).toEqual(Object.keys(panelsEn).sort());
  });

  it('take no more values in Japanese than in English', () => {
    for (const [key, text] of Object.entries(panelsJa)) {
      for (const name of params(text)) {
        expect(params(panelsEn[key] as string), key).toContain(name);
      }
    }
  });

  it('keep to their own names', () => {
    for (const key of Object.keys(panelsEn)) {
      expect(key).toMatch(PREFIX);
      expect(en, key).not.toHaveProperty([key]);
    }
  });

  it('are all used, and all that are used are there', () => {
    const text = Object.values(sources).join('\n');
    const named = [...text.matchAll(/t\(\s*[`']([\w.-]+(?:\$\{)?)/g)].map(
      (m) => m[1] ?? '',
    );
    const whole = named.filter((key) => !key.endsWith('${') && PREFIX.test(key));
    for (const key of whole) expect(panelsEn, key).toHaveProperty([key]);
    const started = [
      ...text.matchAll(/`((?:timeline|sheet|threshold|faces|history)\.[\w.]*)\$\{/g),
    ];
    const starts = started.map((m) => m[1] as string);
    for (const key of Object.keys(panelsEn)) {
      const used =
        text.includes(`'${key}'`) || starts.some((start) => key.startsWith(start));
      expect(used, key).toBe(true);
    }
  });
});
