/** Raters to choose from, by name. */

import type { Signal } from '@preact/signals';
import type { TeamMember } from '../api/types';
import { t } from '../i18n';

interface RaterChoiceProps {
  raters: readonly TeamMember[];
  chosen: Signal<ReadonlySet<string>>;
}

export function RaterChoice({ raters, chosen }: RaterChoiceProps) {
  return (
    <fieldset class="team-choices">
      <legend>{t('work.raters')}</legend>
      {raters.map(({ rater_id, name }) => (
        <label key={rater_id} class="choice">
          <input
            type="checkbox"
            checked={chosen.value.has(rater_id)}
            data-testid={`rater-${rater_id}`}
            onChange={(event) => {
              const next = new Set(chosen.value);
              if (event.currentTarget.checked) next.add(rater_id);
              else next.delete(rater_id);
              chosen.value = next;
            }}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
