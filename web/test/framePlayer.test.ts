import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FramePlayer } from '../src/lib/framePlayer';
import { frameAt } from '../src/lib/geometry';

/** 100 frames of 40 ms. */
const times = Float64Array.from({ length: 100 }, (_, i) => 0.04 * i);

/** Stands in for a video element; the test says when a seek is done. */
class FakeVideo extends EventTarget {
  readyState = 1;
  paused = true;
  ended = false;
  seeking = false;
  readonly seeks: number[] = [];
  readonly times: number[] = [];
  private callback: VideoFrameRequestCallback | null = null;

  set currentTime(time: number) {
    this.seeking = true;
    this.seeks.push(frameAt(times, time));
    this.times.push(time);
  }

  requestVideoFrameCallback(callback: VideoFrameRequestCallback): number {
    this.callback = callback;
    return 1;
  }

  cancelVideoFrameCallback(): void {
    this.callback = null;
  }

  finish(): void {
    this.seeking = false;
    this.dispatchEvent(new Event('seeked'));
  }

  present(frame: number): void {
    const callback = this.callback;
    const metadata = { mediaTime: times[frame] } as VideoFrameCallbackMetadata;
    callback?.(0, metadata);
  }
}

let video: FakeVideo;
let player: FramePlayer;
const events = { shown: vi.fn(), found: vi.fn(), playing: vi.fn(), failed: vi.fn() };

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetAllMocks();
  video = new FakeVideo();
  player = new FramePlayer(video as unknown as HTMLVideoElement, events);
  player.setTimes(times);
});

afterEach(() => {
  player.close();
  vi.useRealTimers();
});

describe('seeking', () => {
  it('reports the frame once it is on screen', () => {
    player.seek(12);
    expect(video.seeks).toEqual([12]);
    expect(events.found).not.toHaveBeenCalled();
    video.finish();
    video.present(12);
    expect(events.shown).toHaveBeenLastCalledWith(12, true);
    expect(events.found).toHaveBeenCalledExactlyOnceWith(12);
  });

  it('carries out only the latest of many', () => {
    for (let frame = 1; frame <= 30; frame += 1) player.seek(frame);
    expect(video.seeks).toEqual([1]);
    video.finish();
    expect(video.seeks).toEqual([1, 30]);
    video.finish();
    video.present(30);
    expect(events.found).toHaveBeenCalledExactlyOnceWith(30);
  });

  it('goes back to the frame on screen even while another seek is under way', () => {
    player.seek(5);
    video.finish();
    video.present(5);
    player.seek(9);
    player.seek(5);
    video.finish();
    video.finish();
    video.present(5);
    expect(video.seeks).toEqual([5, 9, 5]);
    expect(events.shown).toHaveBeenLastCalledWith(5, true);
  });

  it('does not seek to where it is', () => {
    player.seek(5);
    video.finish();
    video.present(5);
    player.seek(5);
    expect(video.seeks).toEqual([5]);
  });

  it('does without a new picture if the browser shows none', () => {
    player.seek(5);
    video.finish();
    vi.advanceTimersByTime(200);
    expect(events.found).toHaveBeenCalledExactlyOnceWith(5);
  });

  it('does not take a picture from before the seek for the one asked for', () => {
    player.seek(5);
    video.present(2);
    expect(events.found).not.toHaveBeenCalled();
    expect(events.shown).toHaveBeenLastCalledWith(2, false);
  });

  it('does not take a picture that is reported late for the one asked for', () => {
    player.seek(5);
    video.finish();
    player.seek(9);
    video.finish();
    video.present(5);
    expect(events.shown).toHaveBeenLastCalledWith(5, false);
    video.present(9);
    expect(events.shown).toHaveBeenLastCalledWith(9, true);
    expect(events.found).toHaveBeenCalledExactlyOnceWith(9);
  });

  it('believes the browser if it keeps showing another frame', () => {
    player.seek(5);
    video.finish();
    video.present(6);
    vi.advanceTimersByTime(200);
    expect(events.shown).toHaveBeenLastCalledWith(6, false);
    video.finish();
    video.present(6);
    vi.advanceTimersByTime(200);
    expect(video.seeks).toEqual([5, 5]);
    expect(events.shown).toHaveBeenLastCalledWith(6, true);
  });

  it('asks again at another time, as the same one shows nothing new', () => {
    player.seek(5);
    video.finish();
    video.present(6);
    vi.advanceTimersByTime(200);
    expect(new Set(video.times).size).toBe(2);
    video.finish();
    video.present(5);
    expect(events.shown).toHaveBeenLastCalledWith(5, true);
    expect(events.found).toHaveBeenCalledExactlyOnceWith(5);
  });

  it('keeps its place when the picture of an earlier seek comes very late', () => {
    player.seek(9);
    video.finish();
    player.seek(0);
    video.finish();
    vi.advanceTimersByTime(200);
    expect(events.shown).toHaveBeenLastCalledWith(0, true);
    video.present(9);
    expect(events.shown).toHaveBeenLastCalledWith(9, false);
    video.finish();
    video.present(0);
    expect(events.shown).toHaveBeenLastCalledWith(0, true);
    expect(video.seeks).toEqual([9, 0, 0]);
  });

  it('waits for the file and for the times', () => {
    const early = new FakeVideo();
    early.readyState = 0;
    const other = new FramePlayer(early as unknown as HTMLVideoElement, events);
    other.seek(7);
    other.setTimes(times);
    expect(early.seeks).toEqual([]);
    early.readyState = 1;
    early.dispatchEvent(new Event('loadedmetadata'));
    expect(early.seeks).toEqual([7]);
    other.close();
  });
});

describe('playing', () => {
  it('reports each frame that is shown', () => {
    video.paused = false;
    for (const frame of [3, 4, 6]) video.present(frame);
    expect(events.shown.mock.calls).toEqual([
      [3, true],
      [4, true],
      [6, true],
    ]);
    expect(player.aims(6)).toBe(true);
  });

  it('takes the picture that comes after a stop, but not after a later seek', () => {
    video.paused = false;
    video.present(20);
    video.paused = true;
    video.present(21);
    expect(events.shown).toHaveBeenLastCalledWith(21, true);
    player.seek(21);
    expect(video.seeks).toEqual([21]);
    video.finish();
    video.present(22);
    expect(events.shown).toHaveBeenLastCalledWith(22, false);
  });

  it('tells a new listener what is on screen, but not during a seek', () => {
    video.present(8);
    events.shown.mockClear();
    player.report();
    expect(events.shown).toHaveBeenCalledExactlyOnceWith(8, true);
    player.seek(9);
    player.report();
    expect(events.shown).toHaveBeenCalledOnce();
  });

  it('says when it plays, stops, ends or fails', () => {
    for (const name of ['play', 'pause', 'ended', 'error']) {
      video.dispatchEvent(new Event(name));
    }
    expect(events.playing.mock.calls).toEqual([[true], [false], [false]]);
    expect(events.failed).toHaveBeenCalledOnce();
  });
});
