/**
 * Writes the pictures of the anchor faces of the manual, of the shapes that the page draws.
 *
 * Run by `npm run faces`, in the runner of the tests: it reads TypeScript, and the strings
 * of the page want a browser's storage.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STRINGS } from '../src/i18n';
import { ANCHORS, faceShape } from '../src/lib/anchorFace';
import { padPoint } from '../src/lib/geometry';

export const FOLDER = join(import.meta.dirname, '../../docs/images');
export const FILES = {
  en: 'anchor-faces.svg',
  ja: 'anchor-faces.ja.svg',
} as const;

const SIDE = 420;
const MARGIN = 28;
const SIZE = 96;

const round = (value: number) => String(Math.round(value * 100) / 100);

function faceSvg(valence: number, arousal: number): string {
  const { brows, eyes, mouth, mouthOpen } = faceShape(valence, arousal);
  const share = { x: (valence + 1) / 2, y: (arousal + 1) / 2 };
  const at = padPoint(share, SIDE, MARGIN + SIZE / 2 + 4);
  const move = `translate(${round(at.x - SIZE / 2)} ${round(at.y - SIZE / 2)}) scale(${SIZE / 100})`;
  const drawn = eyes.map(
    ({ x, y, rx, ry, pupil }) =>
      `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${round(ry)}"/>` +
      `<circle cx="${x}" cy="${y}" r="${round(pupil)}" fill="#171b21"/>`,
  );
  return [
    `<g transform="${move}">`,
    '<circle cx="50" cy="50" r="46" stroke-width="1.5" fill="#fff"/>',
    ...brows.map((path) => `<path d="${path}"/>`),
    ...drawn,
    `<path d="${mouth}"${mouthOpen ? ' fill="#aab1bb"' : ''}/>`,
    '</g>',
  ].join('');
}

/** The plane with all anchors, its poles named in a language. */
export function anchorSvg(language: keyof typeof FILES): string {
  const word = (key: string) => STRINGS[language][key] ?? key;
  const middle = SIDE / 2;
  const wide = SIDE - 2 * MARGIN;
  const text = (move: string, key: string) =>
    `<text transform="${move}" text-anchor="middle">${word(key)}</text>`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIDE} ${SIDE}" width="${SIDE}" height="${SIDE}" role="img">`,
    `<title>${word('guide.planeLabel')}</title>`,
    `<rect width="${SIDE}" height="${SIDE}" fill="#fff"/>`,
    `<rect x="${MARGIN}" y="${MARGIN}" width="${wide}" height="${wide}" rx="6" fill="#f6f7f9" stroke="#d3d9e1"/>`,
    `<path d="M${MARGIN} ${middle}h${wide}M${middle} ${MARGIN}v${wide}" fill="none" stroke="#d3d9e1"/>`,
    '<g font-family="sans-serif" font-size="14" font-style="italic" fill="#545f6e">',
    text(`translate(${middle} 19)`, 'pole.excited'),
    text(`translate(${middle} ${SIDE - 10})`, 'pole.calm'),
    text(`translate(19 ${middle}) rotate(-90)`, 'pole.negative'),
    text(`translate(${SIDE - 19} ${middle}) rotate(90)`, 'pole.positive'),
    '</g>',
    '<g fill="none" stroke="#171b21" stroke-width="3" stroke-linecap="round" stroke-linejoin="round">',
    ...ANCHORS.map(([valence, arousal]) => faceSvg(valence, arousal)),
    '</g>',
    '</svg>',
  ].join('\n')}\n`;
}

export function write(): void {
  for (const language of ['en', 'ja'] as const) {
    writeFileSync(join(FOLDER, FILES[language]), anchorSvg(language));
  }
}
