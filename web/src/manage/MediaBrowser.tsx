/** Folders and videos below the media roots, to choose from. */

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { getMedia } from '../api/client';
import type { Folders, MediaFile } from '../api/types';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { sizeText } from './numbers';

interface BrowserProps {
  /** `add`: several files or a folder; `relocate`: the one place where a video is now. */
  purpose: 'add' | 'relocate';
  onChoose: (paths: string[]) => void;
}

export function MediaBrowser({ purpose, onChoose }: BrowserProps) {
  const shown = useSignal<Folders | null>(null);
  const fault = useSignal<string | null>(null);
  const chosen = useSignal<readonly string[]>([]);
  const go = async (path: string | null) => {
    fault.value = null;
    chosen.value = [];
    try {
      shown.value = await getMedia(path);
    } catch (error) {
      fault.value = sentenceOf(error);
    }
  };
  useEffect(() => void go(null), []);
  const at = shown.value;
  if (!at) return <Fault text={fault.value} />;
  const { path, above, folders, files } = at;
  const isNowhere = path === null && folders.length === 0;
  return (
    <div class="media-browser" data-testid="media-browser">
      {isNowhere ? (
        <p class="muted small">{t('media.none')}</p>
      ) : (
        <p class="media-path small" data-testid="media-path">
          {path ?? t('media.roots')}
        </p>
      )}
      <div class="manage-row">
        {path !== null && (
          <button
            type="button"
            class="button small"
            data-testid="media-up"
            onClick={() => void go(above)}
          >
            {t('start.up')}
          </button>
        )}
        {path !== null && (
          <button
            type="button"
            class="button small"
            data-testid="media-folder-take"
            onClick={() => onChoose([path])}
          >
            {t(`media.folder.${purpose}`)}
          </button>
        )}
        {purpose === 'add' && chosen.value.length > 0 && (
          <button
            type="button"
            class="button small primary"
            data-testid="media-add"
            onClick={() => onChoose([...chosen.value])}
          >
            {t('media.add', { n: chosen.value.length })}
          </button>
        )}
      </div>
      <ul class="media-list" aria-label={path ?? t('media.roots')}>
        {folders.map((one) => (
          <li key={one.path}>
            <button
              type="button"
              class="button quiet small media-folder"
              data-testid="media-folder"
              onClick={() => void go(one.path)}
            >
              {one.name}
              <span aria-hidden="true"> ›</span>
            </button>
          </li>
        ))}
        {files.map((one) => (
          <li key={one.path} class="media-file">
            {purpose === 'add' ? (
              <Check
                one={one}
                isOn={chosen.value.includes(one.path)}
                toggle={(isOn) => {
                  const others = chosen.value.filter((path) => path !== one.path);
                  chosen.value = isOn ? [...others, one.path] : others;
                }}
              />
            ) : (
              <button
                type="button"
                class="button quiet small media-folder"
                data-testid="media-file"
                onClick={() => onChoose([one.path])}
              >
                {one.name}
              </button>
            )}
            <span class="muted small">{sizeText(one.n_bytes)}</span>
          </li>
        ))}
      </ul>
      {path !== null && folders.length + files.length === 0 && (
        <p class="muted small">{t('media.empty')}</p>
      )}
      <Fault text={fault.value} />
    </div>
  );
}

interface CheckProps {
  one: MediaFile;
  isOn: boolean;
  toggle: (isOn: boolean) => void;
}

function Check({ one, isOn, toggle }: CheckProps) {
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={isOn}
        data-testid="media-file"
        onChange={(event) => toggle(event.currentTarget.checked)}
      />
      <span>{one.name}</span>
    </label>
  );
}
