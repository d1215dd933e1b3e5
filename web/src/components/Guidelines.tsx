/** The project's own guidelines: read as plain blocks, written as plain text. */

import { signal, useSignal } from '@preact/signals';
import { getGuidelines, putGuidelines } from '../api/client';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { type Block, blocksOf } from '../lib/plainText';
import { Fault } from '../panels/Panel';
import { useLoaded } from '../panels/useLoaded';
import { latestEvent } from '../state/live';
import { may } from '../state/session';

const MAX_LENGTH = 20_000;

/** What is being written; it stays while the sheet is closed. */
const writing = signal<{ text: string; revision: string } | null>(null);

export function Guidelines() {
  const loaded = useLoaded(getGuidelines, [latestEvent.value]);
  const stands = loaded.value;
  if (writing.value) return <Editor onSaved={loaded.reload} />;
  return (
    <section class="guidelines" data-testid="guidelines">
      <h3>{t('guidelines.title')}</h3>
      <Fault text={loaded.fault} />
      {stands?.text === '' && <p class="muted">{t('guidelines.none')}</p>}
      {stands &&
        blocksOf(stands.text).map((block, i) => <Shown key={i} block={block} />)}
      {may('lead') && (
        <button
          type="button"
          class="button small"
          disabled={!stands}
          data-testid="edit-guidelines"
          onClick={() => {
            if (stands) writing.value = { ...stands };
          }}
        >
          {t('guidelines.edit')}
        </button>
      )}
    </section>
  );
}

function Shown({ block }: { block: Block }) {
  if (block.kind === 'heading') return <h4>{block.text}</h4>;
  if (block.kind !== 'list') return <p class="as-typed">{block.text}</p>;
  return (
    <ul class="plain-list">
      {block.items.map((item, i) => (
        <li key={i}>{item}</li>
      ))}
    </ul>
  );
}

function Editor({ onSaved }: { onSaved: () => Promise<void> }) {
  const fault = useSignal<string | null>(null);
  const busy = useSignal(false);
  const typed = writing.value;
  if (!typed) return null;
  async function save(body: { text: string; revision: string }) {
    busy.value = true;
    try {
      await putGuidelines(body);
      await onSaved();
      writing.value = null;
    } catch (error) {
      fault.value = sentenceOf(error);
    }
    busy.value = false;
  }
  return (
    <section class="guidelines">
      <h3>{t('guidelines.title')}</h3>
      <textarea
        class="input guidelines-text"
        rows={12}
        maxLength={MAX_LENGTH}
        aria-label={t('guidelines.title')}
        aria-describedby="guidelines-hint"
        data-testid="guidelines-text"
        value={typed.text}
        onInput={(event) => {
          writing.value = { ...typed, text: event.currentTarget.value };
        }}
      />
      <p id="guidelines-hint" class="muted">
        {t('guidelines.hint')}
      </p>
      <Fault text={fault.value} />
      <div class="key-buttons">
        <button
          type="button"
          class="button small primary"
          disabled={busy.value}
          data-testid="save-guidelines"
          onClick={() => void save(typed)}
        >
          {t('guidelines.save')}
        </button>
        <button
          type="button"
          class="button small"
          onClick={() => {
            writing.value = null;
          }}
        >
          {t('guidelines.cancel')}
        </button>
      </div>
    </section>
  );
}
