import { describe, expect, it } from 'vitest';
import { ANCHORS, faceShape } from '../src/lib/anchorFace';
import { beside } from '../src/lib/beside';
import { around, type Box, labelPlaces, rimOf, widthOf } from '../src/lib/padLabels';
import { blocksOf } from '../src/lib/plainText';

const numbers = (path: string) => [...path.matchAll(/-?[\d.]+/g)].map(Number);
/** How far the corners of a mouth stand above its middle. */
const smile = (valence: number, arousal: number) => {
  const [, left = 0, , middle = 0] = numbers(faceShape(valence, arousal).mouth);
  return middle - left;
};

describe('anchor faces', () => {
  it('smile with valence, and open with arousal', () => {
    for (const arousal of [-1, -0.5, 0]) {
      expect(smile(1, arousal)).toBeGreaterThan(5);
      expect(smile(-1, arousal)).toBeLessThan(-5);
    }
    for (const valence of [-1, 0, 1]) {
      const heights = [-1, 0, 1].map((a) => faceShape(valence, a).eyes[0]?.ry ?? 0);
      expect(heights).toEqual([...heights].sort((a, b) => a - b));
      expect(new Set(heights).size).toBe(3);
      expect(faceShape(valence, 1).mouthOpen).toBe(true);
      expect(faceShape(valence, 0).mouthOpen).toBe(false);
    }
  });

  it('draw brows together in anger, and lift their inner ends in sadness', () => {
    const inner = (v: number, a: number) => {
      const [x = 0, y = 0, , , outerX = 0, outerY = 0] = numbers(
        faceShape(v, a).brows[1] as string,
      );
      expect(outerX).toBeGreaterThan(x);
      return y - outerY; // more is lower
    };
    expect(inner(-1, 1)).toBeGreaterThan(inner(0, 1) + 5);
    expect(inner(-1, -1)).toBeLessThan(inner(0, -1));
  });

  it('are nine, all different, and stay within their box', () => {
    const drawn = ANCHORS.map(([v, a]) => JSON.stringify(faceShape(v, a)));
    expect(new Set(drawn).size).toBe(9);
    for (const [v, a] of ANCHORS) {
      const { brows, mouth } = faceShape(v, a);
      for (const path of [...brows, mouth]) {
        // Where the curves end; what they bend to lies half as far out.
        const ends = path.split('Q').map((part) => numbers(part).slice(-1)[0] ?? 0);
        for (const y of ends) expect(y > 10 && y < 90).toBe(true);
      }
    }
  });

  it('take no value beyond the scale for more than its end', () => {
    expect(faceShape(3, -3)).toEqual(faceShape(1, -1));
  });
});

const PLANE: Box = around({ x: 120, y: 120 }, 110, 110);
const meets = (a: Box, b: Box) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

describe('names on the plane', () => {
  const names = [
    { text: 'neutral', at: { x: 120, y: 120 } },
    { text: 'contempt', at: { x: 95, y: 85 } },
    { text: 'happiness', at: { x: 215, y: 80 } },
  ];
  const boxes = (places: ReturnType<typeof labelPlaces>) =>
    places.flatMap((at, i) =>
      at
        ? [
            {
              left: at.x,
              right: at.x + widthOf(names[i]?.text ?? ''),
              top: at.y - 8,
              bottom: at.y,
            },
          ]
        : [],
    );

  it('keep clear of the cross, the rim of the ellipse and each other', () => {
    for (let x = 20; x <= 220; x += 10) {
      for (let y = 20; y <= 220; y += 10) {
        const rim = rimOf({ x, y, rx: 32, ry: 23 });
        const taken = [around({ x, y }, 9, 9), ...rim];
        const found = boxes(labelPlaces(names, PLANE, taken));
        for (const box of found) {
          expect(taken.some((other) => meets(box, other))).toBe(false);
          expect(box.left).toBeGreaterThanOrEqual(PLANE.left);
          expect(box.right).toBeLessThanOrEqual(PLANE.right);
        }
        for (const [i, box] of found.entries()) {
          for (const other of found.slice(i + 1)) expect(meets(box, other)).toBe(false);
        }
      }
    }
  });

  it('are all there where nothing is in the way, and left out where all is', () => {
    expect(labelPlaces(names, PLANE, []).every((at) => at !== null)).toBe(true);
    expect(labelPlaces(names, PLANE, [PLANE])).toEqual([null, null, null]);
  });

  it('count Japanese letters as wide', () => {
    expect(widthOf('喜び')).toBeCloseTo(21);
    expect(widthOf('joy')).toBeLessThan(21);
  });
});

describe('free text', () => {
  it('has paragraphs, headings and lists', () => {
    expect(
      blocksOf('# Who\nOnly adults,\nno children.\n\n- mouth\n- eyes\n・頬'),
    ).toEqual([
      { kind: 'heading', text: 'Who' },
      { kind: 'paragraph', text: 'Only adults,\nno children.' },
      { kind: 'list', items: ['mouth', 'eyes', '頬'] },
    ]);
  });

  it('leaves everything else as it was typed', () => {
    const text = '<script>alert(1)</script> **bold** [x](javascript:1)';
    expect(blocksOf(text)).toEqual([{ kind: 'paragraph', text }]);
    expect(blocksOf('')).toEqual([]);
    expect(blocksOf(' \n\r\n ')).toEqual([]);
  });
});

describe('a card beside a part', () => {
  const page = { width: 1280, height: 720 };
  const card = { width: 330, height: 180 };

  it('covers nothing of the part where there is room', () => {
    for (const part of [
      { left: 900, top: 60, width: 370, height: 240 },
      { left: 10, top: 500, width: 860, height: 210 },
      { left: 100, top: 5, width: 170, height: 36 },
    ]) {
      const { left, top } = beside(part, card, page);
      const apart =
        left + card.width <= part.left ||
        part.left + part.width <= left ||
        top + card.height <= part.top ||
        part.top + part.height <= top;
      expect(apart).toBe(true);
    }
  });

  it('stays in the window', () => {
    const whole = { left: 0, top: 0, width: 390, height: 844 };
    const at = beside(whole, { width: 374, height: 200 }, { width: 390, height: 844 });
    expect(at.left).toBeGreaterThanOrEqual(0);
    expect(at.left + 374).toBeLessThanOrEqual(390);
    expect(at.top + 200).toBeLessThanOrEqual(844);
  });
});
