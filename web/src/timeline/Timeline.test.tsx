import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setLanguage } from '../i18n';
import { NO_FILTER } from '../state/filter';
import { Timeline, type TimelineProps } from './Timeline';
import { type Counter, standInCanvas, standInLayout } from './testing/canvas';
import {
  allFrames,
  dimensions,
  evenTimes,
  item,
  judgement,
  predictionOf,
} from './testing/made';

let counter: Counter;
const N = 1001;

function props(part: Partial<TimelineProps> = {}): TimelineProps {
  return {
    dimensions,
    times: evenTimes(N, 0.1),
    frames: allFrames(N),
    prediction: predictionOf(N),
    judgements: [judgement({ first_frame: 5 })],
    pending: [],
    threshold: 0.6,
    currentFrame: 0,
    item: null,
    hidden: null,
    onSeek: vi.fn(),
    span: null,
    onSpan: vi.fn(),
    filter: NO_FILTER,
    person: '',
    ...part,
  };
}

/** Waits until what is scheduled has been drawn. */
const drawn = () =>
  new Promise((done) => requestAnimationFrame(() => setTimeout(done, 5)));

const over = () => screen.getByTestId('timeline-over');
const press = (x: number, more = {}) =>
  fireEvent.pointerDown(over(), { button: 0, clientX: x, pointerId: 1, ...more });
const drag = (x: number) => fireEvent.pointerMove(over(), { clientX: x, buttons: 1 });
const release = (x: number) => fireEvent.pointerUp(over(), { clientX: x });

/** happy-dom's wheel events know no place. */
function wheel(deltaY: number, clientX: number, shiftKey = false) {
  const init = { clientX, shiftKey, bubbles: true, cancelable: true };
  const event = Object.assign(new MouseEvent('wheel', init), {
    deltaX: 0,
    deltaY,
    deltaMode: 0,
  });
  over().dispatchEvent(event);
}

/** Left edge and width of the window on the bar of the whole clip, in pixels of 1000. */
function windowPlace(): [number, number] {
  const { style } = screen.getByTestId('timeline-window');
  return [
    Number(style.transform.match(/\(([\d.-]+)px/)?.[1]),
    Number.parseFloat(style.width),
  ];
}

beforeEach(() => {
  setLanguage('en');
  counter = standInCanvas();
  standInLayout();
  HTMLElement.prototype.setPointerCapture = () => undefined;
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('Timeline', () => {
  it('is a slider with a name, a value and words for it', () => {
    render(<Timeline {...props({ currentFrame: 250 })} />);
    const slider = screen.getByRole('slider', { name: 'Position in the video' });
    expect(slider.getAttribute('aria-valuemax')).toBe('1000');
    expect(slider.getAttribute('aria-valuenow')).toBe('250');
    expect(slider.getAttribute('aria-valuetext')).toBe('Frame 250 of 1,001, 0:25.00');
    expect(slider.tabIndex).toBe(0);
  });

  it('says in words what the bar of the whole clip shows', () => {
    render(
      <Timeline
        {...props({ pending: [judgement({ scope: 'span', last_frame: 499 })] })}
      />,
    );
    const bar = screen.getByTestId('timeline-overview');
    expect(bar.getAttribute('role')).toBe('img');
    expect(bar.getAttribute('aria-label')).toContain('50.0% labelled by people');
  });

  it('seeks where it is clicked', async () => {
    const handlers = props();
    render(<Timeline {...handlers} />);
    await drawn();
    press(400);
    release(401);
    expect(handlers.onSeek).toHaveBeenCalledExactlyOnceWith(400);
  });

  it('pans with a drag, and does not seek then', async () => {
    const handlers = props();
    render(<Timeline {...handlers} />);
    wheel(-300, 500);
    await drawn();
    const [before, width] = windowPlace();
    press(500);
    drag(400);
    release(400);
    await drawn();
    const [after, same] = windowPlace();
    expect(same).toBeCloseTo(width);
    expect(after - before).toBeCloseTo(width / 10, 0);
    expect(handlers.onSeek).not.toHaveBeenCalled();
  });

  it('zooms about the pointer with the wheel, and pans with Shift', async () => {
    render(<Timeline {...props()} />);
    wheel(-300, 250);
    await drawn();
    const [left, width] = windowPlace();
    expect(width).toBeLessThan(700);
    expect(left + width / 4).toBeCloseTo(250, 0);
    wheel(100, 250, true);
    await drawn();
    expect(windowPlace()[0]).toBeCloseTo(left + width / 10, 0);
    expect(windowPlace()[1]).toBeCloseTo(width);
  });

  it('zooms with +, - and 0 while it has the focus, and leaves other keys alone', async () => {
    const outside = vi.fn();
    addEventListener('keydown', (event) => outside(event.key, event.defaultPrevented));
    render(<Timeline {...props()} />);
    const slider = screen.getByTestId('timeline-lanes');
    fireEvent.keyDown(slider, { key: '+' });
    fireEvent.keyDown(slider, { key: '+' });
    await drawn();
    const width = windowPlace()[1];
    expect(width).toBeLessThan(500);
    fireEvent.keyDown(slider, { key: '-' });
    await drawn();
    expect(windowPlace()[1]).toBeGreaterThan(width);
    fireEvent.keyDown(slider, { key: '0' });
    fireEvent.keyDown(slider, { key: 'ArrowLeft' });
    await drawn();
    expect(windowPlace()).toEqual([0, 1000]);
    expect(outside).toHaveBeenCalledWith('0', true);
    expect(outside).toHaveBeenLastCalledWith('ArrowLeft', false);
  });

  it('shows the whole clip again with a double click or a button', async () => {
    render(<Timeline {...props()} />);
    for (const back of [
      () => fireEvent.dblClick(over()),
      () => fireEvent.click(screen.getByTestId('timeline-whole')),
    ]) {
      fireEvent.click(screen.getByTestId('timeline-zoomIn'));
      await drawn();
      expect(windowPlace()[1]).toBeLessThan(999);
      back();
      await drawn();
      expect(windowPlace()).toEqual([0, 1000]);
    }
  });

  it('draws a span with Shift, and moves its edges', async () => {
    const handlers = props();
    const { rerender } = render(<Timeline {...handlers} />);
    await drawn();
    press(600, { shiftKey: true });
    drag(300);
    release(300);
    expect(handlers.onSpan).toHaveBeenLastCalledWith(300, 600);
    rerender(<Timeline {...handlers} span={{ first: 300, last: 600 }} />);
    await drawn();
    const edge = screen
      .getByTestId('timeline-span')
      .querySelector('[data-edge="last"]');
    fireEvent.pointerDown(edge as Element, { button: 0, clientX: 600, pointerId: 1 });
    drag(750);
    release(750);
    expect(handlers.onSpan).toHaveBeenLastCalledWith(300, 750);
    expect(handlers.onSeek).not.toHaveBeenCalled();
  });

  it('drags the window on the bar, and one of its edges', async () => {
    render(<Timeline {...props()} />);
    fireEvent.keyDown(screen.getByTestId('timeline-lanes'), { key: '+' });
    await drawn();
    const bar = screen.getByTestId('timeline-overview');
    fireEvent.pointerDown(bar, { button: 0, clientX: 900, pointerId: 1 });
    fireEvent.pointerUp(bar, { clientX: 900 });
    await drawn();
    const [left, width] = windowPlace();
    expect(left + width).toBeCloseTo(1000, 0);
    const edge = screen
      .getByTestId('timeline-window')
      .querySelector('[data-edge="first"]');
    fireEvent.pointerDown(edge as Element, { button: 0, clientX: left, pointerId: 1 });
    fireEvent.pointerMove(bar, { clientX: 800 });
    fireEvent.pointerUp(bar, { clientX: 800 });
    await drawn();
    expect(windowPlace()[0]).toBeCloseTo(800, 0);
    expect(windowPlace()[0] + windowPlace()[1]).toBeCloseTo(1000, 0);
  });

  it('moves only the play head while playing', async () => {
    const handlers = props();
    const { rerender } = render(<Timeline {...handlers} />);
    await drawn();
    const before = counter.cleared;
    for (let frame = 1; frame <= 20; frame += 1) {
      rerender(<Timeline {...handlers} currentFrame={frame} />);
      await drawn();
    }
    expect(counter.cleared).toBe(before);
    expect(screen.getByTestId('timeline-head').style.transform).toBe(
      'translateX(20px)',
    );
  });

  it('redraws once, however often the window moved within a frame', async () => {
    render(<Timeline {...props()} />);
    fireEvent.keyDown(screen.getByTestId('timeline-lanes'), { key: '+' });
    await drawn();
    const before = counter.cleared;
    for (let k = 0; k < 10; k += 1) {
      wheel(30, 500, true);
    }
    await drawn();
    expect(counter.cleared - before).toBe(1);
  });

  it('follows the play head when it leaves, unless the person looks elsewhere', async () => {
    const handlers = props();
    const { rerender } = render(<Timeline {...handlers} currentFrame={500} />);
    const slider = screen.getByTestId('timeline-lanes');
    for (let k = 0; k < 5; k += 1) fireEvent.keyDown(slider, { key: '+' });
    await drawn();
    const [left, width] = windowPlace();
    const last = Math.ceil(left + width);
    for (let frame = 501; frame <= last + 3; frame += 1) {
      rerender(<Timeline {...handlers} currentFrame={frame} />);
    }
    await drawn();
    expect(windowPlace()[0]).toBeGreaterThan(left + width / 2);
    wheel(-5000, 500, true);
    await drawn();
    const away = windowPlace()[0];
    rerender(<Timeline {...handlers} currentFrame={last + 4} />);
    await drawn();
    expect(windowPlace()[0]).toBe(away);
    rerender(<Timeline {...handlers} currentFrame={900} />);
    await drawn();
    expect(windowPlace()[0]).toBeGreaterThan(800);
  });

  it('reads out the frame under the pointer, and nothing of the model when blind', () => {
    const handlers = props({ hidden: { first: 400, last: 420 }, item: item() });
    render(<Timeline {...handlers} />);
    expect(screen.queryByTestId('timeline-readout')).toBeNull();
    const readAt = (clientX: number) => {
      fireEvent.pointerMove(over(), { clientX, buttons: 0 });
      return screen.getByTestId('timeline-readout').textContent;
    };
    expect(readAt(100)).toContain('frame 100');
    expect(readAt(100)).toMatch(/V [+−]?\d\.\d\d \[/);
    expect(readAt(410)).toContain('frame 410');
    expect(readAt(410)).toContain('stays hidden');
    expect(readAt(410)).not.toMatch(/[VA] [+−]?\d/);
    fireEvent.pointerLeave(over());
    expect(screen.queryByTestId('timeline-readout')).toBeNull();
  });

  it('says where the face is away', () => {
    render(
      <Timeline {...props({ frames: new Int32Array([5, 6, 7]), prediction: null })} />,
    );
    fireEvent.pointerMove(over(), { clientX: 300, buttons: 0 });
    expect(screen.getByTestId('timeline-readout').textContent).toContain(
      'not seen here',
    );
  });

  it('says that there is no prediction, as when it belongs to a track before its edit', () => {
    const { rerender } = render(<Timeline {...props({ frames: allFrames(700) })} />);
    expect(screen.getByTestId('timeline').textContent).toContain('no prediction yet');
    rerender(<Timeline {...props()} />);
    expect(screen.getByTestId('timeline').textContent).not.toContain(
      'no prediction yet',
    );
    expect(screen.getByTestId('timeline').textContent).toContain('under the threshold');
  });

  it('speaks Japanese', () => {
    setLanguage('ja');
    render(<Timeline {...props()} />);
    expect(screen.getByTestId('timeline').textContent).toContain('感情価');
    expect(screen.getByRole('slider', { name: '動画内の位置' })).toBeTruthy();
  });
});
