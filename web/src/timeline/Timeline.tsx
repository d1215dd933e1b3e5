/** The curves of one face over time, with what people judged of it. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import type { Dimension } from '../api/types';
import { number, t } from '../i18n';
import { laneName } from '../i18n/names';
import { clock } from '../lib/format';
import type { Filter } from '../state/filter';
import { ClipLabels } from './ClipLabels';
import { attach } from './gestures';
import { HeightEdge } from './HeightEdge';
import { HoverReadout } from './HoverReadout';
import { coverageText, Legend } from './Legend';
import { CONFIDENCE, type Lane, lanesOf } from './lanes';
import { type Derived, derive, type Frames, type Shown } from './timelineModel';
import './timeline.css';
import { type Parts, TimelineView } from './view';

export interface TimelineProps {
  /** Of the label schema; a timeline keeps those that it began with. */
  dimensions: readonly Dimension[];
  /** Seconds of each frame of the video. */
  times: Float64Array;
  /** Frame numbers of the track, ascending. */
  frames: Int32Array;
  /** Index i belongs to `frames[i]`. */
  prediction: Shown['prediction'];
  /** Judgements in force on this track. */
  judgements: Shown['judgements'];
  /** Of these, those that the prediction does not hold yet. */
  pending: Shown['pending'];
  threshold: number;
  /** Frame of the video at the play head. */
  currentFrame: number;
  item: Shown['item'];
  /** Frames on which the model must not be shown. */
  hidden: Frames | null;
  onSeek: (frame: number) => void;
  span: Frames | null;
  filter: Filter;
  /** Whom the track shows; empty = nobody named. */
  person: string;
  onSpan: (first: number, last: number) => void;
}

const STEP = 1.6;

/** Keys that belong to the timeline while it has the focus. */
function onKey(view: TimelineView, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const doing: Record<string, () => void> = {
    '+': () => view.zoom(1 / STEP),
    '=': () => view.zoom(1 / STEP),
    '-': () => view.zoom(STEP),
    '0': () => view.whole(),
  };
  const does = doing[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}

/** Works out what is drawn, and keeps what did not change. */
function useDerived(shown: Shown): Derived {
  const last = useRef<{ shown: Shown; derived: Derived } | null>(null);
  const derived = derive(shown, last.current);
  last.current = { shown, derived };
  return derived;
}

function useView(props: TimelineProps, shown: Shown, derived: Derived) {
  const root = useRef<HTMLElement>(null);
  const view = useRef<TimelineView | null>(null);
  const handlers = useRef(props);
  handlers.current = props;
  const [hovered, setHovered] = useState<number | null>(null);
  const blindText = t('timeline.blind');

  useLayoutEffect(() => {
    const parts = partsOf(root.current as HTMLElement);
    const made = new TimelineView(parts, shown, derived, blindText);
    view.current = made;
    const stop = attach(made, parts, {
      seek: (frame) => handlers.current.onSeek(frame),
      span: (first, last) => handlers.current.onSpan(first, last),
      hover: (time) => setHovered(time === null ? null : made.frameOf(time)),
    });
    return () => {
      stop();
      made.destroy();
      view.current = null;
    };
  }, []);
  useLayoutEffect(() => {
    view.current?.update(shown, derived, blindText);
  }, [shown, blindText]);
  useLayoutEffect(() => {
    view.current?.setFrame(props.currentFrame);
  }, [props.times, props.currentFrame]);
  return { root, view, hovered };
}

function partsOf(root: HTMLElement): Parts {
  const part = (name: string) =>
    root.querySelector(`[data-part="${name}"]`) as HTMLElement;
  return {
    plot: part('plot'),
    over: part('over'),
    head: part('head'),
    span: part('span'),
    overview: part('overview'),
    bar: part('bar') as HTMLCanvasElement,
    window: part('window'),
    mark: part('mark'),
  };
}

/** Milliseconds of standing still after which the frame is announced. */
const ANNOUNCED_AFTER = 250;

/** The frame for assistive technology: a screen reader must not count along. */
function useSettledFrame(frame: number): number {
  const [settled, setSettled] = useState(frame);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(frame), ANNOUNCED_AFTER);
    return () => clearTimeout(timer);
  }, [frame]);
  return settled;
}

export function Timeline(props: TimelineProps) {
  const { dimensions, times, frames, prediction, judgements, pending } = props;
  const { threshold, item, hidden, span, filter, person } = props;
  const shown = useMemo<Shown>(
    () => ({
      ...{ dimensions, times, frames, prediction, judgements, pending },
      ...{ threshold, item, hidden, span, filter, person },
    }),
    [
      ...[times, frames, prediction, judgements, pending, threshold, item, hidden],
      ...[span, filter, person],
    ],
  );
  const derived = useDerived(shown);
  const { root, view, hovered } = useView(props, shown, derived);
  return (
    <section
      ref={root}
      class="timeline"
      aria-label={t('timeline.label')}
      data-testid="timeline"
      data-marks={derived.marks.start.length}
    >
      <HeightEdge />
      <header class="timeline-head">
        {hovered === null ? (
          <Legend predicted={derived.source !== null} />
        ) : (
          <HoverReadout shown={shown} sources={derived.sources} frame={hovered} />
        )}
        <ClipLabels judgements={judgements} />
        <Zoom view={view} />
      </header>
      <Lanes
        view={view}
        dimensions={dimensions}
        times={times}
        frame={props.currentFrame}
      />
      <div
        class="timeline-overview"
        data-part="overview"
        data-testid="timeline-overview"
        role="img"
        aria-label={coverageText(derived.counts)}
        title={t('timeline.overviewHint')}
      >
        <canvas data-part="bar" />
        <div class="timeline-window" data-part="window" data-testid="timeline-window">
          <i data-edge="first" />
          <i data-edge="last" />
        </div>
        <div class="timeline-mark" data-part="mark" />
      </div>
    </section>
  );
}

type ViewRef = { current: TimelineView | null };

function Zoom({ view }: { view: ViewRef }) {
  const button = (name: string, sign: string, does: (v: TimelineView) => void) => (
    <button
      type="button"
      class="timeline-button"
      aria-label={t(`timeline.${name}`)}
      title={t(`timeline.${name}`)}
      data-testid={`timeline-${name}`}
      onClick={() => view.current && does(view.current)}
    >
      {sign}
    </button>
  );
  return (
    <div class="timeline-buttons">
      {button('zoomOut', '\u2212', (v) => v.zoom(STEP))}
      {button('zoomIn', '+', (v) => v.zoom(1 / STEP))}
      {button('whole', '\u2194', (v) => v.whole())}
    </div>
  );
}

/** In the middle of a lane, over the time axis. */
const besides = ({ top, bottom }: Lane) => ({
  top: `calc((100% - var(--timeline-axis)) * ${(top + bottom) / 2})`,
});

/** The lanes take the focus: the page's arrow keys move the play head, +, - and 0 zoom. */
function Lanes(props: {
  view: ViewRef;
  dimensions: readonly Dimension[];
  times: Float64Array;
  frame: number;
}) {
  const { view, dimensions, times } = props;
  const lanes = lanesOf(dimensions);
  const frame = useSettledFrame(props.frame);
  return (
    <div
      class="timeline-lanes"
      role="slider"
      tabIndex={0}
      aria-label={t('timeline.position')}
      aria-valuemin={0}
      aria-valuemax={Math.max(times.length - 1, 0)}
      aria-valuenow={frame}
      aria-valuetext={t('timeline.at', {
        frame: number(frame),
        of: number(times.length),
        time: clock(times[frame] ?? 0, 2),
      })}
      data-testid="timeline-lanes"
      onKeyDown={(event) => view.current && onKey(view.current, event)}
    >
      <div class="timeline-plot" data-part="plot" />
      {dimensions.map((one, d) => (
        <span
          key={one.name}
          class={`timeline-name of-dimension-${d % 6}`}
          style={besides(lanes[d] as Lane)}
        >
          {laneName(one)}
        </span>
      ))}
      <span class="timeline-name of-confidence" style={besides(CONFIDENCE)}>
        {t('timeline.confidence')}
      </span>
      <div class="timeline-over" data-part="over" data-testid="timeline-over">
        <div class="timeline-span" data-part="span" data-testid="timeline-span">
          <i data-edge="first" />
          <i data-edge="last" />
        </div>
        <div class="timeline-playhead" data-part="head" data-testid="timeline-head" />
      </div>
    </div>
  );
}
