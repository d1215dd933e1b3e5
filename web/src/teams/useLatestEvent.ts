/** What others did lately, for lists that need not follow each of their judgements. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { latestEvent } from '../state/live';

const LATER_MS = 2000;

/** The latest event, at most once in two seconds. */
export function useLatestEvent(): number {
  const shown = useSignal(latestEvent.peek());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const now = latestEvent.value;
  useEffect(() => {
    if (timer.current !== undefined || now === shown.peek()) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      shown.value = latestEvent.peek();
    }, LATER_MS);
  }, [now]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return shown.value;
}
