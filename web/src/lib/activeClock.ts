/** Seconds that a person was at work: page in sight and an input not long ago. */

const IDLE_AFTER_MS = 20_000;

export class ActiveClock {
  private active = 0;
  private since: number;
  private visible = true;

  constructor(now: number) {
    this.since = now;
  }

  /** Starts anew: the next decision. Being shown something counts as an input. */
  reset(now: number): void {
    this.active = 0;
    this.since = now;
  }

  /** A key, a click, a turn of the wheel. */
  input(now: number): void {
    this.active += this.open(now);
    this.since = now;
  }

  setVisible(visible: boolean, now: number): void {
    if (this.visible) this.active += this.open(now);
    this.visible = visible;
    this.since = now;
  }

  /** Seconds so far, to a tenth. */
  read(now: number): number {
    return Math.round((this.active + this.open(now)) / 100) / 10;
  }

  private open(now: number): number {
    return this.visible ? Math.min(Math.max(now - this.since, 0), IDLE_AFTER_MS) : 0;
  }
}
