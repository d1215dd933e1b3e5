/** Playing and stepping, by frames and by seconds. */

import { t } from '../i18n';
import type { Action } from '../keys';
import { clock } from '../lib/format';
import {
  muted,
  playing,
  RATES,
  rate,
  setRate,
  stepFrames,
  stepSeconds,
  toFirst,
  toggleMuted,
  togglePlay,
  toLabelled,
  toLast,
} from '../state/player';
import { frame, lastFrame, shown, times } from '../state/selection';
import { openTracing } from '../state/tracing';
import { Icon, type IconName } from './Icon';
import { ActionButton, keepFocus } from './Key';

/** Of the buttons, those that give way where there is no room for all. */
const JUMPS: ReadonlySet<Action> = new Set<Action>([
  'firstFrame',
  'secondBack',
  'secondOn',
  'lastFrame',
]);

function step(action: Action, icon: IconName, label: string, onPress: () => void) {
  return (
    <ActionButton
      action={action}
      label={t(label)}
      onPress={onPress}
      class={JUMPS.has(action) ? 'icon-button jump' : 'icon-button'}
    >
      <Icon name={icon} />
    </ActionButton>
  );
}

export function Controls() {
  return (
    <div class="controls" role="toolbar" aria-label={t('controls.label')}>
      <div class="control-group">
        {step('firstFrame', 'first', 'controls.first', toFirst)}
        {step('secondBack', 'secondBack', 'controls.secondBack', () => stepSeconds(-1))}
        {step('frameBack', 'frameBack', 'controls.frameBack', () => stepFrames(-1))}
        <ActionButton
          action="playPause"
          label={t(playing.value ? 'controls.pause' : 'controls.play')}
          onPress={togglePlay}
          class="icon-button play"
          testid="play"
        >
          <Icon name={playing.value ? 'pause' : 'play'} />
        </ActionButton>
        {step('frameOn', 'frameOn', 'controls.frameOn', () => stepFrames(1))}
        {step('secondOn', 'secondOn', 'controls.secondOn', () => stepSeconds(1))}
        {step('lastFrame', 'last', 'controls.last', toLast)}
      </div>
      <Clock />
      <div class="control-group end">
        {step('labelledBack', 'labelledBack', 'controls.labelledBack', () =>
          toLabelled(-1),
        )}
        {step('labelledOn', 'labelledOn', 'controls.labelledOn', () => toLabelled(1))}
        <ActionButton
          action="tracing"
          label={t('controls.tracing')}
          onPress={openTracing}
          class="icon-button tracing-button"
          testid="open-tracing"
        >
          <Icon name="tracing" />
        </ActionButton>
        <Rate />
        <Sound />
      </div>
    </div>
  );
}

function Clock() {
  const at = shown.value >= 0 ? shown.value : frame.value;
  return (
    <p class="clock">
      <span class="clock-time">{clock(times.value[at] ?? 0, 3)}</span>
      <span class="muted">
        {t('readout.frame')} <b data-testid="current-frame">{at}</b>
        <span class="of"> / {lastFrame.value}</span>
      </span>
    </p>
  );
}

function Rate() {
  return (
    <select
      class="select"
      aria-label={t('controls.rate')}
      title={t('controls.rate')}
      data-testid="rate"
      value={String(rate.value)}
      onChange={(event) => {
        setRate(Number(event.currentTarget.value));
        event.currentTarget.blur();
      }}
    >
      {RATES.map((r) => (
        <option key={r} value={String(r)}>
          {t('controls.rateValue', { rate: r })}
        </option>
      ))}
    </select>
  );
}

function Sound() {
  const label = t(muted.value ? 'controls.unmute' : 'controls.mute');
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      onMouseDown={keepFocus}
      onClick={toggleMuted}
    >
      <Icon name={muted.value ? 'mute' : 'sound'} />
    </button>
  );
}
