/** The anchor faces, over the plane or in a sheet. */

import type { Dimension } from '../api/types';
import { language } from '../i18n';
import { poleName } from '../i18n/names';
import { ANCHORS, faceShape } from '../lib/anchorFace';
import { padPoint } from '../lib/geometry';

type Two = readonly [Dimension, Dimension];

/** Anchors are drawn for these two alone: nobody knows the face of another dimension. */
export const hasAnchors = (all: readonly Dimension[]): all is Two =>
  all.length === 2 && all[0]?.name === 'valence' && all[1]?.name === 'arousal';

export function AnchorFace(props: { valence: number; arousal: number }) {
  const { brows, eyes, mouth, mouthOpen } = faceShape(props.valence, props.arousal);
  return (
    <g class="anchor-face">
      <circle cx="50" cy="50" r="46" class="anchor-head" />
      {brows.map((path) => (
        <path key={path} d={path} />
      ))}
      {eyes.map(({ x, y, rx, ry, pupil }) => (
        <g key={x}>
          <ellipse cx={x} cy={y} rx={rx} ry={ry} />
          <circle cx={x} cy={y} r={pupil} class="anchor-ink" />
        </g>
      ))}
      <path d={mouth} class={mouthOpen ? 'anchor-open' : undefined} />
    </g>
  );
}

interface FacesProps {
  side: number;
  margin: number;
  /** Width of a face. */
  size: number;
}

/** All anchors at their places, as far inward as their size asks. */
export function AnchorFaces({ side, margin, size }: FacesProps) {
  const inner = margin + size / 2 + 2;
  return (
    <g class="anchor-faces" data-testid="anchor-faces">
      {ANCHORS.map(([valence, arousal]) => {
        const share = { x: (valence + 1) / 2, y: (arousal + 1) / 2 };
        const at = padPoint(share, side, inner);
        const move = `translate(${at.x - size / 2} ${at.y - size / 2}) scale(${size / 100})`;
        return (
          <g key={`${valence} ${arousal}`} transform={move}>
            <AnchorFace valence={valence} arousal={arousal} />
          </g>
        );
      })}
    </g>
  );
}

const SIDE = 320;
const MARGIN = 22;

/** The plane of a guide: faces large, the poles named at its edges. */
export function AnchorPlane({ two: [x, y], label }: { two: Two; label: string }) {
  const middle = SIDE / 2;
  const wide = SIDE - 2 * MARGIN;
  return (
    <svg
      class="anchor-plane"
      viewBox={`0 0 ${SIDE} ${SIDE}`}
      role="img"
      aria-label={label}
    >
      <rect x={MARGIN} y={MARGIN} width={wide} height={wide} rx="6" />
      <path
        d={`M${MARGIN} ${middle}h${wide}M${middle} ${MARGIN}v${wide}`}
        class="anchor-axis"
      />
      <AnchorFaces side={SIDE} margin={MARGIN} size={78} />
      <text x={middle} y="15" text-anchor="middle">
        {poleName(y, 'high')}
      </text>
      <text x={middle} y={SIDE - 7} text-anchor="middle">
        {poleName(y, 'low')}
      </text>
      <Upright x={11} y={middle} turn={-90} text={poleName(x, 'low')} />
      <Upright x={SIDE - 11} y={middle} turn={90} text={poleName(x, 'high')} />
    </svg>
  );
}

/** The name of a pole at a side: turned, or, where signs are written so, from the top. */
function Upright(props: { x: number; y: number; turn: 90 | -90; text: string }) {
  const { x, y, turn, text } = props;
  const isTurned = language.value !== 'ja';
  const at = `translate(${x} ${y})`;
  return (
    <text
      class={isTurned ? undefined : 'from-top'}
      transform={isTurned ? `${at} rotate(${turn})` : at}
      text-anchor="middle"
      dominant-baseline={isTurned ? 'middle' : undefined}
    >
      {text}
    </text>
  );
}
