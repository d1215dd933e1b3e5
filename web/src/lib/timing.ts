/** Work that follows many calls: not at each of them, and never not at all. */

type Work = () => Promise<unknown>;

/** While offline nothing arrives; the next `hello` of the server makes up for it. */
const quietly = (work: Work) => void work().catch(() => undefined);

/**
 * Runs `work` once calls have paused for `pause` milliseconds, and at the latest `longest`
 * after the first of them: a stream of calls must not hold it up for good.
 */
export function debounced(work: Work, pause: number, longest: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let due = 0;
  return () => {
    const now = Date.now();
    if (timer === undefined) due = now + longest;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        timer = undefined;
        quietly(work);
      },
      Math.max(0, Math.min(pause, due - now)),
    );
  };
}

/** Runs `work` at most once in `wait` milliseconds, however often it is called. */
export function throttled(work: Work, wait: number): () => void {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    setTimeout(() => {
      due = false;
      quietly(work);
    }, wait);
  };
}

export const pause = (ms: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

/** An answer that has not come for so long is not waited for any more. */
const PATIENCE_MS = 30_000;

/**
 * Runs `work` one at a time: whoever calls while it runs gets one more run after that,
 * together with all who did. On a slow line there would else be ever more requests for
 * the same, and an older answer could come after a newer one.
 */
export function inTurn(work: Work): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  let since = 0;
  const run = (): Promise<void> => {
    next = null;
    since = Date.now();
    const mine = work().then(() => undefined);
    running = mine;
    const over = () => {
      if (running === mine) running = null;
    };
    mine.then(over, over);
    return mine;
  };
  return () => {
    if (!running || Date.now() - since > PATIENCE_MS) return run();
    next ??= running.then(run, run);
    return next;
  };
}
