/** API tokens of one's own: a new one is shown once, and each can be revoked. */

import { useSignal } from '@preact/signals';
import type { Token } from '../api/types';
import { language, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { useLoaded } from '../panels/useLoaded';
import { getTokens, makeToken, revokeToken, SCOPES, type Scope } from './requests';

export function Tokens() {
  const tokens = useLoaded(getTokens, []);
  const fault = useSignal<string | null>(null);
  const made = useSignal('');
  const attempt = async (work: () => Promise<unknown>) => {
    fault.value = null;
    try {
      await work();
      await tokens.reload();
    } catch (error) {
      fault.value = sentenceOf(error);
    }
  };
  const make = (form: HTMLFormElement) =>
    attempt(async () => {
      const given = new FormData(form);
      const scopes = given.getAll('scope') as Scope[];
      const days = Number(given.get('days'));
      made.value = (await makeToken(String(given.get('name')), scopes, days)).token;
      form.reset();
    });
  return (
    <form
      class="start-box"
      data-testid="tokens"
      onSubmit={(event) => {
        event.preventDefault();
        void make(event.currentTarget);
      }}
    >
      <h3>{t('people.tokens')}</h3>
      <p class="muted">{t('people.tokensHint')}</p>
      <ul class="people-list">
        {(tokens.value ?? []).map((one) => (
          <li key={one.token_id} class="people-row" data-testid="token">
            <span>{tokenText(one)}</span>
            <button
              type="button"
              class="button small"
              aria-label={t('people.revokeOne', { name: one.name })}
              onClick={() => void attempt(() => revokeToken(one.token_id))}
            >
              {t('people.revoke')}
            </button>
          </li>
        ))}
      </ul>
      <label class="start-field">
        {t('people.tokenName')}
        <input class="input" name="name" required maxLength={100} autocomplete="off" />
      </label>
      <fieldset class="people-scopes">
        <legend>{t('people.scopes')}</legend>
        {SCOPES.map((scope) => (
          <label key={scope}>
            <input
              type="checkbox"
              name="scope"
              value={scope}
              defaultChecked={scope === 'read'}
            />
            {t(`people.scope.${scope}`)}
          </label>
        ))}
      </fieldset>
      <label class="start-field">
        {t('people.days')}
        <input
          class="input"
          type="number"
          name="days"
          min={1}
          max={366}
          defaultValue="90"
          required
        />
      </label>
      <button type="submit" class="button">
        {t('people.makeToken')}
      </button>
      <div role="status">
        {made.value && (
          <>
            <p>{t('people.tokenOnce')}</p>
            <code class="people-token" data-testid="new-token">
              {made.value}
            </code>
          </>
        )}
      </div>
      <Fault text={fault.value ?? tokens.fault} />
    </form>
  );
}

function tokenText(token: Token): string {
  const form = new Intl.DateTimeFormat(language.value, { dateStyle: 'medium' });
  const scopes = token.scopes.map((scope) => t(`people.scope.${scope}`)).join(', ');
  const end = form.format(new Date(token.expires_at));
  return t('people.token', { name: token.name, scopes, end });
}
