/** Other keys for actions: pressed, checked, kept in this browser, saved to a file. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { type Action, chordOf, isSilent } from '../keys';
import { download } from '../lib/download';
import { Fault } from '../panels/Panel';
import {
  isChanged,
  isFixed,
  type KeyFault,
  keysAsText,
  resetKey,
  resetKeys,
  setKey,
  takeKeys,
} from '../state/keymap';
import { FileButton } from './FileButton';

function sentence(fault: KeyFault | null): string | null {
  if (!fault) return null;
  const { other, ...rest } = fault.params;
  return t(fault.key, other === undefined ? rest : { ...rest, other: t(other) });
}

/**
 * The next key that is pressed goes to the action, and to nothing else; null = given up.
 * Listens from this very moment, for whoever is quick; returns how to stop.
 */
function nextKey(take: (chord: string | null) => void): () => void {
  const press = (event: KeyboardEvent) => {
    const isBrowsers = /^F\d+$/.test(event.key); // which is to be told
    if (event.isComposing || (isSilent(event) && !isBrowsers)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    take(event.key === 'Escape' || event.key === 'Tab' ? null : chordOf(event));
  };
  // Before all others: the page must not act on the key.
  addEventListener('keydown', press, true);
  return () => removeEventListener('keydown', press, true);
}

export function KeyEditor({ action, label }: { action: Action; label: string }) {
  const waits = useSignal(false);
  const fault = useSignal<KeyFault | null>(null);
  const stop = useRef<() => void>(() => undefined);
  const end = () => {
    stop.current();
    waits.value = false;
  };
  const begin = () => {
    fault.value = null;
    waits.value = true;
    stop.current = nextKey((chord) => {
      end();
      fault.value = chord === null ? null : setKey(action, chord);
    });
  };
  useEffect(() => () => stop.current(), []);
  if (isFixed(action)) return <span class="muted key-editor">{t('keys.fixed')}</span>;
  return (
    <span class="key-editor">
      <button
        type="button"
        class="button small"
        aria-label={t('keys.setFor', { action: label })}
        aria-pressed={waits.value}
        data-testid={`set-key-${action}`}
        onClick={waits.value ? end : begin}
        onBlur={end}
      >
        {t(waits.value ? 'keys.press' : 'keys.set')}
      </button>
      {isChanged(action) && (
        <button
          type="button"
          class="button small quiet"
          aria-label={t('keys.resetFor', { action: label })}
          data-testid={`reset-key-${action}`}
          onClick={() => {
            fault.value = resetKey(action);
          }}
        >
          {t('keys.reset')}
        </button>
      )}
      <Fault text={sentence(fault.value)} />
    </span>
  );
}

/** The whole map: back to the table, to a file, from a file. */
export function KeyFiles() {
  const fault = useSignal<KeyFault | null>(null);
  async function take(file: File) {
    fault.value = takeKeys(await file.text());
  }
  return (
    <div class="key-files">
      <p class="muted">{t('keys.intro')}</p>
      <div class="key-buttons">
        <button
          type="button"
          class="button small"
          data-testid="reset-keys"
          onClick={() => {
            fault.value = null;
            resetKeys();
          }}
        >
          {t('keys.resetAll')}
        </button>
        <button
          type="button"
          class="button small"
          data-testid="export-keys"
          onClick={() => download('feltline-keys.json', keysAsText())}
        >
          {t('keys.export')}
        </button>
        <FileButton
          label={t('keys.import')}
          accept="application/json,.json"
          testid="import-keys"
          onChoose={(file) => void take(file)}
        />
      </div>
      <Fault text={sentence(fault.value)} />
    </div>
  );
}
