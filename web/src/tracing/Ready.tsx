/** How to rate live: chosen before it starts. */

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { keepFocus } from '../components/Key';
import { number, t } from '../i18n';
import { laneName } from '../i18n/names';
import { keyHint } from '../keys';
import { connectedPad } from './devices/gamepad';
import { Earlier } from './Earlier';
import { choices, choose, fromHere, nameOf, options, rated } from './options';
import { begin, leave, obstacle } from './useTracing';
import { DEVICES, MODES, SPEEDS } from './values';

export function Ready() {
  const { device, mode, speed } = options.value;
  return (
    <>
      <p class="trace-intro">{t('tracing.intro')}</p>
      <Chips
        label={t('tracing.what')}
        all={choices.value.map(nameOf)}
        on={nameOf(rated.value)}
        text={(name) =>
          choices.value
            .find((some) => nameOf(some) === name)
            ?.map(laneName)
            .join(' + ') ?? ''
        }
        testid="trace-rated"
        onChoose={(name) => choose({ rated: name.split(',') })}
      />
      <Chips
        label={t('tracing.device')}
        all={DEVICES}
        on={device}
        text={(one) => t(`tracing.device.${one}`)}
        testid="trace-device"
        onChoose={(one) => choose({ device: one })}
      />
      <p class="muted trace-hint">{t(`tracing.how.${device}`)}</p>
      {device === 'gamepad' && <PadState />}
      <Chips
        label={t('tracing.mode')}
        all={MODES}
        on={mode}
        text={(one) => t(`tracing.mode.${one}`)}
        testid="trace-mode"
        onChoose={(one) => choose({ mode: one })}
      />
      <p class="muted trace-hint">{t(`tracing.about.${mode}`)}</p>
      <Chips
        label={t('tracing.speed')}
        all={SPEEDS.map(String)}
        on={String(speed)}
        text={(one) =>
          t('controls.rateValue', { rate: number(Number(one), digits(one)) })
        }
        testid="trace-speed"
        onChoose={(one) => choose({ speed: Number(one) })}
      />
      <Chips
        label={t('tracing.from')}
        all={['start', 'here'] as const}
        on={fromHere.value ? 'here' : 'start'}
        text={(one) => t(`tracing.from.${one}`)}
        testid="trace-from"
        onChoose={(one) => {
          fromHere.value = one === 'here';
        }}
      />
      {obstacle.value && <p class="trace-fault">{t(obstacle.value)}</p>}
      <Earlier />
      <div class="trace-buttons">
        <button
          type="button"
          class="button primary"
          disabled={obstacle.value !== null}
          data-testid="trace-start"
          onMouseDown={keepFocus}
          onClick={begin}
        >
          <span class="button-label">{t('tracing.start')}</span>
          <kbd class="key">{keyHint('accept')}</kbd>
        </button>
        <button
          type="button"
          class="button"
          data-testid="trace-close"
          onMouseDown={keepFocus}
          onClick={leave}
        >
          <span class="button-label">{t('tracing.close')}</span>
          <kbd class="key">{keyHint('close')}</kbd>
        </button>
      </div>
    </>
  );
}

const digits = (one: string) => one.split('.')[1]?.length ?? 0;

interface ChipsProps<T extends string> {
  label: string;
  all: readonly T[];
  on: T;
  text: (one: T) => string;
  testid: string;
  onChoose: (one: T) => void;
}

function Chips<T extends string>(props: ChipsProps<T>) {
  const { label, all, on, text, testid, onChoose } = props;
  return (
    <div class="trace-choice" role="group" aria-label={label}>
      <span class="muted">{label}</span>
      <span class="segments">
        {all.map((one) => (
          <button
            key={one}
            type="button"
            class="segment"
            aria-pressed={one === on}
            data-testid={`${testid}-${one}`}
            onMouseDown={keepFocus}
            onClick={() => onChoose(one)}
          >
            {text(one)}
          </button>
        ))}
      </span>
    </div>
  );
}

/** Browsers show a gamepad only once one of its buttons was pressed. */
function PadState() {
  const name = useSignal<string | null>(connectedPad()?.id ?? null);
  useEffect(() => {
    const look = () => {
      name.value = connectedPad()?.id ?? null;
    };
    // Not every browser says that one has come.
    const timer = setInterval(look, 500);
    look();
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="trace-hint" role="status" data-testid="trace-pad">
      {name.value === null
        ? t('tracing.padWanted')
        : t('tracing.padThere', { name: name.value })}
    </p>
  );
}
