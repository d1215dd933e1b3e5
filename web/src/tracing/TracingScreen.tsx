/** Live rating: the video, the trace below it, and where a value is given. */

import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { actionOf } from '../keys';
import { toggleFit } from '../state/fitting';
import { video } from '../state/selection';
import { Field } from './Field';
import { Ready } from './Ready';
import { Press, Review, Sent } from './Review';
import { canUndoLag, undoLag } from './sending';
import { TraceView } from './TraceView';
import {
  begin,
  beginNow,
  discard,
  end,
  leave,
  paused,
  phase,
  send,
  step,
  togglePause,
  useTracing,
} from './useTracing';
import './tracing.css';

/** Keys of each phase by what they mean elsewhere; a device of keys has its own. */
function onKeyDown(event: KeyboardEvent): void {
  const action = actionOf(event);
  const does = action && KEYS[phase.value][action];
  if (!does) return;
  event.preventDefault();
  if (!event.repeat) does();
}

type Keys = Partial<Record<NonNullable<ReturnType<typeof actionOf>>, () => void>>;

const KEYS: Readonly<Record<typeof phase.value, Keys>> = {
  ready: { accept: begin, close: leave, tracing: leave, fitFace: toggleFit },
  countdown: { accept: beginNow, close: end },
  rating: { playPause: togglePause, close: end, tracing: end },
  review: { accept: send, reject: discard, tracing: begin, close: leave },
  sent: {
    accept: discard,
    close: leave,
    undo: () => {
      if (canUndoLag()) void undoLag();
    },
  },
};

export function TracingScreen() {
  useTracing();
  useEffect(() => {
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
  return (
    <>
      <Countdown />
      <TraceView />
      <Side />
    </>
  );
}

/** Over the video, where the rater looks. */
function Countdown() {
  if (phase.value !== 'countdown') return null;
  return (
    <p
      class="trace-countdown"
      role="timer"
      aria-live="assertive"
      data-testid="countdown"
    >
      {step.value.left}
    </p>
  );
}

function Side() {
  const root = useRef<HTMLElement>(null);
  // The keys belong to the page, whatever had the focus before.
  useEffect(() => root.current?.focus({ preventScroll: true }), [phase.value]);
  return (
    <section
      ref={root}
      id="judge"
      class="trace-side"
      aria-label={t('tracing.title')}
      tabIndex={-1}
      data-testid="tracing"
      data-phase={phase.value}
    >
      <header class="trace-side-head">
        <h2>{t('tracing.title')}</h2>
        <span class="muted">{video.value?.video_id}</span>
      </header>
      <Phase />
    </section>
  );
}

function Phase() {
  switch (phase.value) {
    case 'ready':
      return <Ready />;
    case 'review':
      return <Review />;
    case 'sent':
      return <Sent />;
    default:
      return <UnderWay />;
  }
}

function UnderWay() {
  const isCounting = phase.value === 'countdown';
  return (
    <>
      <Field />
      <div class="trace-buttons">
        {isCounting ? (
          <Press
            action="accept"
            text="tracing.now"
            testid="trace-now"
            onPress={beginNow}
          />
        ) : (
          <Press
            action="playPause"
            text={paused.value ? 'tracing.goOn' : 'tracing.pause'}
            testid="trace-pause"
            onPress={togglePause}
          />
        )}
        <Press
          action="close"
          text={isCounting ? 'tracing.cancel' : 'tracing.end'}
          testid="trace-end"
          onPress={end}
        />
      </div>
    </>
  );
}
