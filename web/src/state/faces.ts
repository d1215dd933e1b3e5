/** Faces to judge, fetched ahead: as many as a slow line takes, and held until judged. */

import { cropUrl } from '../api/client';
import type { Item } from '../api/types';
import { clamp } from '../lib/geometry';

type Face = Pick<Item, 'video_id' | 'track_id' | 'frame'>;

/** Nobody judges faces faster than this for long. */
const PACE_MS = 1000;
const LEAST = 2;
const MOST = 6;
/** A face that takes longer to come is waited for. */
const QUICK_MS = 300;
/** The line is as slow as it was for the slowest of so many faces. */
const MEASURED = 3;
/** More than are ahead: one goes back to what was judged. */
const HELD = 24;

interface Held {
  of: Face;
  picture: HTMLImageElement;
}

/**
 * By address, the latest last. The server lets no browser store a face, so one that no
 * picture holds is soon forgotten, and fetched a second time when it is to be shown.
 */
const held = new Map<string, Held>();
let took: readonly number[] = [];

const addressOf = (of: Face) => cropUrl(of.video_id, of.track_id, of.frame);
const slowest = () => Math.max(0, ...took);

/** True if faces must be on their way long before they are shown. */
export const isSlow = () => slowest() > QUICK_MS;
/** So many faces after the one on the card are fetched. */
export const prefetchDepth = () =>
  clamp(1 + Math.ceil(slowest() / PACE_MS), LEAST, MOST);
/** True if the face has been fetched, or is on its way. */
export const isFetched = (of: Face) => held.has(addressOf(of));

/** Fetches a face and holds it; `then` is called later: once it is there, or cannot be. */
export function fetchFace(of: Face, then: () => void = () => undefined): void {
  const src = addressOf(of);
  const known = held.get(src)?.picture;
  const picture = known ?? new Image();
  held.delete(src);
  held.set(src, { of, picture });
  for (const old of held.keys()) {
    if (held.size <= HELD) break;
    held.delete(old);
  }
  if (known?.complete) queueMicrotask(then);
  else if (known) {
    known.addEventListener('load', then);
    known.addEventListener('error', then);
  } else {
    const began = performance.now();
    picture.fetchPriority = 'high';
    picture.addEventListener('load', () => {
      took = [...took, performance.now() - began].slice(-MEASURED);
      then();
    });
    picture.addEventListener('error', () => {
      // It is asked for again when its turn comes.
      if (held.get(src)?.picture === picture) held.delete(src);
      then();
    });
    picture.src = src;
  }
}

/** Holds only these faces on: of videos that were purged, say, nothing is kept. */
export function holdFaces(isLeft: (of: Face) => boolean): void {
  for (const [src, { of }] of held) {
    if (!isLeft(of)) held.delete(src);
  }
}
