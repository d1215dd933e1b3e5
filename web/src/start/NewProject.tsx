/** A form that makes a project and opens its page. */

import { useSignal } from '@preact/signals';
import { makeProject } from '../api/client';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { useLoaded } from '../panels/useLoaded';
import { getMe } from '../people/requests';
import { pageOf, server } from './start';

export function NewProject() {
  const name = useSignal('');
  const rater = useSignal('');
  const me = useLoaded(getMe, []);
  const busy = useSignal(false);
  const fault = useSignal<string | null>(null);
  const make = async () => {
    busy.value = true;
    fault.value = null;
    try {
      const who = rater.value.trim();
      const made = await makeProject({
        name: name.value.trim(),
        ...(who ? { rater: who } : {}),
      });
      location.assign(pageOf(made.key));
    } catch (error) {
      fault.value = sentenceOf(error);
      busy.value = false;
    }
  };
  return (
    <form
      class="start-box"
      data-testid="new-project"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.value.trim() && !busy.value) void make();
      }}
    >
      <h2>{t('start.new')}</h2>
      <label class="start-field">
        {t('start.name')}
        <input
          class="input"
          name="project"
          required
          maxLength={100}
          autocomplete="off"
          data-testid="new-name"
          value={name.value}
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
      </label>
      {/* Who signed in judges under the name that members have. */}
      {!me.value?.user_id && (
        <label class="start-field">
          {t('start.rater')}
          <input
            class="input"
            name="rater"
            maxLength={100}
            autocomplete="name"
            data-testid="new-rater"
            value={rater.value}
            onInput={(event) => {
              rater.value = event.currentTarget.value;
            }}
          />
        </label>
      )}
      <p class="muted">{t('start.home', { folder: server.value?.home ?? '' })}</p>
      <button
        type="submit"
        class="button primary"
        data-testid="new-make"
        disabled={busy.value}
      >
        {t('start.make')}
      </button>
      <Fault text={fault.value} />
    </form>
  );
}
