/** Whether the video is fitted to the face at hand, and how. */

import { computed, effect, signal } from '@preact/signals';
import {
  type FaceShare,
  type Fit,
  fitOf,
  isSmall,
  type Size,
  stillFits,
} from '../lib/fit';
import { heldIndex } from '../lib/geometry';
import { faces, lookedAt, shown, video } from './selection';
import { set, settings } from './settings';

/** Of the pane that the video is shown in; null before it is laid out. */
export const pane = signal<Size | null>(null);
/** null = the whole video. */
export const fit = signal<Fit | null>(null);

/** The face on screen as shares of the video. */
const face = computed<FaceShare | null>(() => {
  const of = faces.value;
  const v = video.value;
  if (!of || !v) return null;
  const i = heldIndex(of.frame, lookedAt.value, shown.value);
  if (i < 0) return null;
  const [left = 0, top = 0, right = 0, bottom = 0] = of.box_xyxy.subarray(4 * i);
  return {
    x: (left + right) / 2 / v.width,
    y: (top + bottom) / 2 / v.height,
    width: (right - left) / v.width,
    height: (bottom - top) / v.height,
  };
});

/** Keeps the fit while the face stays in it, so that the picture does not tremble. */
export function followFace(): () => void {
  let of = '';
  return effect(() => {
    const room = pane.value;
    const v = video.value;
    const at = face.value;
    const wanted = settings.value.fitsFace;
    if (!room || !v || wanted === false) {
      fit.value = null;
      return;
    }
    // A frame without the face keeps what was in sight.
    if (!at) return;
    const ratio = v.width / v.height;
    const before = of === v.video_id ? fit.peek() : null;
    of = v.video_id;
    if (before && stillFits(before, at, ratio, room)) return;
    const fits = wanted === true || before !== null || isSmall(at, ratio, room);
    fit.value = fits ? fitOf(at, ratio, room) : null;
  });
}

/** Fits the video to the face, or shows all of it; remembered from then on. */
export function toggleFit(): void {
  set('fitsFace', fit.value === null);
}
