/** The steps of live rating: which follows which, whatever is pressed. */

/**
 * `ready`: how to rate is chosen; `countdown`; `rating`: the video plays, or was paused;
 * `review`: nothing is sent yet; `sent`: on its way or saved, with its lag.
 */
export type Phase = 'ready' | 'countdown' | 'rating' | 'review' | 'sent';

export interface Step {
  phase: Phase;
  /** Seconds that the countdown still takes. */
  left: number;
}

export type Happening =
  | 'start'
  | 'second'
  | 'now'
  /** Ended by the person, by the video or by what went wrong. */
  | 'end'
  /** Ended without anything worth keeping. */
  | 'empty'
  | 'send'
  | 'discard'
  | 'again'
  /** A rating that was not sent before the page was left. */
  | 'found';

export const COUNTDOWN_S = 3;
export const READY: Step = { phase: 'ready', left: 0 };

const COUNTDOWN: Step = { phase: 'countdown', left: COUNTDOWN_S };
const RATING: Step = { phase: 'rating', left: 0 };
const REVIEW: Step = { phase: 'review', left: 0 };
const SENT: Step = { phase: 'sent', left: 0 };

type Follows = Partial<Record<Happening, (before: Step) => Step>>;
const to = (step: Step) => () => step;

const FOLLOWS: Readonly<Record<Phase, Follows>> = {
  ready: { start: to(COUNTDOWN), found: to(REVIEW) },
  countdown: {
    second: ({ left }) => (left > 1 ? { phase: 'countdown', left: left - 1 } : RATING),
    now: to(RATING),
    end: to(READY),
  },
  rating: { end: to(REVIEW), empty: to(READY) },
  review: { send: to(SENT), discard: to(READY), again: to(COUNTDOWN) },
  sent: { start: to(COUNTDOWN), discard: to(READY) },
};

/** The step after this one; the same one where nothing follows. */
export const after = (before: Step, happening: Happening): Step =>
  FOLLOWS[before.phase][happening]?.(before) ?? before;
