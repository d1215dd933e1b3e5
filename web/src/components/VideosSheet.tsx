/** All videos with what is left to do; work on one of them or on all. */

import { useSignal } from '@preact/signals';
import type { Video } from '../api/types';
import { number, surely, t } from '../i18n';
import { clock } from '../lib/format';
import { ManageVideos } from '../manage/ManageVideos';
import { VideoMenu } from '../manage/VideoMenu';
import { Panel } from '../panels/Panel';
import { chooseVideo } from '../state/actions';
import { filter, fitsVideo, order, sorted } from '../state/filter';
import { place } from '../state/selection';
import { may } from '../state/session';
import { onlyVideo, videos } from '../state/videos';
import { waiting } from '../teams/comments';
import { keepFocus } from './Key';
import { VideoFilter } from './VideoFilter';

const MOST_SHOWN = 200;

export function VideosSheet() {
  const search = useSignal('');
  const wanted = search.value.trim().toLowerCase();
  const named = videos.value.filter((v) => v.video_id.toLowerCase().includes(wanted));
  const fitting = named.filter((v) => fitsVideo(v, filter.value));
  const found = sorted(fitting, order.value);
  const more = found.length - MOST_SHOWN;
  return (
    <Panel name="videos" title={t('sheet.videos')}>
      <ManageVideos />
      <input
        class="input"
        type="search"
        aria-label={t('videos.search')}
        placeholder={t('videos.search')}
        value={search.value}
        onInput={(event) => {
          search.value = event.currentTarget.value;
        }}
      />
      <VideoFilter />
      <ul class="video-list" data-testid="video-list">
        {wanted === '' && (
          <li>
            <button
              type="button"
              class="video-row"
              aria-pressed={onlyVideo.value === null}
              data-testid="video-all"
              onMouseDown={keepFocus}
              onClick={() => void chooseVideo(null)}
            >
              <b>{t('videos.all')}</b>
            </button>
          </li>
        )}
        {found.slice(0, MOST_SHOWN).map((v) => (
          <li key={v.video_id} class="video-entry">
            <Row v={v} />
            {may('manage') && <VideoMenu v={v} />}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="muted">{t(noneText(named.length))}</p>}
      {more > 0 && <p class="muted">{t('videos.more', { n: number(more) })}</p>}
    </Panel>
  );
}

function noneText(n_named: number): string {
  if (videos.value.length === 0) return 'videos.empty';
  return n_named > 0 ? 'filter.none' : 'videos.none';
}

function stateOf(v: Video): string | null {
  if (v.playback === 'building') return t('videos.building');
  return v.playback === 'failed' ? t('videos.failed') : null;
}

/** What waits: suggested frames first, as they are asked first. */
function openText({ n_pending, n_suggested, tracks }: Video): string {
  if (tracks.length === 0) return t('videos.noFace');
  if (n_pending === null) return t('videos.counting');
  const waits = [
    n_suggested > 0 && t('videos.suggested', { n: number(n_suggested) }),
    n_pending > 0 && t('videos.open', { n: number(n_pending) }),
  ].filter(Boolean);
  return waits.join(' · ') || t('videos.done');
}

/** How many comments in a video wait for the person at work. */
function Calls({ video_id }: { video_id: string }) {
  const n = waiting.value.filter(({ root }) => root.video_id === video_id).length;
  if (n === 0) return null;
  return (
    <span class="talk-mark" data-testid="video-calls">
      {t('comments.inVideo', { n })}
    </span>
  );
}

function Row({ v }: { v: Video }) {
  const state = stateOf(v);
  return (
    <button
      type="button"
      class="video-row"
      aria-pressed={onlyVideo.value === v.video_id}
      data-current={place.value?.video_id === v.video_id}
      data-testid="video-row"
      onMouseDown={keepFocus}
      onClick={() => void chooseVideo(v.video_id)}
    >
      <b>
        {v.video_id}
        <Calls video_id={v.video_id} />
      </b>
      <span class={v.n_pending || v.n_suggested ? 'count' : 'muted'}>
        {openText(v)}
      </span>
      <span class="muted">
        {clock(v.duration_s ?? 0)} · {t('videos.labels', { n: v.n_judgements })}
        {v.confidence !== null &&
          ` · ${t('videos.sure', { share: surely(v.confidence) })}`}
        {state && ` · ${state}`}
      </span>
    </button>
  );
}
