/** A link that lets a user choose a password, once: shown now, and never again. */

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Welcome } from '../api/types';
import { t } from '../i18n';

export function WelcomeLink({ of, name }: { of: Welcome; name: string }) {
  const isCopied = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  const address = `${location.origin}${of.link}`;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address);
      isCopied.value = true;
    } catch {
      field.current?.select(); // by hand then: the browser does not let a page copy
    }
  };
  return (
    <div class="welcome-link">
      <p>{t('people.linkOnce', { name, days: of.days })}</p>
      <div class="people-row">
        <input
          ref={field}
          class="input"
          readOnly
          aria-label={t('people.link', { name })}
          value={address}
          data-testid="welcome-link"
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" class="button" onClick={() => void copy()}>
          {t(isCopied.value ? 'people.copied' : 'people.copy')}
        </button>
      </div>
    </div>
  );
}
