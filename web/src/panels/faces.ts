/** Faces in words and in order. */

import type { Track } from '../api/types';
import { t } from '../i18n';

/** Who a face is, in words. */
export function faceName(track: Track): string {
  return track.person
    ? t('faces.named', { name: track.person, id: track.track_id })
    : t('faces.face', { id: track.track_id });
}

/** Faces in use first, as the server numbers them. */
export function inOrder(tracks: readonly Track[]): Track[] {
  return [...tracks].sort(
    (a, b) => Number(a.ignored) - Number(b.ignored) || a.track_id - b.track_id,
  );
}
