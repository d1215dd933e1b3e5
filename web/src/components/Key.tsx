/** Key caps, and the button that carries one. */

import type { ComponentChildren, TargetedMouseEvent } from 'preact';
import { type Action, ariaKeys, keyHint, shownChord } from '../keys';

export function Key({ chord }: { chord: string }) {
  return <kbd class="key">{shownChord(chord)}</kbd>;
}

export interface ActionButtonProps {
  action: Action;
  label: string;
  onPress: () => void;
  children?: ComponentChildren;
  /** Stands after the label, as a part of it. */
  after?: ComponentChildren;
  class?: string;
  disabled?: boolean;
  /** For buttons that switch something on and off. */
  pressed?: boolean;
  testid?: string;
  /** Shows the key beside the label. */
  showKey?: boolean;
}

/** A click with the mouse must not take the focus: Space would press it again. */
export const keepFocus = (event: TargetedMouseEvent<HTMLElement>) =>
  event.preventDefault();

export function ActionButton(props: ActionButtonProps) {
  const { action, label, onPress, children, pressed, disabled } = props;
  return (
    <button
      type="button"
      class={props.class ?? 'button'}
      aria-label={children ? label : undefined}
      aria-keyshortcuts={ariaKeys(action)}
      aria-pressed={pressed}
      title={`${label} (${keyHint(action)})`}
      data-testid={props.testid}
      disabled={disabled}
      onMouseDown={keepFocus}
      onClick={onPress}
    >
      {children ?? <span class="button-label">{label}</span>}
      {props.after}
      {props.showKey && <kbd class="key">{keyHint(action)}</kbd>}
    </button>
  );
}
