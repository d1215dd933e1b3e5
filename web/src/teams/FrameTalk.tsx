/** On the card: what is said of the frame on screen, and what waits elsewhere. */

import { useSignal } from '@preact/signals';
import { Icon } from '../components/Icon';
import { ActionButton } from '../components/Key';
import { t } from '../i18n';
import { openFrame } from '../state/actions';
import { frame, type Place, place } from '../state/selection';
import { may } from '../state/session';
import { openTeam } from '../state/teamTab';
import { Composer } from './Composer';
import { commentOn, isOpen, isTalking, threadsHere, waiting } from './comments';
import { ThreadView } from './ThreadView';
import './teams.css';

export function toggleTalk(): void {
  if (may('judge') && place.value) isTalking.value = !isTalking.value;
}

/** Opens what is said of the frame; its count is of what is not settled. */
export function TalkButton() {
  if (!may('judge')) return null;
  const n = threadsHere.value.filter(isOpen).length;
  return (
    <ActionButton
      action="talk"
      label={n > 0 ? t('comments.here', { n }) : t('comments.none')}
      class="icon-button talk-button"
      onPress={toggleTalk}
      pressed={isTalking.value}
      disabled={!place.value}
      testid="talk"
    >
      <Icon name="comment" />
      {n > 0 && (
        <span class="talk-count" aria-hidden="true">
          {n}
        </span>
      )}
    </ActionButton>
  );
}

export function FrameTalk() {
  const n = waiting.value.length;
  return (
    <>
      {n > 0 && <Waiting n={n} />}
      {isTalking.value && place.value && <Talk at={place.value} />}
    </>
  );
}

function Talk({ at }: { at: Place }) {
  // What was begun is about the frame of then, wherever the video goes meanwhile.
  const begun = useSignal<(Place & { frame: number }) | null>(null);
  const about = begun.value ?? { ...at, frame: frame.value };
  return (
    <section class="talk" aria-label={t('comments.title')} data-testid="frame-talk">
      {threadsHere.value.map((one) => (
        <ThreadView key={one.root.event_id} thread={one} />
      ))}
      <Composer
        label={t('comments.write', { frame: about.frame })}
        say={(words) => commentOn(about, words)}
        asks
        isQuestion={!may('lead')}
        takesFocus
        onBegun={(has) => {
          begun.value = has ? about : null;
        }}
        onDone={() => {
          isTalking.value = false;
        }}
      />
    </section>
  );
}

/** That somebody is called: to the first such frame, or to the list of all. */
function Waiting({ n }: { n: number }) {
  const first = waiting.value[0]?.root;
  if (!first) return null;
  const { track_id } = first;
  return (
    <p class="talk-waiting" role="status" data-testid="talk-waiting">
      <Icon name="comment" />
      <span>{t('comments.waiting', { n })}</span>
      {track_id !== null && (
        <button
          type="button"
          class="link"
          data-testid="talk-go"
          onClick={() => {
            openFrame(first.video_id, track_id, first.frame);
            isTalking.value = true;
          }}
        >
          {t('comments.goFirst')}
        </button>
      )}
      <button type="button" class="link" onClick={() => openTeam('comments')}>
        {t('comments.all')}
      </button>
    </p>
  );
}
