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
