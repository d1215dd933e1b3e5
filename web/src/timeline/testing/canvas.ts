/** A canvas that counts instead of drawing; happy-dom has none. */

import { vi } from 'vitest';

export interface Counter {
  /** Times that any canvas was cleared: uPlot clears once per redraw. */
  cleared: number;
  fills: { colour: string; x: number; wide: number }[];
}

class PathStub {
  moveTo() {}
  lineTo() {}
  closePath() {}
  rect() {}
  addPath() {}
}

function contextOf(canvas: HTMLCanvasElement, counter: Counter) {
  const own: Record<string | symbol, unknown> = {
    canvas,
    clearRect: () => {
      counter.cleared += 1;
    },
    fillRect(x: number, _y: number, wide: number) {
      counter.fills.push({ colour: String(own.fillStyle), x, wide });
    },
    measureText: () => ({ width: 10 }),
    createPattern: () => ({}),
  };
  return new Proxy(own, {
    get: (target, name) => (name in target ? target[name] : () => undefined),
    set: (target, name, value) => {
      target[name] = value;
      return true;
    },
  });
}

/** Puts the stand-ins in place for one test file. */
export function standInCanvas(): Counter {
  const counter: Counter = { cleared: 0, fills: [] };
  const contexts = new WeakMap<HTMLCanvasElement, unknown>();
  vi.stubGlobal('Path2D', PathStub);
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(function (
    this: HTMLCanvasElement,
  ) {
    if (!contexts.has(this)) contexts.set(this, contextOf(this, counter));
    return contexts.get(this) as never;
  });
  return counter;
}

/** Gives all elements a size: 1000 by 200 pixels at the page's corner. */
export function standInLayout(): void {
  const size = { clientWidth: 1000, clientHeight: 200 };
  for (const [name, value] of Object.entries(size)) {
    vi.spyOn(HTMLElement.prototype, name as 'clientWidth', 'get').mockReturnValue(
      value,
    );
  }
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockReturnValue({
    left: 0,
    top: 0,
    right: 1000,
    bottom: 200,
    width: 1000,
    height: 200,
    x: 0,
    y: 0,
    toJSON: () => ({}),
  });
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(private readonly called: () => void) {}
      observe() {
        this.called();
      }
      disconnect() {}
    },
  );
}
