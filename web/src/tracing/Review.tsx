/** What was rated, before it is sent; and its reaction lag after that. */

import { keepFocus } from '../components/Key';
import { number, t } from '../i18n';
import { type Action, keyHint } from '../keys';
import { outboxSignal } from '../state/changes';
import { LagInput } from './LagInput';
import { options } from './options';
import { lengthOf } from './recorder';
import {
  canUndoLag,
  changedLags,
  changeLag,
  estimate,
  isRefused,
  isSaved,
  isWaiting,
  lagNow,
  sent,
  undoLag,
  undoSent,
} from './sending';
import { begin, discard, grown, leave, recorded, send, unkept } from './useTracing';

interface PressProps {
  action: Action;
  /** Key of a string. */
  text: string;
  testid: string;
  onPress: () => void;
  class?: string;
  disabled?: boolean;
}

export function Press(props: PressProps) {
  const { action, text, testid, onPress, disabled } = props;
  return (
    <button
      type="button"
      class={props.class ?? 'button'}
      disabled={disabled}
      data-testid={testid}
      onMouseDown={keepFocus}
      onClick={onPress}
    >
      <span class="button-label">{t(text)}</span>
      <kbd class="key">{keyHint(action)}</kbd>
    </button>
  );
}

export function Review() {
  void grown.value;
  const pieces = recorded.value;
  const seconds = pieces.reduce((sum, one) => sum + lengthOf(one), 0);
  return (
    <>
      <p data-testid="trace-review">
        {t('tracing.reviewed', { seconds: number(seconds, 1) })}
        {pieces.length > 1 && t('tracing.pieces', { n: number(pieces.length) })}
      </p>
      <p class="muted">{t('tracing.notSent')}</p>
      {unkept.value && (
        <p class="trace-fault" role="alert">
          {t('tracing.unkept')}
        </p>
      )}
      <div class="trace-buttons">
        <Press
          action="accept"
          text="tracing.send"
          testid="trace-send"
          class="button primary"
          onPress={send}
        />
        <Press
          action="tracing"
          text="tracing.again"
          testid="trace-again"
          onPress={begin}
        />
        <Press
          action="reject"
          text="tracing.discard"
          testid="trace-discard"
          onPress={discard}
        />
        <Press
          action="close"
          text="tracing.later"
          testid="trace-later"
          onPress={leave}
        />
      </div>
    </>
  );
}

function stateText(): string {
  if (isRefused.value) return t('tracing.refused');
  if (!isWaiting.value) return t('tracing.saved');
  const state = outboxSignal.value?.state.value;
  return t(state === 'saving' ? 'tracing.sending' : 'tracing.waiting');
}

export function Sent() {
  return (
    <>
      <p role="status" data-testid="trace-sent" data-waiting={isWaiting.value}>
        {stateText()}
      </p>
      {isSaved.value && <LagPart />}
      <div class="trace-buttons">
        <Press
          action="accept"
          text="tracing.next"
          testid="trace-next"
          class="button primary"
          onPress={discard}
        />
        <Press
          action="close"
          text="tracing.close"
          testid="trace-close"
          onPress={leave}
        />
        <button
          type="button"
          class="button"
          data-testid="trace-undo"
          disabled={!sent.value.some((one) => one.event_id !== null)}
          onMouseDown={keepFocus}
          onClick={() => {
            void undoSent();
            discard();
          }}
        >
          <span class="button-label">{t('tracing.undo')}</span>
        </button>
      </div>
    </>
  );
}

const seconds = (lag_s: number) => number(lag_s, 1);

/** How much later than the face the rater was: removed, and changed or put back here. */
function LagPart() {
  const of = estimate.value;
  const lag = lagNow.value ?? 0;
  // What can be taken back changes once the server has it.
  void outboxSignal.value?.waiting.value;
  const isChanged = changedLags.value.length > 0;
  return (
    <section class="trace-lag" aria-label={t('tracing.lag')} data-testid="trace-lag">
      <h3>{t('tracing.lag')}</h3>
      <p data-testid="trace-lag-text" data-lag={lag}>
        {of
          ? t('tracing.lagIs', {
              lag: seconds(of.lag_s),
              low: seconds(of.low_s),
              high: seconds(of.high_s),
            })
          : t('tracing.lagNone')}
      </p>
      <p class="muted">{t(`tracing.lagWhy.${options.value.mode}`)}</p>
      <LagInput
        lag_s={lag}
        label={t('tracing.lagRemoved')}
        testid="trace-lag-input"
        onGive={changeLag}
      />
      <button
        type="button"
        class="button small"
        disabled={!isChanged || !canUndoLag()}
        data-testid="trace-lag-undo"
        onMouseDown={keepFocus}
        onClick={() => void undoLag()}
      >
        <span class="button-label">{t('tracing.lagUndo')}</span>
        <kbd class="key">{keyHint('undo')}</kbd>
      </button>
    </section>
  );
}
