/** A still of the frame that is asked for, until the video itself shows it. */

import { useComputed } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { thumbnailUrl } from '../api/client';
import { t } from '../i18n';
import { playing } from '../state/player';
import { markPictured } from '../state/seen';
import { frame, place, shown } from '../state/selection';
import { Picture } from './Picture';

/** A video at hand seeks faster than this, and needs no still. */
const STILL_MS = 120;
const LOADING_MS = 500;
const WIDTH = 480;

export function FirstStill({ video_id }: { video_id: string }) {
  const awaited = useComputed(() =>
    playing.value || shown.value === frame.value ? null : frame.value,
  );
  const at = awaited.value;
  const [since, setSince] = useState({ frame: -1, still: false, loading: false });
  const [loaded, setLoaded] = useState(-1);
  useEffect(() => {
    if (at === null) return undefined;
    const still = setTimeout(
      () => setSince({ frame: at, still: true, loading: false }),
      STILL_MS,
    );
    const loading = setTimeout(
      () => setSince({ frame: at, still: true, loading: true }),
      LOADING_MS,
    );
    return () => {
      clearTimeout(still);
      clearTimeout(loading);
    };
  }, [at]);
  if (at === null || since.frame !== at) return null;
  return (
    <>
      {since.still && (
        <Picture
          key={at}
          class="video first-still"
          data-active={loaded === at}
          data-testid="first-still"
          src={thumbnailUrl(video_id, at, WIDTH)}
          alt={t('video.stillAlt', { frame: at, video: video_id })}
          onLoad={() => {
            setLoaded(at);
            if (place.value?.video_id === video_id) markPictured(place.value, at);
          }}
        />
      )}
      {since.loading && (
        <p class="stage-loading" role="status" data-testid="video-loading">
          {t('video.loading')}
        </p>
      )}
    </>
  );
}
