/** The way back in for who is signed out: the server's own page, which needs no script. */

import { t } from '../i18n';

export function SignInLink() {
  const next = encodeURIComponent(location.pathname);
  return (
    <a class="link" href={`/sign-in?next=${next}`} data-testid="to-sign-in">
      {t('people.signIn')}
    </a>
  );
}
