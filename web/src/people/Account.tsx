/** Oneself on the start page: signing out, password, sessions, tokens for scripts. */

import { useSignal } from '@preact/signals';
import { signOut } from '../api/client';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { useLoaded } from '../panels/useLoaded';
import { changePassword, getMe } from './requests';
import { Sessions } from './Sessions';
import { Tokens } from './Tokens';
import './people.css';

/** Nothing for the one person on this machine, who has no account. */
export function Account() {
  const me = useLoaded(getMe, []);
  if (!me.value?.user_id) return null;
  return (
    <section class="people" aria-labelledby="account-title" data-testid="account">
      <h2 id="account-title">{t('people.account', { name: me.value.name })}</h2>
      <SignOut />
      <div class="start-new">
        <OwnPassword name={me.value.sign_in_name ?? ''} />
        <Sessions />
        <Tokens />
      </div>
    </section>
  );
}

function SignOut() {
  const fault = useSignal<string | null>(null);
  const leave = async () => {
    try {
      await signOut();
      location.assign('/');
    } catch (error) {
      fault.value = sentenceOf(error);
    }
  };
  return (
    <>
      <button
        type="button"
        class="button people-button"
        data-testid="sign-out"
        onClick={() => void leave()}
      >
        {t('people.signOut')}
      </button>
      <Fault text={fault.value} />
    </>
  );
}

function OwnPassword({ name }: { name: string }) {
  const fault = useSignal<string | null>(null);
  const isDone = useSignal(false);
  const send = async (form: HTMLFormElement) => {
    const given = new FormData(form);
    fault.value = null;
    isDone.value = false;
    try {
      await changePassword(String(given.get('old')), String(given.get('new')));
      form.reset();
      isDone.value = true;
    } catch (error) {
      fault.value = sentenceOf(error);
    }
  };
  return (
    <form
      class="start-box"
      data-testid="own-password"
      onSubmit={(event) => {
        event.preventDefault();
        void send(event.currentTarget);
      }}
    >
      <h3>{t('people.password')}</h3>
      <input type="hidden" name="username" autocomplete="username" value={name} />
      <label class="start-field">
        {t('people.oldPassword')}
        <input
          class="input"
          type="password"
          name="old"
          required
          maxLength={512}
          autocomplete="current-password"
        />
      </label>
      <label class="start-field">
        {t('people.newPassword')}
        <input
          class="input"
          type="password"
          name="new"
          required
          minLength={12}
          maxLength={512}
          autocomplete="new-password"
          aria-describedby="password-hint"
        />
      </label>
      <p id="password-hint" class="muted">
        {t('people.passwordHint')}
      </p>
      <button type="submit" class="button">
        {t('people.changePassword')}
      </button>
      <p role="status">{isDone.value && t('people.passwordChanged')}</p>
      <Fault text={fault.value} />
    </form>
  );
}
