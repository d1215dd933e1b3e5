/** Boxes of the faces on the frame on screen; a click on another face chooses it. */

import { useSignal, useSignalEffect } from '@preact/signals';
import type { Faces, Video } from '../api/types';
import { t } from '../i18n';
import { heldIndex } from '../lib/geometry';
import { chooseTrack } from '../state/actions';
import { faces, facesOf, lookedAt, place, shown, video } from '../state/selection';
import { keepFocus } from './Key';

const MOST_OTHERS = 12;

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Where a face is on a frame; between sampled frames it holds. */
function boxOf(of: Faces | null | undefined, at: number): Box | null {
  if (!of) return null;
  const i = heldIndex(of.frame, lookedAt.value, at);
  if (i < 0) return null;
  const [left = 0, top = 0, right = 0, bottom = 0] = of.box_xyxy.subarray(4 * i);
  return { left, top, width: right - left, height: bottom - top };
}

export function FaceBoxes({ v }: { v: Video }) {
  const others = useSignal<ReadonlyMap<number, Faces>>(new Map());
  const of = useSignal('');
  useSignalEffect(() => {
    const on = video.value;
    if (!on) return;
    if (on.video_id !== of.peek()) others.value = new Map();
    of.value = on.video_id;
    const rest = on.tracks.filter((one) => !one.ignored).slice(0, MOST_OTHERS);
    if (rest.length < 2) return;
    for (const { track_id } of rest) {
      const at = { video_id: on.video_id, track_id };
      facesOf(at).then(
        (found) => {
          if (video.peek()?.video_id !== at.video_id) return;
          others.value = new Map(others.peek()).set(track_id, found);
        },
        // Only a help to choose by: the list of faces remains.
        () => undefined,
      );
    }
  });
  const own = boxOf(faces.value, shown.value);
  const open = new Set(v.tracks.filter((t) => !t.ignored).map((t) => t.track_id));
  const mine = place.value?.track_id;
  return (
    <div class="boxes">
      {[...others.value].map(([track_id, found]) => {
        // A face that was left out meanwhile has no box any more.
        const isOther = track_id !== mine && open.has(track_id);
        const box = isOther ? boxOf(found, shown.value) : null;
        return (
          box && (
            <button
              key={track_id}
              type="button"
              class="face-box other"
              data-testid={`face-box-${track_id}`}
              style={placed(box, v)}
              aria-label={t('video.otherFace', { id: track_id })}
              title={t('video.otherFace', { id: track_id })}
              onMouseDown={keepFocus}
              onClick={() => chooseTrack(track_id)}
            />
          )
        );
      })}
      {own && mine !== undefined && open.has(mine) && (
        <div class="face-box" style={placed(own, v)} data-testid="face-box" />
      )}
    </div>
  );
}

const share = (part: number, whole: number) => `${(100 * part) / whole}%`;

function placed(box: Box, v: Video) {
  return {
    left: share(box.left, v.width),
    top: share(box.top, v.height),
    width: share(box.width, v.width),
    height: share(box.height, v.height),
  };
}
