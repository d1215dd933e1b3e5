/** Names a frame of a face, and goes there. */

import { t } from '../i18n';

interface Place {
  video_id: string;
  track_id: number | null;
  frame: number;
}

interface PlaceProps {
  of: Place;
  onGo: (of: Place) => void;
}

export function PlaceButton({ of, onGo }: PlaceProps) {
  const { frame, video_id, track_id } = of;
  const isSeen = track_id !== null;
  const text = isSeen
    ? t('teams.place', { frame, video: video_id, track: track_id })
    : t('teams.frame', { frame, video: video_id });
  return (
    <button
      type="button"
      class="button small place-button"
      disabled={!isSeen}
      data-testid="go-to-frame"
      onClick={() => onGo(of)}
    >
      {text}
    </button>
  );
}
