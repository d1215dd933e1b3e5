/** What to judge now, why, and the decisions. */

import { useLayoutEffect } from 'preact/hooks';
import { cropUrl } from '../api/client';
import type { Item } from '../api/types';
import { calibrationText } from '../data/modelState';
import { hasString, number, surely, t } from '../i18n';
import { clock } from '../lib/format';
import { keyOf } from '../lib/items';
import { minutesLeft } from '../lib/timeLeft';
import { EmptyProject } from '../manage/EmptyProject';
import { next, previous, toggleFreeMode } from '../state/actions';
import { player } from '../state/player';
import { predictionAt } from '../state/predictionAt';
import { position } from '../state/progress';
import {
  cursor,
  decision,
  freeMode,
  hidden,
  item,
  lane,
  loadingQueue,
} from '../state/queue';
import { isSeen, markPictured } from '../state/seen';
import {
  frame,
  indexAt,
  isSamePlace,
  type Place,
  place,
  showPlace,
  video,
} from '../state/selection';
import { videos } from '../state/videos';
import { FrameTalk, TalkButton } from '../teams/FrameTalk';
import { TrainingNote } from '../teams/TrainingNote';
import { AuditNote } from './AuditNote';
import { Decisions } from './Decisions';
import { EarlierFaces } from './EarlierFaces';
import { EndOfQueue } from './EndOfQueue';
import { Icon } from './Icon';
import { ActionButton, keepFocus } from './Key';
import { Picture } from './Picture';

export function QueueCard() {
  const on = item.value;
  return (
    <section
      id="judge"
      class="card"
      aria-label={t('card.label')}
      data-testid="queue-card"
      data-lane={lane.value}
      data-kind={on?.kind ?? 'none'}
      data-item={on?.item_id ?? ''}
      data-blind={hidden.value}
      data-free={freeMode.value}
      data-seen={isSeen.value}
    >
      <CardHead />
      {freeMode.value && place.value ? (
        <FreePart at={place.value} />
      ) : on ? (
        <ItemPart on={on} />
      ) : (
        <NothingPart />
      )}
      <AuditNote />
      <TrainingNote />
      <FrameTalk />
      <EarlierFaces />
      <Decisions />
    </section>
  );
}

function timeLeft(seconds: number | null): string {
  if (seconds === null) return '';
  const minutes = minutesLeft(seconds);
  if (minutes === null) return t('card.lessThanMinute');
  const { low, high } = minutes;
  const key = low === high ? 'card.minutesSame' : 'card.minutesRange';
  return t(key, { low: number(low), high: number(high) });
}

function CardHead() {
  const { done, total, seconds_left } = position.value;
  const n = decision.value?.number ?? Math.min(done + 1, total);
  const shownNumber = item.value ? n : done;
  const key = lane.value === 'suggested' ? 'card.positionSuggested' : 'card.position';
  const left = timeLeft(item.value ? seconds_left : null);
  // Without videos there is nothing to move to.
  const isGoing = total > 0 || item.value !== null;
  return (
    <header class="card-head">
      <div class="card-line">
        <p class="position" aria-live="polite" data-testid="position">
          {total > 0 && (
            <b>{t(key, { n: number(shownNumber), total: number(total) })}</b>
          )}
          <span class="muted">{left}</span>
        </p>
        {isGoing && <Moves />}
      </div>
      {isGoing && (
        <div class="progress" aria-hidden="true">
          <span style={{ width: `${total ? (100 * done) / total : 0}%` }} />
        </div>
      )}
    </header>
  );
}

function Moves() {
  return (
    <div class="control-group">
      <TalkButton />
      <ActionButton
        action="previousItem"
        label={t('decide.previous')}
        class="icon-button"
        onPress={previous}
        disabled={cursor.value === 0}
        testid="decide-previous"
      >
        <Icon name="back" />
      </ActionButton>
      <ActionButton
        action="nextItem"
        label={t('decide.next')}
        class="icon-button"
        onPress={next}
        testid="decide-next"
      >
        <Icon name="next" />
      </ActionButton>
    </div>
  );
}

/** Lets a browser test measure how long an item takes to come on screen. */
function useShownMark(key: string): void {
  useLayoutEffect(() => {
    const handle = requestAnimationFrame(() => {
      performance.mark('feltline:item-shown', { detail: { key } });
    });
    return () => cancelAnimationFrame(handle);
  }, [key]);
}

function ItemPart({ on }: { on: Item }) {
  useShownMark(keyOf(on));
  const confidence = confidenceNow(on);
  return (
    <div class="card-item">
      <Picture
        key={keyOf(on)}
        class="crop"
        src={cropUrl(on.video_id, on.track_id, on.frame)}
        fetchPriority="high"
        alt={t('card.cropAlt')}
        width="92"
        height="92"
        data-testid="crop"
        onLoad={() => markPictured(on, on.frame)}
      />
      <div class="card-why">
        <p class="reason" data-testid="reason" data-reason={on.reason}>
          {t(hasString(`reason.${on.reason}`) ? `reason.${on.reason}` : 'reason.other')}
        </p>
        <p class="muted where" title={on.video_id}>
          {on.video_id}
          {confidence !== null && (
            <span title={calibrationText()} data-testid="card-confidence">
              {' · '}
              {t('card.sure', { share: surely(confidence) })}
              <span class="sr-only">{calibrationText()}</span>
            </span>
          )}
        </p>
        <p class="muted">{whereText(on)}</p>
        <State on={on} />
      </div>
    </div>
  );
}

/** As the read-out and the curves have it: what came with the item may be older. */
function confidenceNow(on: Item): number | null {
  if (hidden.value) return null;
  // Another face is on screen, so its curves say nothing of this one.
  if (!isSamePlace(on, place.value)) return on.prediction?.confidence ?? null;
  const now = predictionAt(on.frame);
  return now?.isModels ? now.confidence : null;
}

/** While one labels freely: the face on screen, not the one of the queue. */
function FreePart({ at }: { at: Place }) {
  const on = item.value;
  const seen = indexAt(frame.value) >= 0;
  return (
    <div class="card-item" data-testid="free-card">
      {seen ? (
        <Picture
          class="crop"
          src={cropUrl(at.video_id, at.track_id, frame.value)}
          alt={t('card.freeCropAlt')}
          width="92"
          height="92"
          data-testid="crop"
          onLoad={() => markPictured(at, frame.value)}
        />
      ) : (
        <span class="crop" />
      )}
      <div class="card-why">
        <p class="reason">{t('card.freeTitle')}</p>
        <p class="muted where" title={at.video_id}>
          {at.video_id} · {frame.value}
        </p>
        <p class="muted">{t(seen ? 'card.freeWhere' : 'card.freeNoFace')}</p>
        {on && <State on={on} />}
      </div>
    </div>
  );
}

function whereText(on: Item) {
  const parts = {
    time: clock(on.time_s, 3),
    first: on.first_frame,
    last: on.last_frame,
  };
  const text = t(on.first_frame === on.last_frame ? 'card.time' : 'card.stretch', {
    ...parts,
    frame: '\u0000',
  });
  const [before, after] = text.split('\u0000');
  return (
    <>
      {before}
      <b data-testid="item-frame">{on.frame}</b>
      {after}
    </>
  );
}

/** One line that says what is special just now; always as high. */
function State({ on }: { on: Item }) {
  return (
    <div class="card-state">
      <StateText on={on} />
      <ActionButton
        action="freeMode"
        label={t(freeMode.value ? 'card.backToItem' : 'card.goFree')}
        class="button small quiet"
        onPress={toggleFreeMode}
        testid="free"
        showKey
      />
    </div>
  );
}

function StateText({ on }: { on: Item }) {
  const what = decision.value?.what;
  if (freeMode.value) return <span class="muted">{t('card.free')}</span>;
  if (frame.value !== on.frame) {
    return (
      <button
        type="button"
        class="link"
        onMouseDown={keepFocus}
        onClick={() => {
          player.value?.pause();
          showPlace(on, on.frame);
        }}
      >
        {t('card.away', { frame: on.frame })}
      </button>
    );
  }
  if (what) return <span class="done-mark">{t(`card.done.${what}`)}</span>;
  if (!hidden.value) return <span />;
  return (
    <span class="blind-mark" data-testid="blind">
      <Icon name="hidden" />
      {t('card.blind')}
    </span>
  );
}

function NothingPart() {
  const open = video.value?.tracks.filter((track) => !track.ignored) ?? [];
  const isCounted = open.every((track) => track.n_pending !== null);
  if (loadingQueue.value || (open.length > 0 && !isCounted)) {
    return (
      <div class="card-item nothing">
        <p class="muted">{t('card.loading')}</p>
      </div>
    );
  }
  if (open.length > 0) return <EndOfQueue />;
  if (videos.value.length === 0) return <EmptyProject />;
  return (
    <div class="card-item nothing" data-testid="queue-empty">
      <p class="reason">{t('card.noFace')}</p>
      <p class="muted">{t('card.noFaceText')}</p>
    </div>
  );
}
