/** Where one is signed in: each browser can be signed out from here. */

import { useSignal } from '@preact/signals';
import type { SignInSession } from '../api/types';
import { language, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { useLoaded } from '../panels/useLoaded';
import { endAllSessions, endSession, getSessions } from './requests';

export function Sessions() {
  const sessions = useLoaded(getSessions, []);
  const fault = useSignal<string | null>(null);
  const attempt = async (work: () => Promise<unknown>) => {
    fault.value = null;
    try {
      await work();
      return true;
    } catch (error) {
      fault.value = sentenceOf(error);
      return false;
    }
  };
  const end = async (session_id: string) => {
    await attempt(() => endSession(session_id));
    await sessions.reload(); // after a refusal, too: it may have ended by itself
  };
  const endAll = async () => {
    if (await attempt(endAllSessions)) location.assign('/');
  };
  return (
    <section class="start-box" aria-labelledby="sessions-title" data-testid="sessions">
      <h3 id="sessions-title">{t('people.sessions')}</h3>
      <ul class="people-list">
        {(sessions.value ?? []).map((one) => (
          <li key={one.session_id} class="people-row" data-testid="session">
            <span>
              {whereText(one)}
              <br />
              <span class="muted small">{usedText(one)}</span>
            </span>
            {one.is_this ? (
              <b class="people-mark">{t('people.thisBrowser')}</b>
            ) : (
              <button
                type="button"
                class="button small"
                aria-label={t('people.endOne', { where: whereText(one) })}
                onClick={() => void end(one.session_id)}
              >
                {t('people.end')}
              </button>
            )}
          </li>
        ))}
      </ul>
      <button type="button" class="button" onClick={() => void endAll()}>
        {t('people.endAll')}
      </button>
      <Fault text={fault.value ?? sessions.fault} />
    </section>
  );
}

function whereText({ browser, network }: SignInSession): string {
  const parts = [browser ?? t('people.unknownBrowser'), network];
  return parts.filter((one) => one !== null).join(' · ');
}

function usedText({ created_at, used_at }: SignInSession): string {
  const form = new Intl.DateTimeFormat(language.value, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  const [begun, used] = [created_at, used_at].map((at) => form.format(new Date(at)));
  return t('people.sessionUsed', { begun: begun ?? '', used: used ?? '' });
}
