/** The expression classes, with the model's probability of each. */

import { percent, t } from '../i18n';
import { className } from '../i18n/names';
import { shownChord } from '../keys';
import { contradicts } from '../lib/expressions';
import { giveClass } from '../state/actions';
import { ownExpression, ownValue } from '../state/draft';
import { likelyClass, probabilities } from '../state/predictionAt';
import { classes, classKeys, classNamed, dimensions } from '../state/session';
import { Icon } from './Icon';
import { keepFocus } from './Key';

export function Classes() {
  const own = ownExpression.value;
  const keys = new Map([...classKeys.value].map(([key, name]) => [name, key]));
  return (
    <div class="classes" role="group" aria-label={t('bar.class')}>
      {classes.value.map(({ name, colour }, i) => {
        const share = probabilities.value?.[i];
        const label = className(name);
        const key = keys.get(name);
        return (
          <button
            key={name}
            type="button"
            class="class-chip"
            style={colour ? { '--class-colour': colour } : undefined}
            aria-pressed={own === name}
            aria-keyshortcuts={key}
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
            {key && <kbd class="key">{shownChord(key)}</kbd>}
            <span class="class-name">{label}</span>
          </button>
        );
      })}
    </div>
  );
}

/** Always there, so that nothing moves when it speaks. */
export function Contradiction() {
  const value = ownValue.value;
  const name = ownExpression.value;
  const wrong = contradicts(value, classNamed(name), dimensions.value);
  const [, up] = dimensions.value;
  return (
    <p
      class="contradiction"
      role="status"
      data-testid="contradiction"
      data-top={up !== undefined && (value[1] ?? up.high) < (up.low + up.high) / 2}
    >
      {wrong && name && (
        <>
          <Icon name="warning" />
          {t('pad.contradiction', { expression: className(name) })}
        </>
      )}
    </p>
  );
}
