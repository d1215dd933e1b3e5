/** Ways to bring videos in: files of this device, or what lies below a media root. */

import { signal, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { addVideos } from '../api/client';
import { number, percent, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { may } from '../state/session';
import { sideSheet } from '../state/ui';
import { onJob } from './jobs';
import { lostUploads, putLostAway } from './lostUploads';
import { MediaBrowser } from './MediaBrowser';
import { named, sizeText } from './numbers';
import {
  addFault,
  addFiles,
  PICTURE_ENDINGS,
  removeUpload,
  retryUpload,
  type Upload,
  uploadProgress,
  uploads,
  VIDEO_ENDINGS,
} from './uploads';
import './manage.css';

const ACCEPTED = [...VIDEO_ENDINGS, ...PICTURE_ENDINGS, 'video/*'].join(',');

/** Opens the browser's chooser of files. */
export function ChooseFiles({ isMain = false }: { isMain?: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        class="file-input"
        type="file"
        multiple
        accept={ACCEPTED}
        tabIndex={-1}
        aria-hidden="true"
        data-testid="choose-input"
        onChange={(event) => {
          addFiles(event.currentTarget.files ?? []);
          // As after a drop: what becomes of them, and the next step, are told there.
          if (isMain) sideSheet.value = 'videos';
          // The same file may be chosen again.
          event.currentTarget.value = '';
        }}
      />
      <button
        type="button"
        class={isMain ? 'button primary' : 'button small primary'}
        data-testid="choose-files"
        onClick={() => input.current?.click()}
      >
        {t('add.choose')}
      </button>
    </>
  );
}

/** Whether folders of the server are being looked through. */
export const isBrowsing = signal(false);

export function AddVideos() {
  const fault = useSignal<string | null>(null);
  const add = async (paths: string[]) => {
    fault.value = null;
    try {
      onJob(await addVideos({ paths }));
      isBrowsing.value = false;
    } catch (error) {
      fault.value = sentenceOf(error);
    }
  };
  return (
    <section class="manage-part" aria-label={t('add.label')} data-testid="add-videos">
      <div class="manage-row">
        <ChooseFiles />
        {may('admin') && (
          <button
            type="button"
            class="button small"
            aria-expanded={isBrowsing.value}
            data-testid="browse-media"
            onClick={() => {
              isBrowsing.value = !isBrowsing.value;
            }}
          >
            {t('add.browse')}
          </button>
        )}
      </div>
      <p class="muted small">{t('add.hint')}</p>
      {isBrowsing.value && may('admin') && (
        <MediaBrowser purpose="add" onChoose={add} />
      )}
      <Fault text={fault.value ?? addFault.value} />
      <Uploads />
    </section>
  );
}

const MOST_SHOWN = 8;
const MOST_LOST = 30;

/** What is on its way; what was refused stays until it is put away. */
export function Uploads() {
  const all = uploads.value;
  if (all.length === 0) return <Lost />;
  const { n, sent, of } = uploadProgress.value;
  const more = all.length - MOST_SHOWN;
  return (
    <div data-testid="uploads">
      <Lost />
      {n > 0 && (
        <p role="status" class="small">
          {t('upload.going', { n, sent: sizeText(sent), of: sizeText(of) })}
        </p>
      )}
      <ul class="manage-list" aria-label={t('upload.label')}>
        {all.slice(0, MOST_SHOWN).map((one) => (
          <Row key={one.id} one={one} />
        ))}
      </ul>
      {more > 0 && <p class="muted small">{t('upload.more', { n: number(more) })}</p>}
    </div>
  );
}

/** What had been under way when the page was left, and did not arrive. */
function Lost() {
  const names = lostUploads.value;
  if (names.length === 0) return null;
  return (
    <div class="manage-item" role="status" data-testid="uploads-lost">
      <div class="manage-head">
        <b>{t('upload.lost', { n: names.length })}</b>
        <button
          type="button"
          class="button small quiet"
          data-testid="uploads-lost-dismiss"
          onClick={putLostAway}
        >
          {t('jobs.putAway')}
        </button>
      </div>
      <p class="small">{t('upload.lost.again', { names: named(names, MOST_LOST) })}</p>
    </div>
  );
}

function stateText({ state, size, sent, why }: Upload): string {
  if (state === 'waiting') return t('upload.waiting', { size: sizeText(size) });
  if (state === 'broken') return t('upload.broken');
  if (state === 'refused') return why || t('upload.noVideo');
  return t('upload.sent', { sent: sizeText(sent), of: sizeText(size) });
}

function Row({ one }: { one: Upload }) {
  const { id, name, size, state, sent } = one;
  return (
    <li class="manage-item" data-state={state} data-testid="upload">
      <div class="manage-head">
        <b title={name}>
          {one.isFolder ? t('upload.folder', { name, n: one.files.length }) : name}
        </b>
        {state === 'broken' && (
          <button
            type="button"
            class="button small"
            data-testid="upload-retry"
            onClick={() => retryUpload(id)}
          >
            {t('upload.retry')}
          </button>
        )}
        <button
          type="button"
          class="button small quiet"
          aria-label={t(state === 'refused' ? 'upload.dismiss' : 'upload.cancel', {
            name,
          })}
          data-testid="upload-remove"
          onClick={() => removeUpload(id)}
        >
          {t(state === 'refused' ? 'jobs.putAway' : 'jobs.cancel')}
        </button>
      </div>
      {state === 'sending' && (
        <Bar done={sent} of={size} label={t('upload.progress', { name })} />
      )}
      <p class={state === 'refused' ? 'manage-fault small' : 'muted small'}>
        {stateText(one)}
      </p>
    </li>
  );
}

/** How much is done; of an unknown whole, that something is going on. */
export function Bar({ done, of, label }: { done: number; of: number; label: string }) {
  const share = of > 0 ? Math.min(done / of, 1) : null;
  return (
    <div
      class="manage-bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === null ? undefined : Math.round(100 * share)}
      aria-valuetext={share === null ? undefined : percent(share)}
      data-unknown={share === null}
    >
      <span style={share === null ? {} : { width: `${100 * share}%` }} />
    </div>
  );
}
