/** The frame of a side sheet: no dialog, the page's keys go on working. */

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { type SideSheet, sideSheet } from '../state/ui';
import './panels.css';
import './history.css';
import './faces.css';
import './contactSheet.css';

interface PanelProps {
  name: SideSheet;
  title: string;
  /** Controls beside the title. */
  tools?: ComponentChildren;
  onKeyDown?: (event: KeyboardEvent) => void;
  children: ComponentChildren;
  /** Stays in sight under what scrolls. */
  footer?: ComponentChildren;
}

/** Takes the focus when it opens, so that Tab goes on in it, and gives it back. */
function useFocus() {
  const root = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    if (!root.current?.contains(before)) root.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return root;
}

export function Panel(props: PanelProps) {
  const { name, title, onKeyDown, tools, children, footer } = props;
  const root = useFocus();
  return (
    <aside
      ref={root}
      class={`panel panel-${name}`}
      aria-label={title}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      data-testid={`panel-${name}`}
    >
      <header class="panel-head">
        <h2>{title}</h2>
        {tools}
        <button
          type="button"
          class="panel-close"
          aria-label={t('sheet.close', { name: title })}
          title={t('sheet.close', { name: title })}
          data-testid="panel-close"
          onClick={() => {
            sideSheet.value = null;
          }}
        >
          ×
        </button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled with the keyboard. */}
      <div class="panel-body" tabIndex={0} data-keys="scroll">
        {children}
      </div>
      {footer}
    </aside>
  );
}

/** A sentence of the server, or of the network, shown where the action was. */
export function Fault({ text }: { text: string | null }) {
  if (!text) return null;
  return (
    <p class="panel-fault" role="alert" data-testid="panel-fault">
      {text}
    </p>
  );
}
