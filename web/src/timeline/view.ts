/** The moving parts of the timeline: one redraw per animation frame, and only of what changed. */

import type uPlot from 'uplot';
import { frameAt } from '../lib/geometry';
import type { Drawing } from './drawing';
import { type Lane, lanesOf } from './lanes';
import { paintOverview } from './overview';
import { makeHatch } from './paint';
import { GUTTER, makePlot, redraw } from './plot';
import { Slice } from './slice';
import { onThemeChange, readTheme, type Theme } from './theme';
import {
  type Derived,
  type Frames,
  type Shown,
  stretchOf,
  timeOf,
} from './timelineModel';
import * as win from './window';

/** The elements that the component renders and the view draws on or moves. */
export interface Parts {
  plot: HTMLElement;
  /** Lies over the plot's lanes: takes the pointer, holds the play head and the span. */
  over: HTMLElement;
  head: HTMLElement;
  span: HTMLElement;
  overview: HTMLElement;
  bar: HTMLCanvasElement;
  window: HTMLElement;
  mark: HTMLElement;
}

const PLOT = 1;
const BAR = 2;
const PLACES = 4;
const ALL = PLOT | BAR | PLACES;

/** A step of the play head longer than this (s) is a jump, which is always followed. */
const JUMP = 0.5;

export class TimelineView {
  private stretch: win.Stretch;
  private readonly lanes: readonly Lane[];
  private slice: Slice;
  private theme: Theme;
  private hatch: CanvasPattern | null;
  private readonly plot: uPlot;
  private dirty = 0;
  private request = 0;
  private at = 0;
  private following = true;
  /** Kept, for asking the page while drawing would make it lay itself out again. */
  private widths = { over: 1, bar: 1 };
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly parts: Parts,
    private shown: Shown,
    private derived: Derived,
    private blindText: string,
  ) {
    this.lanes = lanesOf(shown.dimensions);
    this.slice = new Slice(8, this.lanes.length);
    this.stretch = this.derived.limits;
    this.theme = readTheme(parts.plot);
    this.hatch = this.makeHatch();
    this.plot = makePlot(parts.plot, {
      lanes: this.lanes,
      slice: () => this.slice,
      drawing: () => this.drawing(),
      theme: () => this.theme,
    });
    this.watch();
  }

  /** Takes over new properties; a new video is shown from end to end. */
  update(shown: Shown, derived: Derived, blindText: string): void {
    const before = this.shown;
    this.derived = derived;
    this.shown = shown;
    this.blindText = blindText;
    if (before.times !== shown.times) {
      this.stretch = this.derived.limits;
      this.following = true;
    }
    this.schedule(ALL);
  }

  /** Moves the play head; the window follows unless the person looks elsewhere. */
  setFrame(frame: number): void {
    const at = timeOf(this.shown.times, frame);
    const jumped = Math.abs(at - this.at) > JUMP;
    this.at = at;
    if (jumped || win.contains(this.stretch, at)) this.following = true;
    if (this.following) this.show(win.follow(this.stretch, at, this.derived.limits));
    this.schedule(PLACES);
  }

  /** Longer than 1 zooms out. Without `at` (s) the play head keeps its place if it is shown. */
  zoom(factor: number, at?: number): void {
    const { start, end } = this.stretch;
    const middle = win.contains(this.stretch, this.at) ? this.at : (start + end) / 2;
    this.look(win.zoom(this.stretch, at ?? middle, factor, this.derived.limits));
  }

  pan(seconds: number): void {
    this.look(win.pan(this.stretch, seconds, this.derived.limits));
  }

  centre(at: number): void {
    this.look(win.centre(this.stretch, at, this.derived.limits));
  }

  whole(): void {
    this.look(this.derived.limits);
  }

  /** Shows a stretch that the person chose. */
  look(stretch: win.Stretch): void {
    this.show(win.clamp(stretch, this.derived.limits));
    this.following = win.contains(this.stretch, this.at);
  }

  /** What is shown at the moment. */
  get shownStretch(): win.Stretch {
    return this.stretch;
  }

  get span(): Frames | null {
    return this.shown.span;
  }

  get limits(): win.Limits {
    return this.derived.limits;
  }

  /** Seconds of a place over the plot's lanes. */
  timeAt(clientX: number): number {
    const box = this.parts.over.getBoundingClientRect();
    const share = (clientX - box.left) / Math.max(box.width, 1);
    return this.stretch.start + share * (this.stretch.end - this.stretch.start);
  }

  /** Seconds of a place on the bar of the whole clip. */
  timeOnBar(clientX: number): number {
    const box = this.parts.overview.getBoundingClientRect();
    const { start, end } = this.derived.limits;
    return start + ((clientX - box.left) / Math.max(box.width, 1)) * (end - start);
  }

  /** Frame of the video that is on screen at a time. */
  frameOf(time: number): number {
    return frameAt(this.shown.times, time);
  }

  /** Seconds per pixel of the plot. */
  get secondsPerPixel(): number {
    return (this.stretch.end - this.stretch.start) / this.widths.over;
  }

  /** Marks a span while it is drawn with the pointer. */
  previewSpan(span: Frames): void {
    this.derived = { ...this.derived, span: stretchOf(this.shown.times, span) };
    this.schedule(PLACES);
  }

  destroy(): void {
    cancelAnimationFrame(this.request);
    for (const stop of this.stops) stop();
    this.plot.destroy();
  }

  private show(stretch: win.Stretch): void {
    if (stretch.start === this.stretch.start && stretch.end === this.stretch.end)
      return;
    this.stretch = stretch;
    this.schedule(PLOT | PLACES);
  }

  private schedule(what: number): void {
    this.dirty |= what;
    if (!this.request) this.request = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.request = 0;
    const dirty = this.dirty;
    this.dirty = 0;
    if (dirty & PLOT) this.drawPlot();
    if (dirty & BAR) this.drawBar();
    if (dirty & PLACES) this.place();
  }

  private drawPlot(): void {
    const { start, end } = this.stretch;
    const { source, counts, blind } = this.derived;
    const most = this.slice.capacity / 2;
    if (source) {
      this.slice.fill(source, counts, start, end, most, blind ?? undefined);
    } else {
      this.slice.count = 0;
    }
    redraw(this.plot, this.slice, start, end);
  }

  private drawBar(): void {
    const context = this.parts.bar.getContext('2d');
    const { track, counts, limits, blind } = this.derived;
    if (context) paintOverview(context, track, counts, limits, blind, this.theme);
  }

  private drawing(): Drawing {
    return {
      dimensions: this.shown.dimensions,
      lanes: this.lanes,
      slice: this.slice,
      marks: this.derived.marks,
      threshold: this.shown.threshold,
      item: this.derived.item,
      blind: this.derived.blindTime,
      blindText: this.blindText,
      dim: this.derived.dim,
      theme: this.theme,
      hatch: this.hatch,
      ratio: devicePixelRatio,
    };
  }

  private place(): void {
    const { limits, span } = this.derived;
    const { over, bar } = this.widths;
    const onPlot = (at: number) => shareOf(at, this.stretch) * over;
    const onBar = (at: number) => shareOf(at, limits) * bar;
    const { start, end } = this.stretch;
    moveTo(this.parts.head, onPlot(this.at), win.contains(this.stretch, this.at));
    moveTo(this.parts.mark, onBar(this.at), true);
    moveTo(this.parts.window, onBar(start), true, onBar(end) - onBar(start));
    const [from, to] = span ? [onPlot(span.start), onPlot(span.end)] : [0, 0];
    moveTo(this.parts.span, from, span !== null, to - from);
  }

  private makeHatch(): CanvasPattern | null {
    return makeHatch(this.theme.belowHatch, devicePixelRatio);
  }

  private readonly recolour = () => {
    this.theme = readTheme(this.parts.plot);
    this.hatch = this.makeHatch();
    this.schedule(ALL);
  };

  private resize(): void {
    const { plot, bar, overview } = this.parts;
    const width = plot.clientWidth;
    if (!width || !plot.clientHeight) return;
    this.plot.setSize({ width, height: plot.clientHeight });
    this.slice = new Slice(2 * Math.max(width - GUTTER, 16), this.lanes.length);
    this.widths = {
      over: Math.max(this.parts.over.clientWidth, 1),
      bar: Math.max(overview.clientWidth, 1),
    };
    bar.width = Math.round(overview.clientWidth * devicePixelRatio);
    bar.height = Math.round(overview.clientHeight * devicePixelRatio);
    this.recolour();
  }

  private watch(): void {
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(this.parts.plot);
    observer.observe(this.parts.overview);
    const resized = () => this.resize();
    // uPlot sends this when the page moves to a screen of another density.
    window.addEventListener('dppxchange', resized);
    this.stops.push(
      () => observer.disconnect(),
      () => window.removeEventListener('dppxchange', resized),
      onThemeChange(this.recolour),
    );
  }
}

const shareOf = (at: number, stretch: win.Stretch) =>
  stretch.end > stretch.start
    ? (at - stretch.start) / (stretch.end - stretch.start)
    : 0;

function moveTo(element: HTMLElement, x: number, there: boolean, width?: number): void {
  element.style.visibility = there ? 'visible' : 'hidden';
  element.style.transform = `translateX(${x}px)`;
  if (width !== undefined) element.style.width = `${Math.max(width, 2)}px`;
}
