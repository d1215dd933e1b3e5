/** A button that opens a list of actions: one line in a row, however many they are. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../components/Icon';

interface MenuProps {
  label: string;
  testid: string;
  /** The actions; each closes the list once it is done. */
  children: (close: () => void) => ComponentChildren;
}

/** Closes after an action, on Esc, and when the focus or a click goes elsewhere. */
export function Menu({ label, testid, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    root.current?.querySelector('.menu-list')?.scrollIntoView?.({ block: 'nearest' });
    const leave = (event: Event) => {
      const inside =
        event.target instanceof Node && root.current?.contains(event.target);
      if (!inside) setOpen(false);
    };
    addEventListener('pointerdown', leave);
    addEventListener('focusin', leave);
    return () => {
      removeEventListener('pointerdown', leave);
      removeEventListener('focusin', leave);
    };
  }, [open]);
  return (
    <div
      ref={root}
      class="menu"
      role="group"
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        event.preventDefault();
        event.stopPropagation();
        setOpen(false);
        root.current?.querySelector<HTMLElement>('.menu-button')?.focus();
      }}
    >
      <button
        type="button"
        class="panel-button menu-button"
        aria-expanded={open}
        data-testid={testid}
        onClick={() => setOpen(!open)}
      >
        {label}
        <Icon name="down" />
      </button>
      <div class="menu-list" hidden={!open}>
        {children(() => setOpen(false))}
      </div>
    </div>
  );
}
