/** What the judgement is for, a comment, and what Enter would save. */

import { useEffect, useRef } from 'preact/hooks';
import type { Scope } from '../api/types';
import { t } from '../i18n';
import { className } from '../i18n/names';
import { type Action, ariaKeys, isWriting, keyHint } from '../keys';
import { formatValue, hasValue } from '../lib/value';
import { toggleComment } from '../state/actions';
import { markSpan, setComment, toggleUnsure } from '../state/draft';
import { commentOpen, draft, scope } from '../state/draftValue';
import { fateOfClass, type Outcome, plan } from '../state/outcome';
import { activeItem } from '../state/queue';
import { dimensions } from '../state/session';
import { anchor } from '../state/target';
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
        <ActionButton
          action="toggleUnsure"
          label={t('bar.unsure')}
          class="icon-button"
          onPress={toggleUnsure}
          pressed={draft.value.unsure}
          testid="unsure"
        >
          <b>?</b>
        </ActionButton>
        <button
          type="button"
          class="icon-button"
          aria-label={t('bar.comment')}
          aria-keyshortcuts={ariaKeys('comment')}
          title={`${t('bar.comment')} (${keyHint('comment')})`}
          aria-expanded={commentOpen.value}
          data-on={draft.value.comment !== ''}
          data-testid="open-comment"
          onMouseDown={keepFocus}
          onClick={toggleComment}
        >
          <Icon name="comment" />
        </button>
      </div>
      {commentOpen.value && <Comment />}
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
        if (isWriting(event)) return;
        if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}

function contentText({ value, expression }: Outcome): string {
  const numbers =
    hasValue(value) &&
    dimensions.value.map((one, d) => formatValue(value[d], one)).join(' / ');
  const doubt = draft.value.unsure && t('bar.unsure');
  return [numbers, expression && className(expression), doubt]
    .filter(Boolean)
    .join(' · ');
}

/** Where frames were sampled, a judgement goes to the nearest that was looked at. */
function whereText({ target: { scope: of, first, last } }: Outcome): string {
  const sampled = of === 'frame' && first !== anchor.value;
  return t(sampled ? 'bar.where.nearest' : `bar.where.${of}`, { first, last });
}

/** Of a corrected value: whether the model's class stays with it. */
function Fate() {
  const fate = fateOfClass.value;
  if (!fate) return null;
  const key = fate.kept ? 'bar.classKept' : 'bar.classAsked';
  return (
    <span class="muted" data-testid="class-fate" data-kept={fate.kept}>
      {t(key, { name: className(fate.name) })}
    </span>
  );
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
  const key = outcome.decision === 'accept' ? 'bar.willAccept' : 'bar.willSave';
  return (
    <p
      class="plan"
      data-testid="plan"
      data-away={activeItem.value === null}
      data-decision={outcome.decision}
    >
      {t(key, { what: contentText(outcome), where: whereText(outcome) })}
      <Fate />
    </p>
  );
}
