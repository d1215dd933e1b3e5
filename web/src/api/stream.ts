/** Notifications of the server, as they come: server-sent events. */

import { effect } from '@preact/signals';
import { streamUrl } from './client';
import type { StreamMessage } from './types';

const NAMES = [
  'hello',
  'refilled',
  'changed',
  'progress',
  'failed',
  'job',
  'settings',
] as const;
const AGAIN_MS = 5000;

/** One message of the stream, or null if it is none that this page knows. */
export function parseMessage(name: string, data: string): StreamMessage | null {
  if (!(NAMES as readonly string[]).includes(name)) return null;
  const body = JSON.parse(data) as object;
  return { ...body, type: name } as StreamMessage;
}

/**
 * Listens until the returned function is called.
 *
 * The browser connects again by itself after a break, but gives up after an answer that
 * is no stream (a sign-in that has run out, say): then we try anew.
 */
export function openStream(
  onMessage: (message: StreamMessage) => void,
  onOpen: (open: boolean) => void,
): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const connect = () => {
    source = new EventSource(streamUrl());
    source.onopen = () => onOpen(true);
    source.onerror = () => {
      onOpen(false);
      if (source.readyState === EventSource.CLOSED) {
        timer = setTimeout(connect, AGAIN_MS);
      }
    };
    for (const name of NAMES) {
      source.addEventListener(name, (event) => {
        const message = parseMessage(name, (event as MessageEvent<string>).data);
        if (message) onMessage(message);
      });
    }
  };
  return effect(() => {
    connect(); // anew in another language
    return () => {
      clearTimeout(timer);
      source.close();
    };
  });
}
