/** How a side sheet hands a change to the page's outbox, and what comes back. */

import { useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import type { Change } from '../outbox';
import { outboxSignal } from '../state/changes';

export type NewChange = Omit<Change, 'at'>;

/** The outbox's `ask`: the server's answer, or null if it refuses. */
export type Send = <T>(change: NewChange) => Promise<T | null>;

export type Outcome<T> = { answer: T; fault: null } | { answer: null; fault: string };

/**
 * Sends a change; a refusal comes back as the server's sentence, for the side sheet shows it
 * where the action was. The page's own list of refused changes need not say it again,
 * unless the sheet was closed meanwhile.
 */
export async function sendChange<T>(
  send: Send,
  change: NewChange,
  isOpen: () => boolean,
): Promise<Outcome<T>> {
  const answer = await send<T>(change);
  if (answer !== null) return { answer, fault: null };
  const box = outboxSignal.peek();
  const refused = box?.refused
    .peek()
    .find((one) => one.change.client_id === change.client_id);
  if (isOpen()) box?.dismiss(change.client_id);
  return { answer: null, fault: refused?.sentence ?? t('sheet.refused') };
}

/** Whether the side sheet that uses this is still open. */
export function useIsOpen(): () => boolean {
  const open = useRef(true);
  useLayoutEffect(() => {
    open.current = true;
    return () => {
      open.current = false;
    };
  }, []);
  return () => open.current;
}

const videoPath = (video_id: string) => `/videos/${encodeURIComponent(video_id)}`;

/** A change of one face; `what` is the last part of its path. */
export function trackChange(
  video_id: string,
  track_id: number,
  what: 'split' | 'merge' | 'ignore' | 'restore' | 'person',
  body: Record<string, unknown> = {},
): NewChange {
  const client_id = crypto.randomUUID();
  return {
    client_id,
    kind: what === 'person' ? 'person' : 'track',
    method: what === 'person' ? 'PUT' : 'POST',
    path: `${videoPath(video_id)}/tracks/${track_id}/${what}`,
    body: { ...body, client_id },
  };
}
