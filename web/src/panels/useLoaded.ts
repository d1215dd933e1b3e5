/** What a side sheet fetches: the answer, the wait for it, or the fault. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/faults';

export interface Loaded<T> {
  value: T | null;
  fault: string | null;
  loading: boolean;
  reload: () => Promise<void>;
}

/** @param keys what the answer depends on; an older answer that comes late is dropped */
export function useLoaded<T>(
  load: () => Promise<T>,
  keys: readonly unknown[],
): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [loading, setLoading] = useState(true);
  const asked = useRef(0);
  const reload = useCallback(async () => {
    asked.current += 1;
    const mine = asked.current;
    setLoading(true);
    try {
      const answer = await load();
      if (mine !== asked.current) return;
      setValue(answer);
      setFault(null);
    } catch (error) {
      if (mine === asked.current) setFault(sentenceOf(error));
    }
    if (mine === asked.current) setLoading(false);
  }, keys);
  useEffect(() => {
    void reload();
    return () => {
      asked.current += 1;
    };
  }, [reload]);
  return { value, fault, loading, reload };
}
