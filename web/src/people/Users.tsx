/** The users of the server, for its admins: who may sign in, and what each is where. */

import { useSignal } from '@preact/signals';
import type { User, Welcome } from '../api/types';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { useLoaded } from '../panels/useLoaded';
import { NewUser } from './NewUser';
import { changeUser, deleteUser, getMe, getUsers, welcome } from './requests';
import { WelcomeLink } from './WelcomeLink';
import './people.css';

/** Nothing where one person works alone, and there is no user. */
export function Users() {
  const me = useLoaded(getMe, []);
  const users = useLoaded(getUsers, []);
  if (!users.value || users.value.length === 0) return <Fault text={users.fault} />;
  return (
    <section class="people" aria-labelledby="users-title" data-testid="users">
      <h2 id="users-title">{t('people.users')}</h2>
      <ul class="people-list">
        {users.value.map((one) => (
          <li key={one.user_id} data-testid="user">
            <UserRow
              one={one}
              isSelf={one.user_id === me.value?.user_id}
              reload={users.reload}
            />
          </li>
        ))}
      </ul>
      <NewUser onAdded={users.reload} />
      <Fault text={users.fault} />
    </section>
  );
}

interface RowProps {
  one: User;
  isSelf: boolean;
  reload: () => Promise<void>;
}

function UserRow({ one, isSelf, reload }: RowProps) {
  const fault = useSignal<string | null>(null);
  const link = useSignal<Welcome | null>(null);
  const attempt = async (work: () => Promise<unknown>) => {
    fault.value = null;
    try {
      await work();
    } catch (error) {
      fault.value = sentenceOf(error);
    }
    await reload();
  };
  const newLink = () =>
    attempt(async () => {
      link.value = await welcome(one.user_id);
    });
  return (
    <details class="user">
      <summary>
        <b>{one.name}</b>
        {one.name !== one.sign_in_name && <span> ({one.sign_in_name})</span>}
        {marksOf(one, isSelf).map((mark) => (
          <span key={mark} class="user-mark">
            {mark}
          </span>
        ))}
        <span class="muted user-roles">{rolesText(one)}</span>
      </summary>
      <div class="user-steps">
        {!isSelf && (
          <>
            <button
              type="button"
              class="button small"
              onClick={() =>
                void attempt(() =>
                  changeUser(one.user_id, { is_disabled: !one.is_disabled }),
                )
              }
            >
              {t(one.is_disabled ? 'people.enable' : 'people.disable')}
            </button>
            <button
              type="button"
              class="button small"
              onClick={() =>
                void attempt(() => changeUser(one.user_id, { is_admin: !one.is_admin }))
              }
            >
              {t(one.is_admin ? 'people.noAdmin' : 'people.makeAdmin')}
            </button>
          </>
        )}
        <button type="button" class="button small" onClick={() => void newLink()}>
          {t('people.newLink')}
        </button>
        {!isSelf && (
          <Delete one={one} remove={() => attempt(() => deleteUser(one.user_id))} />
        )}
      </div>
      <div role="status">
        {link.value && <WelcomeLink of={link.value} name={one.name} />}
      </div>
      <Fault text={fault.value} />
    </details>
  );
}

/** Deletes a user, once that was asked for twice. */
function Delete({ one, remove }: { one: User; remove: () => Promise<void> }) {
  const asking = useSignal(false);
  if (!asking.value) {
    return (
      <button
        type="button"
        class="button small"
        aria-label={t('people.deleteOne', { name: one.name })}
        onClick={() => {
          asking.value = true;
        }}
      >
        {t('people.delete')}
      </button>
    );
  }
  return (
    <div class="user-delete">
      <p role="status">{t('people.deleteSure', { name: one.name })}</p>
      <button
        type="button"
        class="button small"
        data-testid="delete-yes"
        ref={(button) => button?.focus()}
        onClick={() => void remove()}
      >
        {t('people.delete')}
      </button>
      <button
        type="button"
        class="button quiet small"
        onClick={() => {
          asking.value = false;
        }}
      >
        {t('people.keep')}
      </button>
    </div>
  );
}

function marksOf(one: User, isSelf: boolean): string[] {
  const marks = [
    isSelf && 'people.you',
    one.is_admin && 'people.admin',
    one.is_disabled && 'people.disabled',
    !one.has_password && 'people.noPassword',
  ];
  return marks.filter((mark) => mark !== false).map((mark) => t(mark));
}

function rolesText({ memberships }: User): string {
  if (memberships.length === 0) return t('people.inNoProject');
  return memberships
    .map(({ project, role }) =>
      t('people.roleIn', {
        role: t(`people.role.${role}`),
        project: project ?? t('people.projectElsewhere'),
      }),
    )
    .join(' · ');
}
