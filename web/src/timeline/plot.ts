/** Keeps the canvases of the timeline in step with its state: one redraw per frame. */

import uPlot from 'uplot';
import { LANES, laneRange } from './lanes';
import { paintOver, paintUnder, type Scene } from './paint';
import { bandBuilder, curveBuilder, floorBuilder, frameOf } from './paths';
import { CURVE, type Slice } from './slice';
import type { Theme } from './theme';
import { clock } from './window';

/** Pixels left of the lanes, for their scales; as in timeline.css. */
export const GUTTER = 74;
const EDGE = 10;
const AXIS = 24;

/** Distances of the time axis that may be labelled, in seconds. */
const STEPS = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
  3600, 7200,
];

const digitsOf = (step: number) => (step >= 1 ? 0 : step >= 0.1 ? 1 : 2);

export interface Sources {
  slice(): Slice;
  scene(): Scene;
  theme(): Theme;
}

/** Colours of the curve of one dimension, in the order of `OWNER`. */
const ownersOf = (theme: Theme, own: string) => [
  own,
  theme.human,
  theme.accepted,
  theme.muted,
];

type Painter = (context: CanvasRenderingContext2D, u: uPlot) => void;

function options(from: Sources, width: number, height: number): uPlot.Options {
  const { slice, theme, scene } = from;
  const none = { points: { show: false } };
  const hook = (paint: Painter) => (u: uPlot) => paint(u.ctx, u);
  return {
    width,
    height,
    padding: [0, EDGE, 0, GUTTER],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, auto: false, range: (_, min, max) => [min, max] },
      valence: { auto: false, range: laneRange(LANES.valence) },
      arousal: { auto: false, range: laneRange(LANES.arousal) },
      confidence: { auto: false, range: laneRange(LANES.confidence) },
    },
    axes: [
      {
        size: AXIS,
        gap: 3,
        space: 76,
        incrs: STEPS,
        font: '11px sans-serif',
        stroke: () => theme().muted,
        grid: { stroke: () => theme().grid, width: 1 },
        ticks: { stroke: () => theme().border, width: 1, size: 4 },
        values: (_, splits, __, ___, step) =>
          splits.map((second) => clock(second, digitsOf(step))),
      },
    ],
    series: [
      {},
      {
        ...none,
        scale: 'valence',
        width: 0,
        fill: () => theme().valenceTint,
        paths: bandBuilder(slice, CURVE.bandValence, LANES.valence),
      },
      {
        ...none,
        scale: 'arousal',
        width: 0,
        fill: () => theme().arousalTint,
        paths: bandBuilder(slice, CURVE.bandArousal, LANES.arousal),
      },
      {
        ...none,
        scale: 'confidence',
        width: 0,
        fill: () => theme().confidence,
        paths: floorBuilder(slice, CURVE.confidence, LANES.confidence),
      },
      {
        ...none,
        scale: 'valence',
        width: 1.6,
        stroke: () => theme().valence,
        paths: curveBuilder(slice, CURVE.valence, LANES.valence, () =>
          ownersOf(theme(), theme().valence),
        ),
      },
      {
        ...none,
        scale: 'arousal',
        width: 1.6,
        stroke: () => theme().arousal,
        paths: curveBuilder(slice, CURVE.arousal, LANES.arousal, () =>
          ownersOf(theme(), theme().arousal),
        ),
      },
    ],
    hooks: {
      drawClear: [hook((context, u) => paintUnder(context, frameOf(u), scene()))],
      draw: [hook((context, u) => paintOver(context, frameOf(u), scene()))],
    },
  };
}

/** Curves of the series above, whose values uPlot is given. */
const GIVEN = [
  CURVE.bandValence,
  CURVE.bandArousal,
  CURVE.confidence,
  CURVE.valence,
  CURVE.arousal,
];

function dataOf(slice: Slice): uPlot.AlignedData {
  const time = slice.time.subarray(0, slice.count);
  const columns = GIVEN.map((curve) =>
    (slice.lo[curve] as Float32Array).subarray(0, slice.count),
  );
  return [time, ...columns];
}

/** A plot without cursor and legend: the timeline has its own. */
export function makePlot(host: HTMLElement, from: Sources): uPlot {
  const width = Math.max(host.clientWidth, 1);
  const height = Math.max(host.clientHeight, 1);
  return new uPlot(options(from, width, height), dataOf(from.slice()), host);
}

/** Draws the slice over a stretch of time, at once. */
export function redraw(u: uPlot, slice: Slice, start: number, end: number): void {
  u.batch(() => {
    u.setData(dataOf(slice), false);
    u.setScale('x', { min: start, max: end });
  });
}
