/** Files that were under way when the page was left: a browser cannot send them again. */

import { effect, signal } from '@preact/signals';
import { store, stored } from '../lib/storage';
import { announce } from '../state/announcements';
import { ownerKey } from '../state/session';
import { sideSheet } from '../state/ui';

/** Their names, until they are chosen again or put away. */
export const lostUploads = signal<readonly string[]>([]);

/** Of this tab only: others may be sending files of their own. */
const storageKey = () => `feltline.sending/${encodeURIComponent(ownerKey())}`;

export function putLostAway(): void {
  lostUploads.value = [];
}

/** Those that are being sent now are lost no longer. */
export function foundAgain(names: readonly string[]): void {
  lostUploads.value = lostUploads.value.filter((name) => !names.includes(name));
}

/**
 * Says what did not arrive before the page was left, and asks before it is left again.
 *
 * `underWay` names what is on its way now; it is read as a signal.
 */
export function followLost(underWay: () => readonly string[]): () => void {
  const key = storageKey();
  lostUploads.value = stored<string[]>(sessionStorage, key) ?? [];
  const n = lostUploads.value.length;
  if (n > 0 && sideSheet.value !== 'videos') {
    announce('warning', 'upload.lost.notice', { n });
  }
  const stop = effect(() => {
    const names = [...lostUploads.value, ...underWay()];
    if (names.length > 0) store(sessionStorage, key, JSON.stringify(names));
    else sessionStorage.removeItem(key);
  });
  const ask = (event: BeforeUnloadEvent) => {
    if (underWay().length > 0) event.preventDefault();
  };
  addEventListener('beforeunload', ask);
  return () => {
    stop();
    removeEventListener('beforeunload', ask);
  };
}
