/** Keeps the canvases of the timeline in step with its state: one redraw per frame. */

import uPlot from 'uplot';
import { clock } from '../lib/format';
import type { Drawing } from './drawing';
import { CONFIDENCE, type Lane, laneRange } from './lanes';
import { paintOver, paintUnder } from './paint';
import {
  bandBuilder,
  curveBuilder,
  floorBuilder,
  frameOf,
  hairline,
  isDense,
  LINE,
  swingBuilder,
} from './paths';
import { bandOf, confidenceOf, type Slice } from './slice';
import { DIMENSION_COLOURS, type Theme } from './theme';

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

export interface Feed {
  readonly lanes: readonly Lane[];
  slice(): Slice;
  drawing(): Drawing;
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

type Builder = uPlot.Series.PathBuilder;

const MEAN = 'mean';

/** Filled by its outline, or by lines of one pixel's width in the same colour. */
const area = (scale: string, colour: () => string, paths: Builder): uPlot.Series => ({
  scale,
  fill: colour,
  stroke: colour,
  paths,
  width: 0,
  points: { show: false },
});

/** The builder chooses the colours; uPlot draws a line only if it has one itself. */
const line = (scale: string, paths: Builder): uPlot.Series => ({
  scale,
  paths,
  label: MEAN,
  stroke: 'black',
  width: LINE,
  pxAlign: 0,
  points: { show: false },
});

/** How strongly a curve's swing within its pairs is drawn, beside its mean. */
const SWING = 0.38;

const scaleOf = (d: number) => `dimension${d}`;

/** Bands of all dimensions, the confidence, then what each curve swings, and its mean. */
function seriesOf({ lanes, slice, theme }: Feed): uPlot.Series[] {
  const m = lanes.length;
  const own = (d: number) => theme().dimension[d % DIMENSION_COLOURS] as string;
  const tint = (d: number) => theme().dimensionTint[d % DIMENSION_COLOURS] as string;
  return [
    ...lanes.map((lane, d) =>
      area(scaleOf(d), () => tint(d), bandBuilder(slice, bandOf(d, m), lane)),
    ),
    area(
      'confidence',
      () => theme().confidence,
      floorBuilder(slice, confidenceOf(m), CONFIDENCE),
    ),
    ...lanes.map((lane, d) => ({
      ...area(scaleOf(d), () => own(d), swingBuilder(slice, d, lane)),
      alpha: SWING,
    })),
    ...lanes.map((lane, d) =>
      line(
        scaleOf(d),
        curveBuilder(slice, d, lane, () => ownersOf(theme(), own(d))),
      ),
    ),
  ];
}

/** Half of a letter of the axis, in CSS pixels. */
const HALF_LETTER = 3.2;

/** Whether a text under a time ends before the canvas does. */
function isWithin(u: uPlot, second: number, text: string): boolean {
  const end = u.valToPos(second, 'x') + HALF_LETTER * text.length;
  return end <= u.bbox.width / devicePixelRatio + EDGE;
}

function options(from: Feed, width: number, height: number): uPlot.Options {
  const { lanes, theme, drawing } = from;
  const hook = (paint: Painter) => (u: uPlot) => paint(u.ctx, u);
  return {
    width,
    height,
    padding: [0, EDGE, 0, GUTTER],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, auto: false, range: (_, min, max) => [min, max] },
      ...Object.fromEntries(
        lanes.map((lane, d) => [scaleOf(d), { auto: false, range: laneRange(lane) }]),
      ),
      confidence: { auto: false, range: laneRange(CONFIDENCE) },
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
        values: (u, splits, __, ___, step) =>
          splits.map((second) => {
            const text = clock(second, digitsOf(step));
            return isWithin(u, second, text) ? text : '';
          }),
      },
    ],
    series: [{}, ...seriesOf(from)],
    hooks: {
      drawClear: [hook((context, u) => paintUnder(context, frameOf(u), drawing()))],
      draw: [hook((context, u) => paintOver(context, frameOf(u), drawing()))],
    },
  };
}

/** Curves of the series, whose values uPlot is given; in the order of `seriesOf`. */
function curvesOf(m: number): number[] {
  const all = Array.from({ length: m }, (_, d) => d);
  return [...all.map((d) => bandOf(d, m)), confidenceOf(m), ...all, ...all];
}

function dataOf(slice: Slice): uPlot.AlignedData {
  const time = slice.time.subarray(0, slice.count);
  const columns = curvesOf(slice.mean.length).map((curve) =>
    (slice.lo[curve] as Float32Array).subarray(0, slice.count),
  );
  return [time, ...columns];
}

/** A plot without cursor and legend: the timeline has its own. */
export function makePlot(host: HTMLElement, from: Feed): uPlot {
  const width = Math.max(host.clientWidth, 1);
  const height = Math.max(host.clientHeight, 1);
  return new uPlot(options(from, width, height), dataOf(from.slice()), host);
}

/** Lines are as wide as their way of drawing wants; areas have lines only if it is the quick one. */
function setWidths(u: uPlot, slice: Slice): void {
  const thin = hairline(devicePixelRatio);
  const dense = isDense(slice, u.bbox.width, devicePixelRatio);
  for (const series of u.series.slice(1)) {
    series.width = series.label === MEAN && !dense ? LINE : thin;
  }
}

/** Draws the slice over a stretch of time, at once. */
export function redraw(u: uPlot, slice: Slice, start: number, end: number): void {
  setWidths(u, slice);
  u.batch(() => {
    u.setData(dataOf(slice), false);
    u.setScale('x', { min: start, max: end });
  });
}
