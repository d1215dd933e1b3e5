/** All comments and questions that one may see; what waits for oneself comes first. */

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { useCalmEvent } from '../panels/useCalm';
import { openFrame } from '../state/actions';
import { isOpen, isTalking, loadComments, threads, waiting } from './comments';
import { PlaceButton } from './PlaceButton';
import { ThreadView } from './ThreadView';
import { loadTeam } from './team';

const MOST_SHOWN = 100;

export function CommentsTab() {
  const shows = useSignal(false);
  const fault = useSignal<string | null>(null);
  useEffect(() => {
    Promise.all([loadTeam(), loadComments()]).then(
      () => {
        fault.value = null;
      },
      (error) => {
        fault.value = sentenceOf(error);
      },
    );
  }, [useCalmEvent()]);
  const first = new Set(waiting.value);
  const wanted = threads.value.filter((one) => shows.value || isOpen(one)).reverse();
  const order = [
    ...wanted.filter((one) => first.has(one)),
    ...wanted.filter((one) => !first.has(one)),
  ];
  return (
    <section data-testid="comments">
      <Fault text={fault.value} />
      <label class="choice">
        <input
          type="checkbox"
          checked={shows.value}
          data-testid="show-settled"
          onChange={(event) => {
            shows.value = event.currentTarget.checked;
          }}
        />
        {t('comments.showSettled')}
      </label>
      {order.length === 0 && <p class="muted">{t('comments.nothing')}</p>}
      {order.slice(0, MOST_SHOWN).map((one) => (
        <div key={one.root.event_id} class="thread-place" data-waits={first.has(one)}>
          <PlaceButton
            of={one.root}
            onGo={({ video_id, track_id, frame }) => {
              if (track_id === null) return;
              openFrame(video_id, track_id, frame);
              isTalking.value = true;
            }}
          />
          {first.has(one) && <span class="talk-mark">{t('comments.waits')}</span>}
          <ThreadView thread={one} />
        </div>
      ))}
    </section>
  );
}
