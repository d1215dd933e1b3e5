/** Whether the face that the next judgement goes to has been on screen. */

import { computed, signal } from '@preact/signals';
import { activeItem } from './queue';
import { isSamePlace, type Place, place, shown } from './selection';

/** The face and frame whose picture came on screen last, on the card or as a still. */
const pictured = signal<(Place & { frame: number }) | null>(null);

export function markPictured(at: Place, frame: number): void {
  const { video_id, track_id } = at;
  pictured.value = { video_id, track_id, frame };
}

/**
 * On an item its very frame; in free labelling any picture of this video, for there the
 * frame follows the keys at once.
 */
export const isSeen = computed(() => {
  const at = place.value;
  if (at === null) return true;
  const last = pictured.value;
  const on = activeItem.value;
  if (on === null) return shown.value >= 0 || last?.video_id === at.video_id;
  if (!isSamePlace(at, on)) return true;
  return (
    shown.value === on.frame || (isSamePlace(last, on) && last?.frame === on.frame)
  );
});
