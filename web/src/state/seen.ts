/** Whether the face that the next judgement goes to has been on screen. */

import { computed, signal } from '@preact/signals';
import { activeItem } from './queue';
import { isSamePlace, type Place, place, shown } from './selection';

/** So many faces are remembered as seen: more than anybody goes back over. */
const MOST = 200;

const keyOf = ({ video_id, track_id }: Place, frame: number) =>
  `${video_id}/${track_id}/${frame}`;

/** Faces whose picture was on screen, on the card or as a still; the latest last. */
const pictured = signal<readonly string[]>([]);

export function markPictured(at: Place, frame: number): void {
  const key = keyOf(at, frame);
  const others = pictured.peek().filter((one) => one !== key);
  pictured.value = [...others, key].slice(-MOST);
}

/**
 * On an item its very frame; in free labelling any picture of this video, for there the
 * frame follows the keys at once.
 */
export const isSeen = computed(() => {
  const at = place.value;
  const all = pictured.value;
  const on = activeItem.value;
  if (on !== null) {
    const isPlayed = isSamePlace(at, on) && shown.value === on.frame;
    return isPlayed || all.includes(keyOf(on, on.frame));
  }
  if (at === null) return true;
  return shown.value >= 0 || all.some((key) => key.startsWith(`${at.video_id}/`));
});
