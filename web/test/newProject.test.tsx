/** Who judges under the name of a member is not asked for another one. */

import { cleanup, render, screen } from '@testing-library/preact';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { setLanguage } from '../src/i18n';
import { NewProject } from '../src/start/NewProject';

const asked = vi.fn();

/** As the server answers of who asks. */
const standInMe = (user_id: string | null) =>
  vi.stubGlobal('fetch', async (url: string) => {
    asked(String(url));
    return new Response(JSON.stringify({ user_id, name: 'Lea' }), {
      headers: { 'Content-Type': 'application/json' },
    });
  });

beforeEach(() => {
  setLanguage('en');
  asked.mockClear();
});
afterEach(cleanup);

const answered = () => vi.waitFor(() => expect(asked).toHaveBeenCalled());

it('asks a user who signed in for no name', async () => {
  standInMe('4cd55290abe13ff5');
  render(<NewProject />);
  await answered();
  await vi.waitFor(() => expect(screen.queryByTestId('new-rater')).toBeNull());
  expect(screen.getByTestId('new-name')).toBeTruthy();
});

it('asks the one person of this machine', async () => {
  standInMe(null);
  render(<NewProject />);
  await answered();
  await new Promise((done) => setTimeout(done, 20));
  expect(screen.getByTestId('new-rater')).toBeTruthy();
});
