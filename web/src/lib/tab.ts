/** This tab among those of the browser: what one has not finished is no other's. */

import { store, stored } from './storage';

const STORED = 'feltline.tab';
const LOCK = 'feltline.tab/';
/** A page that is left lets go of its name a moment after the next one has begun. */
const LEAVING_MS = 1000;

/** Where storage is switched off, a name for this visit. */
let own = '';

/** The name of this tab; it outlives a reload. */
export function tabName(): string {
  own ||= stored<string>(sessionStorage, STORED) ?? crypto.randomUUID();
  store(sessionStorage, STORED, JSON.stringify(own));
  return own;
}

/**
 * Takes the name of this tab, and says which other tabs are open.
 *
 * A tab that was duplicated has the name of another one, so it gets a new name. Without
 * locks, as over a network without TLS, no other tab is known.
 */
export async function openTabs(): Promise<ReadonlySet<string>> {
  const locks = navigator.locks;
  if (!locks) return new Set();
  if (!(await isTaken(locks, tabName()))) {
    own = crypto.randomUUID();
    store(sessionStorage, STORED, JSON.stringify(own));
    await isTaken(locks, own);
  }
  const { held = [] } = await locks.query();
  const names = held.map(({ name = '' }) => name);
  const open = names.filter((name) => name.startsWith(LOCK));
  return new Set(open.map((name) => name.slice(LOCK.length)).filter((n) => n !== own));
}

/** Holds a name until the page is left; false if another tab goes on holding it. */
function isTaken(locks: LockManager, name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(LEAVING_MS);
    const hold = () => {
      resolve(true);
      return new Promise(() => undefined);
    };
    locks.request(LOCK + name, { signal }, hold).catch(() => resolve(false));
  });
}
