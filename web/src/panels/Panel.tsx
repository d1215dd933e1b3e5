/** The frame of a side sheet: a title, a way to close it, and what it holds. */

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import './panels.css';

interface PanelProps {
  name: 'sheet' | 'threshold' | 'faces' | 'history';
  title: string;
  onClose: () => void;
  /** Controls beside the title. */
  tools?: ComponentChildren;
  onKeyDown?: (event: KeyboardEvent) => void;
  children: ComponentChildren;
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
  const { name, title, onClose, onKeyDown, tools, children } = props;
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
          aria-label={t('sheet.closePanel', { name: title })}
          title={t('sheet.closePanel', { name: title })}
          data-testid="panel-close"
          onClick={onClose}
        >
          ×
        </button>
      </header>
      {children}
    </aside>
  );
}

/** A sentence of the server, or of the network, said where the action was. */
export function Fault({ text }: { text: string | null }) {
  if (!text) return null;
  return (
    <p class="panel-fault" role="alert" data-testid="panel-fault">
      {text}
    </p>
  );
}
