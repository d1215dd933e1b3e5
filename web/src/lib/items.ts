/** What items of the queue are called, and which frames they are about. */

import type { Item } from '../api/types';

/** Names an item among those of all videos. */
export const keyOf = (of: Item) => `${of.video_id} ${of.item_id}`;

/** Names the picture that is looked at: another answer may ask about the same. */
export const faceOf = (of: Item) => `${of.video_id} ${of.track_id} ${of.frame}`;

/** True if a decision on `of` answers what is asked at `frame` of `by`, too. */
export const answers = (of: Item, by: Item) =>
  of.video_id === by.video_id &&
  of.track_id === by.track_id &&
  of.first_frame <= by.frame &&
  by.frame <= of.last_frame;
