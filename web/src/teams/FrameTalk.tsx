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
      <span class="talk-count" data-count={n > 0 ? n : undefined}>
        <Icon name="talk" />
      </span>
    </ActionButton>
  );
}

export function FrameTalk() {
  return (
    <>
      <Waiting />
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
function Waiting() {
  const inSight = new Set(isTalking.value ? threadsHere.value : []);
  const left = waiting.value.filter((one) => !inSight.has(one));
  const first = left.find(({ root }) => root.track_id !== null)?.root;
  if (left.length === 0) return null;
  const go = () => {
    if (!first || first.track_id === null) return;
    openFrame(first.video_id, first.track_id, first.frame);
    isTalking.value = true;
  };
  return (
    <p class="talk-waiting" role="status" data-testid="talk-waiting">
      <Icon name="talk" />
      <span>{t('comments.waiting', { n: left.length })}</span>
      {first && (
        <button type="button" class="link" data-testid="talk-go" onClick={go}>
          {t('comments.goFirst')}
        </button>
      )}
      <button type="button" class="link" onClick={() => openTeam('comments')}>
        {t('comments.all')}
      </button>
    </p>
  );
}
