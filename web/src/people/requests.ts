/** Requests about people: oneself, the users of the server, the members of a project. */

import { getServer, jsonOf, request } from '../api/client';
import type {
  Me,
  Members,
  NewToken,
  NewUser,
  SignInSession,
  Token,
  User,
  Welcome,
} from '../api/types';

export type Role = Members['members'][number]['role'];
export type Scope = Token['scopes'][number];

export const ROLES: readonly Role[] = ['owner', 'lead', 'rater', 'viewer'];
export const SCOPES: readonly Scope[] = ['read', 'judge', 'lead', 'manage'];

export const getMe = async () => jsonOf<Me>(await request('GET', '/me'));

/** Gives another password; the session is a new one then, with a CSRF token of its own. */
export async function changePassword(old: string, fresh: string): Promise<void> {
  await request('PUT', '/me/password', { old, new: fresh });
  await getServer();
}

export const getSessions = async () =>
  jsonOf<SignInSession[]>(await request('GET', '/me/sessions'));
export const endSession = (session_id: string) =>
  request('DELETE', `/me/sessions/${session_id}`);
export const endAllSessions = () => request('DELETE', '/me/sessions');

export const getTokens = async () =>
  jsonOf<Token[]>(await request('GET', '/me/tokens'));
export const makeToken = async (name: string, scopes: Scope[], days: number) =>
  jsonOf<NewToken>(
    await request('POST', '/me/tokens', { name, scopes, days, project: null }),
  );
export const revokeToken = (token_id: string) =>
  request('DELETE', `/me/tokens/${token_id}`);

export const getMembers = async () => jsonOf<Members>(await request('GET', '/members'));
export const addMember = async (sign_in_name: string, role: Role) =>
  jsonOf<Members>(await request('POST', '/members', { sign_in_name, role }));
export const setRole = async (user_id: string, role: Role) =>
  jsonOf<Members>(await request('PUT', `/members/${user_id}`, { role }));
export const removeMember = async (user_id: string) =>
  jsonOf<Members>(await request('DELETE', `/members/${user_id}`));

export const getUsers = async () => jsonOf<User[]>(await request('GET', '/users'));
export interface UserToAdd {
  sign_in_name: string;
  name: string;
  /** Without one the user chooses it by a link. */
  password?: string;
  is_admin: boolean;
}
export const addUser = async (asked: UserToAdd) =>
  jsonOf<NewUser>(await request('POST', '/users', asked));
export const changeUser = (
  user_id: string,
  asked: Partial<Pick<User, 'is_admin' | 'is_disabled'>>,
) => request('PATCH', `/users/${user_id}`, asked);
export const deleteUser = (user_id: string) => request('DELETE', `/users/${user_id}`);
/** A link by which a user chooses another password; until then all stays as it is. */
export const welcome = async (user_id: string) =>
  jsonOf<Welcome>(await request('POST', `/users/${user_id}/link`));
