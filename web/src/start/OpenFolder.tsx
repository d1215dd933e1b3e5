/** Opens a project that lies in a folder, found by going through the media roots. */

import { useSignal } from '@preact/signals';
import { getFolders, openFolder } from '../api/client';
import type { Folders } from '../api/types';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { loadStart } from './start';

export function OpenFolder({ canBrowse }: { canBrowse: boolean }) {
  const shown = useSignal<Folders | null>(null);
  const fault = useSignal<string | null>(null);
  const opened = useSignal<string | null>(null);
  const attempt = async (work: () => Promise<void>) => {
    fault.value = null;
    opened.value = null;
    try {
      await work();
    } catch (error) {
      fault.value = sentenceOf(error);
    }
  };
  const go = (path: string | null) =>
    attempt(async () => {
      shown.value = await getFolders(path);
    });
  const open = (path: string) =>
    attempt(async () => {
      const project = await openFolder(path);
      await loadStart();
      opened.value = project.name;
    });
  const folders = shown.value;
  return (
    <section class="start-box" data-testid="open-folder">
      <h2>{t('start.open')}</h2>
      {!canBrowse && <p class="muted">{t('start.noMedia')}</p>}
      {canBrowse && !folders && (
        <>
          <p class="muted">{t('start.openHint')}</p>
          <button
            type="button"
            class="button"
            data-testid="browse"
            onClick={() => void go(null)}
          >
            {t('start.browse')}
          </button>
        </>
      )}
      {folders && <Browser folders={folders} go={go} open={open} />}
      <p role="status">
        {opened.value !== null && t('start.opened', { project: opened.value })}
      </p>
      <Fault text={fault.value} />
    </section>
  );
}

interface BrowserProps {
  folders: Folders;
  go: (path: string | null) => Promise<void>;
  open: (path: string) => Promise<void>;
}

function Browser({ folders, go, open }: BrowserProps) {
  const { path, above, is_project } = folders;
  return (
    <>
      <p class="project-folder" data-testid="folder-path">
        {path ?? t('start.roots')}
      </p>
      <div class="start-row">
        {path !== null && (
          <button
            type="button"
            class="button small"
            data-testid="folder-up"
            onClick={() => void go(above)}
          >
            {t('start.up')}
          </button>
        )}
        {is_project && path !== null && <OpenButton path={path} open={open} />}
      </div>
      <ul class="folder-list" aria-label={path ?? t('start.roots')}>
        {folders.folders.map((one) => (
          <li key={one.path} class="folder-row">
            <button
              type="button"
              class="button quiet folder"
              data-testid="folder"
              onClick={() => void go(one.path)}
            >
              {one.name}
            </button>
            {one.is_project && <OpenButton path={one.path} open={open} />}
          </li>
        ))}
      </ul>
      {folders.folders.length === 0 && <p class="muted">{t('start.noFolder')}</p>}
    </>
  );
}

function OpenButton({ path, open }: { path: string; open: BrowserProps['open'] }) {
  return (
    <button
      type="button"
      class="button small primary"
      aria-label={t('start.openOne', { folder: path })}
      data-testid="folder-open"
      onClick={() => void open(path)}
    >
      {t('start.openThis')}
    </button>
  );
}
