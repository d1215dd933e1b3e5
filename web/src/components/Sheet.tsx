/** The frame of this folder's side sheets: no dialog, the page's keys go on working. */

import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { sideSheet } from '../state/ui';
import { Icon } from './Icon';
import { ActionButton } from './Key';

export interface SheetProps {
  title: string;
  testid: string;
  children: ComponentChildren;
}

export function Sheet({ title, testid, children }: SheetProps) {
  return (
    <aside class="sheet" aria-label={title} data-testid={testid}>
      <header class="sheet-head">
        <h2>{title}</h2>
        <ActionButton
          action="close"
          label={t('sheet.close')}
          class="icon-button"
          onPress={() => {
            sideSheet.value = null;
          }}
          testid="sheet-close"
        >
          <Icon name="close" />
        </ActionButton>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled with the keyboard. */}
      <div class="sheet-body" tabIndex={0} data-keys="scroll">
        {children}
      </div>
    </aside>
  );
}
