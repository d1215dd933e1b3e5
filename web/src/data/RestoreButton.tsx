/** On the start page: a project of a backup, by upload. */

import { useState } from 'preact/hooks';
import { sendFile } from '../api/client';
import type { Restored } from '../api/types';
import { FileButton } from '../components/FileButton';
import { sentences, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import './data.css';

interface RestoreProps {
  /** There is a project more. */
  onRestored: (made: Restored) => void;
}

export function RestoreButton({ onRestored }: RestoreProps) {
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<Restored | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [name, setName] = useState('');

  async function restore(file: File) {
    setBusy(true);
    setName(file.name);
    setFault(null);
    setMade(null);
    try {
      const path = '/projects/restore';
      const restored = await sendFile<Restored>(path, file, [['name', file.name]]);
      setMade(restored);
      onRestored(restored);
    } catch (error) {
      setFault(sentenceOf(error));
    }
    setBusy(false);
  }

  return (
    <section class="start-box">
      <h2>{t('restore.label')}</h2>
      <p class="file-choice">
        <FileButton
          label={t('restore.file')}
          accept=".zip"
          testid="restore-file"
          disabled={busy}
          onChoose={(file) => void restore(file)}
        />
        <span>{name}</span>
      </p>
      <p role="status" data-testid="restore-state">
        {busy && t('restore.going')}
        {made && doneText(made)}
      </p>
      {fault && (
        <p class="import-refusal" role="alert" data-testid="restore-fault">
          {fault}
        </p>
      )}
    </section>
  );
}

function doneText({ project, n_videos, n_purged, missing }: Restored): string {
  const counts = { name: project.name, n: n_videos, purged: n_purged };
  const lack = missing.length ? t('restore.missing', { n: missing.length }) : '';
  return sentences(t('restore.done', counts), lack);
}
