/** What is wider than its sheet: scrolled by keyboard too. */

import type { ComponentChildren } from 'preact';

/** The page's own keys leave arrows to it. */
const byKeys = (label: string) =>
  ({
    role: 'region',
    tabIndex: 0,
    'data-keys': 'scroll',
    'aria-label': label,
  }) as const;

export function Scrolling(props: { label: string; children: ComponentChildren }) {
  return (
    <div class="data-scroll" {...byKeys(props.label)}>
      {props.children}
    </div>
  );
}
