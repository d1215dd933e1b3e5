import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorSvg, FILES, FOLDER, write } from '../tools/anchorFaces';

if (process.env.FELTLINE_FACES === 'write') write();

describe('the pictures of the manual', () => {
  it('are of the shapes that the page draws: else run `npm run faces`', () => {
    for (const language of ['en', 'ja'] as const) {
      const kept = readFileSync(join(FOLDER, FILES[language]), 'utf8');
      expect(kept === anchorSvg(language), FILES[language]).toBe(true);
    }
  });
});
