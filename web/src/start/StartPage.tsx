/** The start page: projects of this server, a new one, and folders to open. */

import { useEffect } from 'preact/hooks';
import { LanguageSwitch, Mark, ThemeSwitch } from '../components/TopBar';
import { RestoreButton } from '../data/RestoreButton';
import { t } from '../i18n';
import { Account } from '../people/Account';
import { SignInLink } from '../people/SignInLink';
import { Users } from '../people/Users';
import { NewProject } from './NewProject';
import { OpenFolder } from './OpenFolder';
import { ProjectList } from './ProjectList';
import { loadStart, server, startState } from './start';
import './start.css';

const PROGRAM = 'feltline';

export function StartPage() {
  useEffect(() => {
    void loadStart();
    // Another tab, or the page of a project, may have changed the list meanwhile.
    const again = () => document.visibilityState === 'visible' && void loadStart();
    document.addEventListener('visibilitychange', again);
    return () => document.removeEventListener('visibilitychange', again);
  }, []);
  useEffect(() => {
    document.title = t('start.title');
  });
  const state = startState.value;
  return (
    <div class="start" data-testid="start" data-state={state.name}>
      <header class="top-bar">
        <p class="brand">
          <Mark />
          <b>{PROGRAM}</b>
        </p>
        <div class="top-settings">
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
      </header>
      <main class="start-main">
        <h1>{t('start.projects')}</h1>
        {state.name === 'ready' ? <Ready /> : <Before />}
      </main>
    </div>
  );
}

function Ready() {
  return (
    <>
      <ProjectList />
      {server.value?.is_admin && (
        <div class="start-new">
          <NewProject />
          <OpenFolder canBrowse={server.value.can_browse} />
          <RestoreButton onRestored={() => void loadStart()} />
        </div>
      )}
      {server.value?.is_admin && <Users />}
      <Account />
    </>
  );
}

function Before() {
  const { name, why } = startState.value;
  const text = {
    loading: 'start.loading',
    ready: 'start.loading',
    'signed-out': 'app.signedOut',
    offline: 'start.offline',
    failed: 'app.failed',
  }[name];
  return (
    <>
      <p role="status">{t(text, { why })}</p>
      {name !== 'loading' && (
        <button type="button" class="button primary" onClick={() => void loadStart()}>
          {t('app.retry')}
        </button>
      )}
      {name === 'signed-out' && <SignInLink />}
    </>
  );
}
