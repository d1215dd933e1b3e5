/** Says what the face on screen is known to show. */

import { useSignal } from '@preact/signals';
import type { Dimension } from '../api/types';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { className, dimensionName } from '../i18n/names';
import { hasValue, type Value } from '../lib/value';
import { Fault } from '../panels/Panel';
import { judgementAt, ownExpression, ownValue } from '../state/draft';
import { draftTouched } from '../state/draftValue';
import { frame, indexAt, place } from '../state/selection';
import { classes, dimensions, session } from '../state/session';
import { NumberField } from './NumberField';
import { addKnownAnswer } from './requests';

const USES = ['training', 'honeypot'] as const;

interface AtHand {
  video_id: string;
  track_id: number;
  frame: number;
  value: (number | null)[];
  expression: string | null;
}

/** The face on screen, with what one says or said of it; null = no face. */
function atHand(): AtHand | null {
  const at = place.peek();
  const on = frame.peek();
  if (!at || indexAt(on) < 0) return null;
  const isDraft = draftTouched.peek();
  const saved = judgementAt(on);
  const value: Value = isDraft ? ownValue.peek() : (saved?.value ?? []);
  return {
    ...{ video_id: at.video_id, track_id: at.track_id, frame: on },
    value: dimensions.peek().map((_, d) => value[d] ?? null),
    expression: isDraft ? ownExpression.peek() : (saved?.expression ?? null),
  };
}

/** The project's tolerance is on the scale from -1 to 1. */
const toleranceOf = (one: Dimension): number => {
  const length = one.high - one.low;
  return Number((((session.peek()?.tolerance ?? 0.2) * length) / 2).toPrecision(3));
};

export function KnownAnswerForm({ onDone }: { onDone: () => Promise<void> }) {
  const at = useSignal<AtHand | null>(atHand());
  const tolerance = useSignal(dimensions.peek().map(toleranceOf));
  const text = useSignal('');
  const use = useSignal<(typeof USES)[number]>('training');
  const fault = useSignal<string | null>(null);
  const said = useSignal('');
  const on = at.value;
  const isSaid = on !== null && (hasValue(on.value) || on.expression !== null);
  const add = async () => {
    if (!on) return;
    fault.value = null;
    said.value = '';
    try {
      await addKnownAnswer({
        ...{ video_id: on.video_id, track_id: on.track_id },
        ...{ first_frame: on.frame, last_frame: on.frame },
        ...{ value: on.value, tolerance: tolerance.value },
        ...{ expression: on.expression, text: text.value.trim(), use: use.value },
      });
      said.value = t('known.added');
      text.value = '';
    } catch (error) {
      fault.value = sentenceOf(error);
    }
    await onDone();
  };
  return (
    <form
      class="team-form"
      data-testid="known-form"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <h3>{t('known.new')}</h3>
      <div class="data-actions">
        <b data-testid="known-place">
          {on
            ? t('teams.place', {
                frame: on.frame,
                video: on.video_id,
                track: on.track_id,
              })
            : t('known.noFace')}
        </b>
        <button
          type="button"
          class="button small"
          data-testid="known-take"
          onClick={() => {
            at.value = atHand();
          }}
        >
          {t('known.take')}
        </button>
      </div>
      {on &&
        dimensions.value.map((one, d) => (
          <div key={one.name} class="known-value">
            <label class="team-field">
              <span>{dimensionName(one)}</span>
              <input
                class="input"
                type="number"
                step="any"
                min={one.low}
                max={one.high}
                placeholder={t('known.unknown')}
                value={on.value[d] ?? ''}
                data-testid={`known-value-${d}`}
                onInput={(event) => {
                  const given = event.currentTarget.valueAsNumber;
                  const value = [...on.value];
                  value[d] = Number.isFinite(given) ? given : null;
                  at.value = { ...on, value };
                }}
              />
            </label>
            <NumberField
              label={t('known.within')}
              name={t('known.toleranceOf', { name: dimensionName(one) })}
              value={tolerance.value[d] ?? 0}
              {...{ min: 0, max: one.high - one.low, testid: `known-tolerance-${d}` }}
              step="any"
              onChange={(given) => {
                const next = [...tolerance.value];
                next[d] = given;
                tolerance.value = next;
              }}
            />
          </div>
        ))}
      {on && classes.value.length > 0 && (
        <label class="team-field">
          <span>{t('known.expression')}</span>
          <select
            class="select"
            data-testid="known-expression"
            value={on.expression ?? ''}
            onChange={(event) => {
              at.value = { ...on, expression: event.currentTarget.value || null };
            }}
          >
            <option value="">{t('known.any')}</option>
            {classes.value.map(({ name }) => (
              <option key={name} value={name}>
                {className(name)}
              </option>
            ))}
          </select>
        </label>
      )}
      <fieldset class="team-choices">
        <legend>{t('known.for')}</legend>
        {USES.map((one) => (
          <label key={one} class="choice">
            <input
              type="radio"
              name="known-use"
              checked={use.value === one}
              data-testid={`known-use-${one}`}
              onChange={() => {
                use.value = one;
              }}
            />
            {t(`known.use.${one}`)}
          </label>
        ))}
      </fieldset>
      {use.value === 'training' && (
        <label class="team-field wide">
          <span>{t('known.text')}</span>
          <textarea
            class="input"
            rows={2}
            maxLength={2000}
            placeholder={t('known.textHint')}
            value={text.value}
            data-testid="known-text"
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
          />
        </label>
      )}
      <div class="data-actions">
        <button
          type="submit"
          class="button primary"
          disabled={!isSaid}
          data-testid="known-add"
        >
          {t('known.add')}
        </button>
        <span role="status">{said.value}</span>
      </div>
      <Fault text={fault.value} />
    </form>
  );
}
