import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import { afterEach, describe, expect, it } from 'vitest';
import {
  hasString,
  joined,
  language,
  number,
  percent,
  STRINGS,
  sentences,
  setLanguage,
  t,
} from '../src/i18n';
import { en } from '../src/i18n/en';
import { agreement } from '../src/i18n/en/agreement';
import { audits } from '../src/i18n/en/audits';
import { data } from '../src/i18n/en/data';
import { guide } from '../src/i18n/en/guide';
import { judging } from '../src/i18n/en/judging';
import { manage } from '../src/i18n/en/manage';
import { page } from '../src/i18n/en/page';
import { panels } from '../src/i18n/en/panels';
import { people } from '../src/i18n/en/people';
import { start } from '../src/i18n/en/start';
import { teams } from '../src/i18n/en/teams';
import { tracing } from '../src/i18n/en/tracing';
import { working } from '../src/i18n/en/working';
import { letterName, valueParts } from '../src/i18n/names';
import { SHORTCUTS } from '../src/keys';
import { DEFAULT_SCHEMA } from './labelSchema';

const SOURCE = join(import.meta.dirname, '../src');
const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|i18n\/(en|ja|index)/.test(name))
  .map((name) => {
    const text = readFileSync(join(SOURCE, name), 'utf8');
    const tree = ts.createSourceFile(
      name,
      text,
      ts.ScriptTarget.ES2022,
      true,
      name.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
    );
    return { name, text, tree };
  });

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

const placeholders = (text: string) =>
  [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

afterEach(() => setLanguage('en'));

describe('spaces in Japanese', () => {
  it('stand beside numbers and Latin letters, never between two words', () => {
    setLanguage('ja');
    const said = (time: string) => t('overview.spent', { n: 6, timed: 3, time });
    expect(said('2 分')).toContain('3 個に 2 分かかりました');
    expect(said(t('threshold.underMinute'))).toContain('3 個に 1 分未満かかりました');
    expect(joined('顔 ', '田中 の')).toBe('顔田中 の');
    expect(joined('a.mp4', ' のフレーム ')).toBe('a.mp4 のフレーム ');
    expect(sentences('済みです。', '3 本が残っています。', '')).toBe(
      '済みです。3 本が残っています。',
    );
  });

  it('leave English as it is', () => {
    expect(sentences('Done.', 'Two are left.')).toBe('Done. Two are left.');
    expect(joined('Corrected ', '田中 ')).toBe('Corrected 田中 ');
  });
});

describe('languages', () => {
  it('have the same keys', () => {
    expect(Object.keys(STRINGS.ja).sort()).toEqual(Object.keys(STRINGS.en).sort());
  });

  it('have each key in one file', () => {
    const keys = [
      page,
      judging,
      panels,
      people,
      start,
      data,
      guide,
      working,
      manage,
      teams,
      agreement,
      audits,
      tracing,
    ].flatMap(Object.keys);
    expect(keys.sort()).toEqual(Object.keys(en).sort());
  });

  it('fill in the same places', () => {
    for (const [key, text] of Object.entries(STRINGS.en)) {
      const japanese = new Set(placeholders(STRINGS.ja[key] ?? ''));
      expect(japanese, key).toEqual(new Set(placeholders(text)));
    }
  });

  it('have no string left in English', () => {
    const words = (text: string) =>
      /[A-Za-z]{4}/.test(text.replace(/\{(key:)?\w+\}/g, ''));
    const same = Object.entries(STRINGS.en).filter(
      ([key, text]) => STRINGS.ja[key] === text,
    );
    const names = [
      'help.version',
      'history.feltline',
      'start.counts',
      'agreement.rmse',
    ];
    expect(same.filter(([key, text]) => !names.includes(key) && words(text))).toEqual(
      [],
    );
  });
});

/** Attributes that people see or hear. */
const SPOKEN = new Set([
  'aria-label',
  'aria-description',
  'aria-valuetext',
  'title',
  'placeholder',
  'alt',
  'label',
]);
/** The sign of the program is its name in every language. */
const NAMES = new Set(['feltline']);

describe('components', () => {
  it('hold no sentence of their own', () => {
    const found: string[] = [];
    for (const { name, tree } of files) {
      visit(tree, (node) => {
        if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text)) {
          found.push(`${name}: ${node.text.trim()}`);
        }
        if (
          ts.isJsxAttribute(node) &&
          SPOKEN.has(node.name.getText()) &&
          node.initializer &&
          ts.isStringLiteral(node.initializer) &&
          node.initializer.text !== '' &&
          !NAMES.has(node.initializer.text)
        ) {
          found.push(`${name}: ${node.getText()}`);
        }
      });
    }
    expect(found).toEqual([]);
  });

  it('ask only for strings that there are', () => {
    const missing: string[] = [];
    for (const { name, tree } of files) {
      visit(tree, (node) => {
        if (!ts.isCallExpression(node) || node.expression.getText() !== 't') return;
        const key = node.arguments[0];
        if (key && ts.isStringLiteral(key) && !hasString(key.text)) {
          missing.push(`${name}: ${key.text}`);
        }
      });
    }
    expect(missing).toEqual([]);
  });

  it('use every string', () => {
    const source = files.map((file) => file.text).join('\n');
    const quoted = new Set(
      [...source.matchAll(/['"`]([\w.-]+)['"`]/g)].map((m) => m[1]),
    );
    // Keys that are put together, like `reason.${code}`.
    const starts = [...source.matchAll(/`([\w.]+\.)\$\{/g)].map((m) => m[1] as string);
    const ends = [...source.matchAll(/\$\{\w+\}(Text)`/g)].map((m) => m[1] as string);
    const labels = new Set(SHORTCUTS.map((s) => s.label));
    const unused = Object.keys(en).filter(
      (key) =>
        !quoted.has(key) &&
        !labels.has(key) &&
        !starts.some((start) => key.startsWith(start)) &&
        !ends.some((end) => key.endsWith(end)),
    );
    expect(unused).toEqual([]);
  });
});

/** Words that the glossary has left, and what stands for the Japanese ones now. */
const LEFT = /\b(estimates?|refill\w*|word of|looks\b(?! like)|spot check)/i;
const FORMER_JAPANESE: Record<string, string> = JSON.parse(
  readFileSync(
    join(import.meta.dirname, '../../tests/docs/former_japanese.json'),
    'utf8',
  ),
);

describe('the glossary', () => {
  it('is kept to', () => {
    const found = Object.entries(STRINGS.en).filter(([, text]) => LEFT.test(text));
    expect(found).toEqual([]);
  });

  it('is kept to in Japanese', () => {
    const found = Object.entries(STRINGS.ja).flatMap(([key, text]) =>
      Object.entries(FORMER_JAPANESE)
        .filter(([former]) => new RegExp(former).test(text))
        .map(([former, instead]) => `${key}: ${former} is now ${instead}`),
    );
    expect(found).toEqual([]);
  });
});

/** Names, keys and units that are written in Latin letters in Japanese, too. */
const LATIN = new Set(
  (
    'feltline Excel Label Studio ' +
    'Enter Space Shift Ctrl Alt Esc Tab Backspace Home End Delete ' +
    'kB px Hz fps ' +
    'Krippendorff Pearson Cronbach Cohen Fleiss Gwet k'
  ).split(' '),
);
/** What is typed into a terminal, and names of files, are the same in every language. */
const TYPED = /feltline( [a-z-]+)?|--[a-z-]+|guidelines\.md/g;

describe('Japanese strings', () => {
  const latin = (text: string) =>
    [
      ...text
        .replace(/\{(key:)?\w+\}/g, '')
        .replace(TYPED, '')
        .matchAll(/[A-Za-z][\w’'-]*/g),
    ]
      .map((match) => match[0])
      .filter((word) => !LATIN.has(word) && !/^[A-Z0-9]{1,5}$/.test(word));

  it('hold no word in Latin letters but names, keys and formats', () => {
    const found = Object.entries(STRINGS.ja).flatMap(([key, text]) =>
      latin(text).map((word) => `${key}: ${word}`),
    );
    expect(found).toEqual([]);
    expect(latin('Nothing を CSV に feltline add で {name} Ctrl Z')).toEqual([
      'Nothing',
    ]);
  });

  it('show no markup, in either language', () => {
    const found = Object.values(STRINGS).flatMap((all) =>
      Object.entries(all).filter(([, text]) => /[`<>*]/.test(text)),
    );
    expect(found).toEqual([]);
  });
});

describe('names of dimensions', () => {
  const { dimensions } = DEFAULT_SCHEMA;

  it('are words beside a number, and letters where there is no room', () => {
    setLanguage('ja');
    expect(valueParts([0.3, -0.1], 'happiness', dimensions)).toEqual([
      '感情価\u00a0+0.30',
      '覚醒度\u00a0−0.10',
      '喜び',
    ]);
    expect(valueParts([0.3, -0.1], null, dimensions, letterName)).toEqual([
      'V\u00a0+0.30',
      'A\u00a0−0.10',
    ]);
  });
});

describe('t', () => {
  it('fills in values and chooses the form by number', () => {
    expect(t('videos.labels', { n: 1 })).toBe('1 judgement');
    expect(t('videos.labels', { n: 3 })).toBe('3 judgements');
    expect(t('card.position', { n: 7, total: 41 })).toBe('7 of 41');
  });

  it('follows the language and keeps it', () => {
    setLanguage('ja');
    expect(language.value).toBe('ja');
    expect(t('decide.accept')).toBe('承認');
    expect(localStorage.getItem('feltline.language')).toBe('ja');
    expect(document.documentElement.lang).toBe('ja');
  });

  it('throws where there is no such string', () => {
    expect(() => t('no.such')).toThrow('no.such');
  });

  it('leaves no placeholder that was not given unseen', () => {
    expect(t('card.position', { n: 7 })).toContain('{total}');
  });
});

describe('numbers', () => {
  it('are written as people write them', () => {
    expect(number(3542)).toBe('3,542');
    expect(percent(0.756)).toBe('76%');
  });
});
