/** The expression classes, with the model's probability of each. */

import { percent, t } from '../i18n';
import { contradicts } from '../lib/expressions';
import { giveClass } from '../state/decide';
import {
  likelyClass,
  model,
  ownAffect,
  ownExpression,
  probabilities,
} from '../state/draft';
import { touched } from '../state/given';
import { expressions } from '../state/session';
import { Icon } from './Icon';
import { keepFocus } from './Key';

export function Classes() {
  const own = ownExpression.value;
  return (
    <div class="classes" role="group" aria-label={t('bar.class')}>
      {expressions.value.map((name, i) => {
        const share = probabilities.value?.[i];
        const label = t(`expression.${name}`);
        return (
          <button
            key={name}
            type="button"
            class="class-chip"
            aria-pressed={own === name}
            aria-keyshortcuts={String(i + 1)}
            data-likely={own === null && likelyClass.value === name}
            data-testid={`class-${name}`}
            title={
              share === undefined
                ? undefined
                : t('bar.probability', { name: label, share: percent(share) })
            }
            onMouseDown={keepFocus}
            onClick={() => giveClass(own === name ? null : name)}
          >
            <span class="class-share" style={{ width: `${100 * (share ?? 0)}%` }} />
            <kbd class="key">{i + 1}</kbd>
            <span class="class-name">{label}</span>
          </button>
        );
      })}
    </div>
  );
}

/** Always there, so that nothing moves when it speaks. */
export function Contradiction() {
  const value = ownAffect.value ?? (touched.value ? model.value : null);
  const name = ownExpression.value;
  const wrong = value !== null && contradicts(value, name);
  return (
    <p
      class="contradiction"
      role="status"
      data-testid="contradiction"
      data-top={value !== null && value.arousal < 0}
    >
      {wrong && name && (
        <>
          <Icon name="warning" />
          {t('pad.contradiction', { expression: t(`expression.${name}`) })}
        </>
      )}
    </p>
  );
}
