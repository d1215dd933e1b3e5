/** What can be done with one video: tell where its file lies now, or remove it. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { purgeVideo, relocateVideo } from '../api/client';
import type { Job, Video } from '../api/types';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { may } from '../state/session';
import { onJob } from './jobs';
import { MediaBrowser } from './MediaBrowser';

type Part = 'none' | 'actions' | 'relocate' | 'purge';

export function VideoMenu({ v }: { v: Video }) {
  const part = useSignal<Part>('none');
  const fault = useSignal<string | null>(null);
  const begin = async (work: () => Promise<Job>) => {
    fault.value = null;
    try {
      onJob(await work());
      part.value = 'none';
    } catch (error) {
      fault.value = sentenceOf(error);
    }
  };
  const isOpen = part.value !== 'none';
  return (
    <>
      <button
        type="button"
        class="icon-button video-menu"
        aria-label={t('video.actions', { name: v.video_id })}
        title={t('video.actions', { name: v.video_id })}
        aria-expanded={isOpen}
        data-testid="video-menu"
        onClick={() => {
          fault.value = null;
          part.value = isOpen ? 'none' : 'actions';
        }}
      >
        ⋯
      </button>
      {isOpen && (
        <div class="video-actions" data-testid="video-actions">
          <div class="manage-row">
            <button
              type="button"
              class="button small"
              hidden={!may('admin')}
              aria-expanded={part.value === 'relocate'}
              data-testid="relocate"
              onClick={() => {
                part.value = part.value === 'relocate' ? 'actions' : 'relocate';
              }}
            >
              {t('relocate.label')}
            </button>
            <button
              type="button"
              class="button small"
              aria-expanded={part.value === 'purge'}
              data-testid="purge"
              onClick={() => {
                part.value = part.value === 'purge' ? 'actions' : 'purge';
              }}
            >
              {t('purge.label')}
            </button>
          </div>
          {part.value === 'relocate' && (
            <>
              <p class="muted small">{t('relocate.hint')}</p>
              <MediaBrowser
                purpose="relocate"
                onChoose={([path = '']) =>
                  void begin(() => relocateVideo(path, v.video_id))
                }
              />
            </>
          )}
          {part.value === 'purge' && (
            <Purge v={v} go={() => void begin(() => purgeVideo(v.video_id))} />
          )}
          <Fault text={fault.value} />
        </div>
      )}
    </>
  );
}

/** Says what goes before it goes; a second press does it. */
function Purge({ v, go }: { v: Video; go: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <div class="purge" data-testid="purge-what">
      <p class="small">{t('purge.what', { name: v.video_id, n: v.n_judgements })}</p>
      <p class="muted small">{t('purge.stays')}</p>
      <button
        ref={button}
        type="button"
        class="button small danger"
        data-testid="purge-yes"
        onClick={go}
      >
        {t('purge.yes', { name: v.video_id })}
      </button>
    </div>
  );
}
