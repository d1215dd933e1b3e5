/** Which videos are listed, and in what order; the timeline dims what does not fit. */

import { t } from '../i18n';
import {
  CERTAINTIES,
  choices,
  type Filter,
  filter,
  isFiltered,
  NO_FILTER,
  ORDERS,
  ORIGINS,
  order,
} from '../state/filter';
import { raterName } from '../state/raters';
import { videos } from '../state/videos';

interface SelectProps {
  name: string;
  value: string;
  /** Value and text of each choice. */
  options: readonly (readonly [string, string])[];
  onChoose: (value: string) => void;
}

function Select({ name, value, options, onChoose }: SelectProps) {
  return (
    <label class="video-filter">
      <span>{t(`filter.${name}`)}</span>
      <select
        class="select"
        value={value}
        data-testid={`filter-${name}`}
        onChange={(event) => {
          onChoose(event.currentTarget.value);
          event.currentTarget.blur();
        }}
      >
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

export function VideoFilter() {
  const { persons, raters } = choices(videos.value);
  const any = ['', t('filter.any')] as const;
  const named = (all: readonly string[]) => all.map((one) => [one, one] as const);
  const worded = (of: string, all: readonly string[]) =>
    all.map((one) => [one, t(`filter.${of}.${one}`)] as const);
  const choose = (name: keyof Filter) => (value: string) => {
    filter.value = { ...filter.value, [name]: value === '' ? null : value };
  };
  const of = filter.value;
  return (
    <div class="video-filters" role="group" aria-label={t('filter.label')}>
      <Select
        name="certainty"
        value={of.certainty ?? ''}
        options={[any, ...worded('certainty', CERTAINTIES)]}
        onChoose={choose('certainty')}
      />
      <Select
        name="origin"
        value={of.origin ?? ''}
        options={[any, ...worded('origin', ORIGINS)]}
        onChoose={choose('origin')}
      />
      {persons.length > 0 && (
        <Select
          name="person"
          value={of.person ?? ''}
          options={[any, ...named(persons)]}
          onChoose={choose('person')}
        />
      )}
      {raters.length > 0 && (
        <Select
          name="rater"
          value={of.rater ?? ''}
          options={[any, ...raters.map((one) => [one, raterName(one)] as const)]}
          onChoose={choose('rater')}
        />
      )}
      <Select
        name="order"
        value={order.value}
        options={worded('order', ORDERS)}
        onChoose={(value) => {
          order.value = ORDERS.find((one) => one === value) ?? 'name';
        }}
      />
      {isFiltered.value && <NoFilter />}
    </div>
  );
}

/** Takes the filter off, wherever it is seen. */
export function NoFilter() {
  return (
    <button
      type="button"
      class="chip"
      data-testid="filter-off"
      onClick={() => {
        filter.value = NO_FILTER;
      }}
    >
      {t('filter.off')} ×
    </button>
  );
}
