/** Members of the project and their roles; leads see them, owners change them. */

import { useSignal } from '@preact/signals';
import type { Members as MembersAnswer } from '../api/types';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { useLoaded } from '../panels/useLoaded';
import { session } from '../state/session';
import {
  addMember,
  getMembers,
  ROLES,
  type Role,
  removeMember,
  setRole,
} from './requests';
import './people.css';

type Member = MembersAnswer['members'][number];

export function Members() {
  const may = session.value?.permissions ?? [];
  const loaded = useLoaded(getMembers, []);
  const fault = useSignal<string | null>(null);
  const change = async (work: () => Promise<MembersAnswer>) => {
    fault.value = null;
    try {
      await work();
    } catch (error) {
      fault.value = sentenceOf(error);
    }
    // After a refusal, too: a list must show the role that is in force.
    await loaded.reload();
  };
  const canChange = may.includes('manage');
  const { members = [], former = [] } = loaded.value ?? {};
  return (
    <section class="data-part" data-testid="members">
      <h3>{t('people.members')}</h3>
      {loaded.value && members.length === 0 && (
        <p class="muted">{t('people.noMember')}</p>
      )}
      <ul class="people-list">
        {members.map((one) => (
          <li key={one.user_id} class="people-row" data-testid="member">
            <MemberRow one={one} canChange={canChange} change={change} />
          </li>
        ))}
      </ul>
      {former.length > 0 && (
        <p class="muted small" data-testid="former">
          {t('people.former', { names: former.map((one) => one.name).join(', ') })}
        </p>
      )}
      {canChange && <NewMember change={change} />}
      <Fault text={fault.value ?? loaded.fault} />
    </section>
  );
}

interface Changing {
  change: (work: () => Promise<MembersAnswer>) => Promise<void>;
}

function MemberRow({
  one,
  canChange,
  change,
}: Changing & { one: Member; canChange: boolean }) {
  const name =
    one.name === one.sign_in_name ? one.name : `${one.name} (${one.sign_in_name})`;
  if (!canChange) {
    return (
      <span>
        {name} · {t(`people.role.${one.role}`)}
      </span>
    );
  }
  return (
    <>
      <span>
        {name}
        {one.is_disabled && ` · ${t('people.disabled')}`}
      </span>
      <RoleSelect
        label={t('people.roleOf', { name: one.name })}
        role={one.role}
        onChange={(role) => void change(() => setRole(one.user_id, role))}
      />
      <button
        type="button"
        class="button small"
        aria-label={t('people.removeOne', { name: one.name })}
        onClick={() => void change(() => removeMember(one.user_id))}
      >
        {t('people.remove')}
      </button>
    </>
  );
}

function RoleSelect(props: {
  label: string;
  role: Role;
  onChange: (role: Role) => void;
}) {
  return (
    <select
      class="select"
      aria-label={props.label}
      value={props.role}
      onChange={(event) => props.onChange(event.currentTarget.value as Role)}
    >
      {ROLES.map((role) => (
        <option key={role} value={role} selected={role === props.role}>
          {t(`people.role.${role}`)}
        </option>
      ))}
    </select>
  );
}

function NewMember({ change }: Changing) {
  const name = useSignal('');
  const role = useSignal<Role>('rater');
  return (
    <form
      class="people-row"
      data-testid="new-member"
      onSubmit={(event) => {
        event.preventDefault();
        const who = name.value.trim();
        if (who) void change(() => addMember(who, role.value));
        name.value = '';
      }}
    >
      <input
        class="input"
        aria-label={t('people.newMember')}
        placeholder={t('people.newMember')}
        maxLength={100}
        autocomplete="off"
        value={name.value}
        onInput={(event) => {
          name.value = event.currentTarget.value;
        }}
      />
      <RoleSelect
        label={t('people.newRole')}
        role={role.value}
        onChange={(chosen) => {
          role.value = chosen;
        }}
      />
      <button type="submit" class="button">
        {t('people.addMember')}
      </button>
    </form>
  );
}
