/** Announcements: short messages that come and go; never a dialog. */

import { signal } from '@preact/signals';
import type { Params } from '../i18n';

export interface Notice {
  id: number;
  kind: 'info' | 'warning' | 'error';
  /** Key of a string, so that a message follows the language switch. */
  key: string;
  params: Params;
  /** What its button does: goes to what it speaks of. */
  show?: (() => void) | undefined;
}

const SHOWN_MS = 6000;
let last = 0;

export const notices = signal<Notice[]>([]);

/** Shows a message; warnings and infos leave by themselves, errors stay. */
export function announce(
  kind: Notice['kind'],
  key: string,
  params: Params = {},
  show?: () => void,
): void {
  const same = notices.value.find(
    (n) => n.key === key && JSON.stringify(n.params) === JSON.stringify(params),
  );
  if (same) dismissNotice(same.id);
  last += 1;
  const id = last;
  notices.value = [...notices.value.slice(-3), { id, kind, key, params, show }];
  if (kind !== 'error') setTimeout(() => dismissNotice(id), SHOWN_MS);
}

export function dismissNotice(id: number): void {
  notices.value = notices.value.filter((n) => n.id !== id);
}
