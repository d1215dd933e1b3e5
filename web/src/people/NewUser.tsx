/** A form that adds a user, who gets a password or a link to choose one. */

import { useSignal } from '@preact/signals';
import type { Welcome } from '../api/types';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { addUser } from './requests';
import { WelcomeLink } from './WelcomeLink';

interface Added {
  name: string;
  welcome: Welcome | null;
}

export function NewUser({ onAdded }: { onAdded: () => Promise<void> }) {
  const fault = useSignal<string | null>(null);
  const byLink = useSignal(true);
  const added = useSignal<Added | null>(null);
  const send = async (form: HTMLFormElement) => {
    const given = new FormData(form);
    const sign_in_name = String(given.get('sign_in_name')).trim();
    const name = String(given.get('name')).trim() || sign_in_name;
    fault.value = null;
    added.value = null;
    try {
      const made = await addUser({
        sign_in_name,
        name,
        is_admin: given.get('is_admin') !== null,
        ...(byLink.value ? {} : { password: String(given.get('password')) }),
      });
      added.value = { name, welcome: made.welcome };
      form.reset();
      byLink.value = true;
    } catch (error) {
      fault.value = sentenceOf(error);
    }
    await onAdded();
  };
  return (
    <form
      class="start-box"
      data-testid="new-user"
      onSubmit={(event) => {
        event.preventDefault();
        void send(event.currentTarget);
      }}
    >
      <h3>{t('people.newUser')}</h3>
      <label class="start-field">
        {t('people.signInName')}
        <input
          class="input"
          name="sign_in_name"
          required
          maxLength={100}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
        />
      </label>
      <label class="start-field">
        {t('people.shownName')}
        <input class="input" name="name" maxLength={100} autocomplete="off" />
      </label>
      <fieldset class="people-scopes">
        <legend>{t('people.firstPassword')}</legend>
        {[true, false].map((isLink) => (
          <label key={`${isLink}`}>
            <input
              type="radio"
              name="first"
              checked={byLink.value === isLink}
              onChange={() => {
                byLink.value = isLink;
              }}
            />
            {t(isLink ? 'people.byLink' : 'people.byPassword')}
          </label>
        ))}
      </fieldset>
      {!byLink.value && (
        <label class="start-field">
          {t('people.password')}
          <input
            class="input"
            type="password"
            name="password"
            required
            minLength={12}
            maxLength={512}
            autocomplete="new-password"
          />
        </label>
      )}
      <label>
        <input type="checkbox" name="is_admin" /> {t('people.asAdmin')}
      </label>
      <button type="submit" class="button">
        {t('people.addUser')}
      </button>
      <div role="status">
        {added.value && <p>{t('people.userAdded', { name: added.value.name })}</p>}
        {added.value?.welcome && (
          <WelcomeLink of={added.value.welcome} name={added.value.name} />
        )}
      </div>
      <Fault text={fault.value} />
    </form>
  );
}
