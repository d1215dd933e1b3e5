/** The timeline of the face on screen, fed from the page's state. */

import { useComputed } from '@preact/signals';
import { pendingJudgements } from '../state/changes';
import { setSpan, visibleJudgements } from '../state/draft';
import { scope } from '../state/draftValue';
import { filter } from '../state/filter';
import { goToFrame } from '../state/player';
import { item } from '../state/queue';
import {
  frame,
  frames,
  prediction,
  thresholdHere,
  times,
  track,
} from '../state/selection';
import { dimensions, may } from '../state/session';
import { blindSpan, span } from '../state/target';
import { Timeline } from '../timeline/Timeline';

export function Tracks() {
  const marked = useComputed(() => (scope.value === 'span' ? span.value : null));
  return (
    <Timeline
      // Lanes are laid out once: another label schema is another timeline.
      key={dimensions.value.map(({ name }) => name).join()}
      dimensions={dimensions.value}
      times={times.value}
      frames={frames.value}
      prediction={prediction.value}
      judgements={visibleJudgements.value}
      pending={pendingJudgements.value}
      threshold={thresholdHere.value}
      currentFrame={frame.value}
      item={item.value}
      hidden={blindSpan.value}
      onSeek={goToFrame}
      span={marked.value}
      onSpan={(first, last) => {
        if (may('judge')) setSpan(first, last);
      }}
      filter={filter.value}
      person={track.value?.person ?? ''}
    />
  );
}
