/**
 * Faces drawn from valence and arousal: anchors of the two scales.
 *
 * No photograph and no person: brows, eyes and mouth follow the action units that ratings
 * of the two go with (Ekman and Friesen's FACS). Valence draws the corners of the mouth up
 * (unit 12) or down (15); arousal opens eyes (5) and mouth (25, 26) and lifts brows
 * (1, 2); unpleasant and excited draws brows together and down (4), unpleasant and calm
 * lifts their inner ends (1). Shapes lie in a box of 100 by 100.
 */

export interface Eye {
  x: number;
  y: number;
  rx: number;
  ry: number;
  pupil: number;
}

export interface FaceShape {
  /** Paths of lines. */
  brows: readonly string[];
  eyes: readonly Eye[];
  /** A line if the mouth is closed, else its outline. */
  mouth: string;
  mouthOpen: boolean;
}

/** The nine anchors: all of -1, 0 and 1, a little inward so that faces have room. */
export const ANCHORS: readonly (readonly [number, number])[] = [1, 0, -1].flatMap(
  (arousal) => [-1, 0, 1].map((valence) => [valence, arousal] as const),
);

const n = (value: number) => String(Math.round(value * 10) / 10);
const clamp = (value: number) => Math.min(1, Math.max(-1, value));

function browOf(side: -1 | 1, valence: number, arousal: number): string {
  const bad = Math.max(0, -valence);
  const lift = 5 * arousal - 2 * bad * Math.max(0, arousal);
  // Inner ends: down and together in anger and fear of high arousal, up in sadness.
  const inner = bad * (arousal >= 0 ? 4 + 5 * arousal : 4 + 6 * arousal);
  const y = 33 - lift;
  const from = { x: 50 + side * (10 - 2 * bad * Math.max(0, arousal)), y: y + inner };
  const to = { x: 50 + side * 32, y: y + 2 - inner * 0.35 };
  const middle = { x: 50 + side * 21, y: Math.min(from.y, to.y) - 3.5 + bad * 2 };
  return `M${n(from.x)} ${n(from.y)}Q${n(middle.x)} ${n(middle.y)} ${n(to.x)} ${n(to.y)}`;
}

function eyeOf(side: -1 | 1, valence: number, arousal: number): Eye {
  // A raised cheek narrows the eye of a smile (unit 6).
  const narrow = 1.1 * Math.max(0, valence);
  const ry = Math.max(1.2, 4.6 + 2.8 * arousal - narrow);
  return { x: 50 + side * 20, y: 46, rx: 7, ry, pupil: Math.min(2.8, ry) };
}

function mouthOf(
  valence: number,
  arousal: number,
): Pick<FaceShape, 'mouth' | 'mouthOpen'> {
  const width = 16 + 3 * Math.abs(valence) + 2 * Math.max(0, valence);
  const bend = 10 * valence;
  const y = 72;
  const left = { x: 50 - width, y: y - bend * 0.6 };
  const right = { x: 50 + width, y: y - bend * 0.6 };
  const open = 13 * Math.max(0, arousal);
  const line = (down: number) =>
    `M${n(left.x)} ${n(left.y)}Q50 ${n(down)} ${n(right.x)} ${n(right.y)}`;
  if (open < 2) return { mouth: line(y + bend * 1.3), mouthOpen: false };
  // Two lips through the same corners, the lower one further down.
  const upper = y + bend * (valence > 0 ? 0.5 : 1.5) - open * 0.5;
  const lower = y + bend * (valence > 0 ? 1.4 : 0.2) + open * 1.5;
  return {
    mouth: `${line(upper)}Q50 ${n(lower)} ${n(left.x)} ${n(left.y)}Z`,
    mouthOpen: true,
  };
}

/** The face of a valence and an arousal, both from -1 to 1. */
export function faceShape(valence: number, arousal: number): FaceShape {
  const v = clamp(valence);
  const a = clamp(arousal);
  return {
    brows: [browOf(-1, v, a), browOf(1, v, a)],
    eyes: [eyeOf(-1, v, a), eyeOf(1, v, a)],
    ...mouthOf(v, a),
  };
}
