/** A value that changes often, followed calmly: for what is costly to ask for anew. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { latestEvent } from '../state/live';

/** The value, at most one change in so many milliseconds; the last one always comes. */
export function useCalm<T>(value: T, ms: number): T {
  const [kept, setKept] = useState(value);
  const since = useRef(performance.now());
  useEffect(() => {
    if (value === kept) return;
    const wait = Math.max(0, ms - (performance.now() - since.current));
    const timer = setTimeout(() => {
      since.current = performance.now();
      setKept(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [value, kept, ms]);
  return kept;
}

const OTHERS_MS = 2000;

/** The latest event, calmly: for lists that need not follow each judgement of others. */
export const useCalmEvent = (): number => useCalm(latestEvent.value, OTHERS_MS);
