/** Pointer and wheel on the timeline: seek, pan, zoom, span, and the window on the bar. */

import type { Frames } from './timelineModel';
import type { Parts, TimelineView } from './view';
import type { Stretch } from './window';

export interface Handlers {
  seek(frame: number): void;
  span(first: number, last: number): void;
  hover(time: number | null): void;
}

/** A press that moves less than this (px) is a click. */
const STILL = 4;
const ZOOM_PER_PIXEL = 0.0016;
/** Pixels of one line or page, for wheels that count in these. */
const LINE = 16;
const PAGE = 400;

type Drag = { move(clientX: number): void; end?(moved: boolean): void };

const pixels = (event: WheelEvent, delta: number) =>
  delta * (event.deltaMode === 1 ? LINE : event.deltaMode === 2 ? PAGE : 1);

/** Follows one press from down to up; `begin` may decline it. */
function onDrag(element: HTMLElement, begin: (event: PointerEvent) => Drag | null) {
  return listen(element, 'pointerdown', (event) => {
    const drag = event.button === 0 ? begin(event) : null;
    if (!drag) return;
    event.stopPropagation();
    element.setPointerCapture(event.pointerId);
    let moved = false;
    const stops = [
      listen(element, 'pointermove', (move) => {
        moved ||= Math.abs(move.clientX - event.clientX) >= STILL;
        if (moved) drag.move(move.clientX);
      }),
      listen(element, 'pointerup', () => {
        stopAll();
        drag.end?.(moved);
      }),
      listen(element, 'pointercancel', () => stopAll()),
    ];
    const stopAll = () => {
      for (const stop of stops) stop();
    };
  });
}

function listen<K extends keyof HTMLElementEventMap>(
  element: HTMLElement,
  name: K,
  listener: (event: HTMLElementEventMap[K]) => void,
): () => void {
  element.addEventListener(name, listener, { passive: false });
  return () => element.removeEventListener(name, listener);
}

const edgeOf = (event: Event) =>
  (event.target as HTMLElement).dataset?.edge as 'first' | 'last' | undefined;

/** Shift and drag draw a span; its edges can be dragged afterwards. */
function spanDrag(
  view: TimelineView,
  handlers: Handlers,
  fixed: number,
  clientX: number,
): Drag {
  const spanTo = (x: number): Frames => {
    const other = view.frameOf(view.timeAt(x));
    return { first: Math.min(fixed, other), last: Math.max(fixed, other) };
  };
  let last = spanTo(clientX);
  return {
    move(x) {
      last = spanTo(x);
      view.previewSpan(last);
    },
    end(moved) {
      if (moved) handlers.span(last.first, last.last);
    },
  };
}

function plotDrag(view: TimelineView, handlers: Handlers, event: PointerEvent): Drag {
  const edge = edgeOf(event);
  const span = view.span;
  if (edge && span) {
    return spanDrag(
      view,
      handlers,
      edge === 'first' ? span.last : span.first,
      event.clientX,
    );
  }
  const grabbed = view.timeAt(event.clientX);
  if (event.shiftKey) {
    return spanDrag(view, handlers, view.frameOf(grabbed), event.clientX);
  }
  return {
    move: (x) => view.pan(grabbed - view.timeAt(x)),
    end: (moved) => {
      if (!moved) handlers.seek(view.frameOf(grabbed));
    },
  };
}

function barDrag(view: TimelineView, event: PointerEvent): Drag {
  const at = view.timeOnBar(event.clientX);
  const edge = edgeOf(event);
  const before: Stretch = view.shownStretch;
  if (edge) {
    return {
      move(x) {
        const to = view.timeOnBar(x);
        view.look(
          edge === 'first'
            ? {
                start: Math.min(to, before.end - view.limits.shortest),
                end: before.end,
              }
            : { start: before.start, end: Math.max(to, before.start) },
        );
      },
    };
  }
  if (at < before.start || at > before.end) view.centre(at);
  const middle = (view.shownStretch.start + view.shownStretch.end) / 2;
  return { move: (x) => view.centre(middle + view.timeOnBar(x) - at) };
}

function onWheel(view: TimelineView, event: WheelEvent): void {
  event.preventDefault();
  const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
  if (event.shiftKey || sideways) {
    const by = pixels(event, sideways ? event.deltaX : event.deltaY);
    view.pan(by * view.secondsPerPixel);
    return;
  }
  const by = Math.max(-300, Math.min(300, pixels(event, event.deltaY)));
  view.zoom(Math.exp(by * ZOOM_PER_PIXEL), view.timeAt(event.clientX));
}

/** Listens to pointer and wheel; returns how to stop. */
export function attach(
  view: TimelineView,
  parts: Parts,
  handlers: Handlers,
): () => void {
  const stops = [
    onDrag(parts.over, (event) => plotDrag(view, handlers, event)),
    onDrag(parts.overview, (event) => barDrag(view, event)),
    listen(parts.over, 'wheel', (event) => onWheel(view, event)),
    listen(parts.overview, 'wheel', (event) => onWheel(view, event)),
    listen(parts.over, 'dblclick', () => view.whole()),
    listen(parts.over, 'pointermove', (event) =>
      handlers.hover(event.buttons ? null : view.timeAt(event.clientX)),
    ),
    listen(parts.over, 'pointerleave', () => handlers.hover(null)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
