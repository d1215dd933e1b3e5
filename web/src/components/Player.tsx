/** One video element of the stage, shown or kept ready for the next item. */

import { batch, effect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { playUrl } from '../api/client';
import { FramePlayer } from '../lib/framePlayer';
import { markShown, muted, player, playing, rate, reportShown } from '../state/player';
import { frame, timesOf } from '../state/selection';

export interface PlayerProps {
  video_id: string;
  active: boolean;
  /** Frame to keep ready while another video is on screen. */
  prefetch: number | null;
  onFailed: () => void;
}

export function Player({ video_id, active, prefetch, onFailed }: PlayerProps) {
  const element = useRef<HTMLVideoElement>(null);
  const [made, setMade] = useState<FramePlayer | null>(null);

  useEffect(() => {
    const mine = (then: () => void) => {
      if (player.value === one) batch(then);
    };
    const one = new FramePlayer(element.current as HTMLVideoElement, {
      shown: (at, settled) => mine(() => reportShown(at, settled)),
      found: (at) => mine(() => markShown(at)),
      playing: (now) =>
        mine(() => {
          playing.value = now;
        }),
      failed: onFailed,
    });
    timesOf(video_id).then((times) => one.setTimes(times), onFailed);
    setMade(one);
    return () => one.close();
  }, [video_id]);

  useEffect(() => {
    if (!made || !active) return undefined;
    player.value = made;
    // Kept ready while another video was on screen.
    if (made.aims(frame.value)) made.report();
    const stops = [
      effect(() => made.seek(frame.value)),
      effect(() => made.setRate(rate.value)),
    ];
    return () => {
      made.pause();
      for (const stop of stops) stop();
      playing.value = false;
      if (player.value === made) player.value = null;
    };
  }, [made, active]);

  useEffect(() => {
    if (made && !active && prefetch !== null) made.seek(prefetch);
  }, [made, active, prefetch]);

  return (
    // The sound of a face is no speech to be captioned: it is what the rater judges by.
    <video
      ref={element}
      class="video"
      data-active={active}
      src={playUrl(video_id)}
      preload="auto"
      playsInline
      muted={muted.value || !active}
      disablePictureInPicture
      tabIndex={-1}
      aria-hidden={!active}
    />
  );
}
