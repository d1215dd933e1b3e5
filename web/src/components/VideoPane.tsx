/** The video with the faces marked, exact to the frame. */

import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { buildProxy, getCrowd, thumbnailUrl } from '../api/client';
import type { Video } from '../api/types';
import { percent, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { useLoaded } from '../panels/useLoaded';
import { chooseTrack } from '../state/actions';
import { opens } from '../state/allowed';
import { announce } from '../state/announcements';
import { fit, pane, toggleFit } from '../state/fitting';
import { reconnects } from '../state/line';
import { markShown } from '../state/player';
import { cursor, items } from '../state/queue';
import { markPictured } from '../state/seen';
import { frame, place, shown, track, video } from '../state/selection';
import { may } from '../state/session';
import { toggleSheet } from '../state/ui';
import { videoOf, videos } from '../state/videos';
import { FaceBoxes } from './FaceBoxes';
import { FirstStill } from './FirstStill';
import { ActionButton, keepFocus } from './Key';
import { Player } from './Player';

const plays = (v: Video | undefined) =>
  v?.playback === 'original' || v?.playback === 'ready';

/** The original and its proxy video are two files. */
const fileOf = (id: string) => `${id} ${videoOf(id)?.playback}`;

export function VideoPane() {
  const v = video.value;
  const broken = useSignal<readonly string[]>([]);
  const lost = useSignal<string | null>(null);
  useSignalEffect(() => {
    // What failed while the server was away may play now.
    if (reconnects.value > 0) broken.value = [];
  });
  if (!v) {
    return (
      <section class="video-pane" aria-label={t('video.label')} data-testid="video">
        <p class="empty">{t(videos.value.length ? 'video.noFace' : 'video.none')}</p>
      </section>
    );
  }
  const next = items.value[cursor.value + 1];
  const pool = [...new Set([v.video_id, next?.video_id ?? v.video_id])].filter(
    (id) => plays(videoOf(id)) && !broken.value.includes(fileOf(id)),
  );
  const moving = pool.includes(v.video_id);
  return (
    <section
      class="video-pane"
      aria-label={t('video.label')}
      data-testid="video"
      data-frame={shown.value >= 0 ? shown.value : ''}
      data-asked={frame.value}
      data-video={v.video_id}
    >
      <VideoHead v={v} />
      <StageArea>
        <div class="stage" data-fitted={fit.value !== null} style={stageStyle(v)}>
          {pool.map((id) => (
            <Player
              key={fileOf(id)}
              video_id={id}
              active={id === v.video_id}
              prefetch={next?.video_id === id ? next.frame : null}
              onFailed={() => {
                broken.value = [...broken.value, fileOf(id)];
              }}
            />
          ))}
          {!moving && (
            <Still key={`${v.video_id} ${reconnects.value}`} v={v} lost={lost} />
          )}
          {moving && <FirstStill key={v.video_id} video_id={v.video_id} />}
          <FaceBoxes v={v} />
        </div>
        {!moving && (
          <NotPlayable
            v={v}
            broken={broken.value.includes(fileOf(v.video_id))}
            lost={lost.value === v.video_id}
          />
        )}
      </StageArea>
    </section>
  );
}

/** What the video is shown in; its size decides how a face is fitted. */
function StageArea({ children }: { children: ComponentChildren }) {
  const area = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const on = area.current;
    if (!on || typeof ResizeObserver === 'undefined') return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      pane.value = width > 0 && height > 0 ? { width, height } : null;
    });
    observer.observe(on);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={area} class="stage-area">
      {children}
    </div>
  );
}

function stageStyle(v: Video): Record<string, string> {
  const ratio = { '--ratio': String(v.width / v.height) };
  if (!fit.value) return ratio;
  const { scale, x, y } = fit.value;
  return {
    ...ratio,
    '--fit': String(scale),
    transform: `translate(${x}px, ${y}px) scale(${scale})`,
  };
}

function FitButton() {
  return (
    <ActionButton
      action="fitFace"
      label={t('video.fit')}
      class="button small quiet fit-face"
      onPress={toggleFit}
      pressed={fit.value !== null}
      testid="fit-face"
      showKey
    />
  );
}

function VideoHead({ v }: { v: Video }) {
  const open = v.tracks.filter((one) => !one.ignored);
  const name = (id: number, person: string) =>
    person ? t('video.faceNamed', { name: person, id }) : t('video.face', { id });
  return (
    <header class="video-head">
      <h2 title={v.video_id}>{v.video_id}</h2>
      <Crowd video_id={v.video_id} />
      <FitButton />
      {open.length > 1 ? (
        <select
          class="select"
          aria-label={t('video.faceLabel')}
          data-testid="track"
          value={String(place.value?.track_id)}
          onChange={(event) => {
            chooseTrack(Number(event.currentTarget.value));
            event.currentTarget.blur();
          }}
        >
          {open.map((one) => (
            <option key={one.track_id} value={String(one.track_id)}>
              {name(one.track_id, one.person)}
            </option>
          ))}
        </select>
      ) : (
        <span class="muted">{track.value?.person}</span>
      )}
    </header>
  );
}

/** Faces that were seen and not followed: nobody should look for them in vain. */
function Crowd({ video_id }: { video_id: string }) {
  const { value: crowd } = useLoaded(() => getCrowd(video_id), [video_id]);
  if (!crowd) return null;
  const more = crowd.most - crowd.max_faces;
  return (
    <button
      type="button"
      class="button small quiet"
      title={t('faces.crowd', { ...crowd })}
      disabled={!opens('faces')}
      data-testid="crowd"
      onMouseDown={keepFocus}
      onClick={() => toggleSheet('faces')}
    >
      {t('video.crowd', { n: more })}
    </button>
  );
}

/** A picture of the frame where the file itself cannot be played. */
function Still({ v, lost }: { v: Video; lost: Signal<string | null> }) {
  const at = frame.value;
  return (
    <img
      class="video"
      data-active="true"
      src={thumbnailUrl(v.video_id, at, 960)}
      alt={t('video.stillAlt', { frame: at, video: v.video_id })}
      onError={() => {
        lost.value = v.video_id;
      }}
      onLoad={() => {
        lost.value = null;
        shown.value = at;
        markShown(at);
        if (place.value) markPictured(place.value, at);
      }}
    />
  );
}

function NotPlayable(props: {
  v: Video;
  broken: boolean;
  /** Not even a picture of it can be had. */
  lost: boolean;
}) {
  const { v, broken, lost } = props;
  const build = () =>
    buildProxy(v.video_id).then(
      (state) =>
        state === 'failed'
          ? announce('error', 'notice.proxyNot', { video: v.video_id })
          : announce('info', 'notice.proxyStarted', { video: v.video_id }),
      (error: unknown) =>
        announce('error', 'notice.proxyFailed', {
          video: v.video_id,
          why: sentenceOf(error),
        }),
    );
  if (v.playback === 'building' && !broken) {
    return (
      <p class="stage-note" role="status">
        {t('video.building', { share: percent(v.proxy_progress) })}
      </p>
    );
  }
  return (
    <p class="stage-note" role="status">
      {t(lost ? 'video.gone' : 'video.failed')}
      {may('judge') && (
        <button
          type="button"
          class="button small"
          onMouseDown={keepFocus}
          onClick={build}
        >
          {t('video.makeProxy')}
        </button>
      )}
    </p>
  );
}
