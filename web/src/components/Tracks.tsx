/** The timeline of the face on screen, fed from the page's state. */

import { useComputed } from '@preact/signals';
import { estimate, frame, frames, times } from '../state/current';
import { blindSpan, seenLabels, setSpan, span } from '../state/draft';
import { scope } from '../state/given';
import { goToFrame } from '../state/player';
import { item } from '../state/queue';
import { threshold } from '../state/session';
import { Timeline } from '../timeline/Timeline';

export function Tracks() {
  const marked = useComputed(() => (scope.value === 'span' ? span.value : null));
  return (
    <Timeline
      times={times.value}
      frames={frames.value}
      estimate={estimate.value}
      labels={seenLabels.value}
      threshold={threshold.value}
      currentFrame={frame.value}
      item={item.value}
      hidden={blindSpan.value}
      onSeek={goToFrame}
      span={marked.value}
      onSpan={setSpan}
    />
  );
}
