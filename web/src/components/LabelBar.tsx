/** What the label is for, a comment, and what Enter would save. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Scope } from '../api/types';
import { t } from '../i18n';
import { type Action, ariaKeys, keyHint } from '../keys';
import { signed } from '../lib/format';
import { markSpan, setComment } from '../state/draft';
import { draft, scope } from '../state/given';
import { type Outcome, plan } from '../state/plan';
import { activeItem } from '../state/queue';
import { Icon } from './Icon';
import { ActionButton, keepFocus } from './Key';

export function LabelBar() {
  return (
    <section class="label-bar" aria-label={t('bar.label')} data-testid="label-bar">
      <ScopeRow />
      <Plan />
    </section>
  );
}

const SCOPES: readonly { scope: Scope; action: Action | null }[] = [
  { scope: 'frame', action: null },
  { scope: 'span', action: null },
  { scope: 'clip', action: 'clipLabel' },
];

function ScopeRow() {
  const open = useSignal(false);
  return (
    <>
      <div class="scope-row">
        <div class="segments" role="group" aria-label={t('bar.scope')}>
          {SCOPES.map(({ scope: one, action }) => (
            <button
              key={one}
              type="button"
              class="segment"
              aria-pressed={scope.value === one}
              aria-keyshortcuts={action ? ariaKeys(action) : undefined}
              title={action ? `${t(`bar.${one}`)} (${keyHint(action)})` : undefined}
              data-testid={`scope-${one}`}
              onMouseDown={keepFocus}
              onClick={() => {
                scope.value = one;
              }}
            >
              {t(`bar.${one}`)}
            </button>
          ))}
        </div>
        <ActionButton
          action="spanStart"
          label={t('bar.start')}
          class="button small"
          onPress={() => markSpan('start')}
          showKey
        />
        <ActionButton
          action="spanEnd"
          label={t('bar.end')}
          class="button small"
          onPress={() => markSpan('end')}
          showKey
        />
        <button
          type="button"
          class="icon-button"
          aria-label={t('bar.comment')}
          title={t('bar.comment')}
          aria-expanded={open.value}
          data-on={draft.value.comment !== ''}
          onMouseDown={keepFocus}
          onClick={() => {
            open.value = !open.value;
          }}
        >
          <Icon name="comment" />
        </button>
      </div>
      {open.value && <Comment />}
    </>
  );
}

function Comment() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <input
      ref={field}
      class="input"
      type="text"
      maxLength={1000}
      aria-label={t('bar.comment')}
      placeholder={t('bar.commentHint')}
      data-testid="comment"
      value={draft.value.comment}
      onInput={(event) => setComment(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.isComposing) return;
        if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}

function what({ affect, expression }: Outcome): string {
  const value = affect && `${signed(affect.valence)} / ${signed(affect.arousal)}`;
  const name = expression && t(`expression.${expression}`);
  return [value, name].filter(Boolean).join(' · ');
}

/** Says beforehand what Enter does. */
function Plan() {
  const { outcome, why } = plan.value;
  if (!outcome) {
    return (
      <p class="plan muted" data-testid="plan">
        {t(why)}
      </p>
    );
  }
  const { scope: one, first, last } = outcome.target;
  const where = t(`bar.where.${one}`, { first, last });
  const key = outcome.decision === 'accept' ? 'bar.willAccept' : 'bar.willSave';
  return (
    <p
      class="plan"
      data-testid="plan"
      data-away={activeItem.value === null}
      data-decision={outcome.decision}
    >
      {t(key, { what: what(outcome), where })}
    </p>
  );
}
