/** One video element that is driven by frame numbers and says which frame it shows.
 *
 * While it plays, the picture on screen is the place in the video. While it stands, the
 * frame that was asked for is: the browser reports pictures late, on a busy machine long
 * after a later seek is done, and a late report must not move the place under the rater.
 */

import { frameAt, seekTime } from './geometry';

export interface FramePlayerEvents {
  /** A frame is on screen; `settled` if it is the place in the video too. */
  shown: (frame: number, settled: boolean) => void;
  /** A frame that was asked for is on screen. */
  found: (frame: number) => void;
  playing: (playing: boolean) => void;
  /** The browser cannot play the file. */
  failed: () => void;
}

/** After a seek within one frame the browser need not show it anew. */
const NO_NEW_FRAME_MS = 120;

/** An original that browsers play begins this soon; only a proxy is made to begin at 0. */
const LATEST_START_S = 0.001;

export class FramePlayer {
  private times: Float64Array = new Float64Array();
  private wanted: number | null = null;
  private target: number | null = null;
  /** The frame that is on screen, or will be after the seeks under way. */
  private aim: number | null = null;
  /** The picture reported since the seek was done, if another than the one asked for. */
  private other: number | null = null;
  /** The seek under way is the second one to its frame. */
  private again = false;
  /** It plays, or has come to a stop of its own accord: pictures move the place. */
  private rolling = false;
  private handle = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly stop = new AbortController();

  constructor(
    readonly video: HTMLVideoElement,
    private readonly events: FramePlayerEvents,
  ) {
    const on = (name: string, handler: () => void) =>
      video.addEventListener(name, handler, { signal: this.stop.signal });
    on('loadedmetadata', () => this.start());
    on('seeked', () => this.afterSeek());
    on('play', () => events.playing(true));
    on('pause', () => events.playing(false));
    on('ended', () => events.playing(false));
    on('error', () => events.failed());
    this.watch();
  }

  /** Times by the clock of the video: its picture may begin after its sound, what is
   * played begins at 0. */
  setTimes(times: Float64Array): void {
    const first = times[0] ?? 0;
    this.times = first > LATEST_START_S ? times.map((time_s) => time_s - first) : times;
    this.start();
  }

  get playing(): boolean {
    return !this.video.paused && !this.video.ended;
  }

  /** Shows a frame; of many calls in a row only the latest is carried out. */
  seek(frame: number): void {
    // After a stop the picture of one frame further on may still be under way.
    if (frame === this.aim && (this.playing || !this.rolling)) return;
    this.rolling = this.playing;
    this.aim = frame;
    this.wanted = frame;
    this.again = false;
    // A seek that is done but not shown yet must not hold this one up.
    if (this.target === null || !this.video.seeking) this.start();
  }

  /** True if this frame is on screen or on its way. */
  aims(frame: number): boolean {
    return this.aim === frame;
  }

  /** Reports the frame on screen anew, to one who has just begun to listen. */
  report(): void {
    if (this.aim !== null && this.target === null && this.wanted === null) {
      this.events.shown(this.aim, true);
      this.events.found(this.aim);
    }
  }

  async play(): Promise<void> {
    await this.video.play();
  }

  pause(): void {
    this.video.pause();
  }

  setRate(rate: number): void {
    this.video.playbackRate = rate;
  }

  close(): void {
    this.stop.abort();
    clearTimeout(this.timer);
    this.video.cancelVideoFrameCallback?.(this.handle);
  }

  private start(): void {
    const ready = this.video.readyState >= 1 && this.times.length > 0;
    if (!ready || this.wanted === null) return;
    this.target = this.wanted;
    this.wanted = null;
    this.other = null;
    clearTimeout(this.timer);
    this.video.currentTime = seekTime(this.times, this.target, this.again);
  }

  /** Seeks to the same frame a second time; false if that has been done. */
  private tryAgain(frame: number): boolean {
    if (this.again) return false;
    this.again = true;
    this.wanted = frame;
    this.start();
    return true;
  }

  private afterSeek(): void {
    if (this.wanted !== null) {
      this.start();
      return;
    }
    clearTimeout(this.timer);
    const seeked = this.target;
    this.timer = setTimeout(() => {
      if (seeked === null || this.target !== seeked) return;
      // Another picture is a late report, or what the browser makes of this time.
      if (this.other !== null && this.tryAgain(seeked)) return;
      this.settle(this.other ?? seeked);
    }, NO_NEW_FRAME_MS);
  }

  private settle(frame: number): void {
    this.target = null;
    this.aim = frame;
    this.events.shown(frame, true);
    this.events.found(frame);
  }

  private watch(): void {
    this.handle = this.video.requestVideoFrameCallback((_now, { mediaTime }) => {
      this.watch();
      if (this.times.length === 0) return;
      const frame = frameAt(this.times, mediaTime);
      const seeking = this.target !== null || this.wanted !== null;
      if (this.playing) this.rolling = true;
      const follows = this.rolling || this.aim === null || this.aim === frame;
      if (!seeking && follows) {
        this.aim = frame;
        this.events.shown(frame, true);
      } else if (!seeking) {
        this.events.shown(frame, false);
        if (this.aim !== null) this.tryAgain(this.aim);
      } else if (frame === this.target && !this.video.seeking && this.wanted === null) {
        clearTimeout(this.timer);
        this.settle(frame);
      } else {
        // The picture of an earlier seek may be reported only after this one is done;
        // so wait for ours, and believe another only if nothing follows.
        if (!this.video.seeking) this.other = frame;
        this.events.shown(frame, false);
      }
    });
  }
}
