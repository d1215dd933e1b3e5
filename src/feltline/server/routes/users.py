"""Users of the server, for its admins."""

from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Request

from feltline.server.context import caller_of
from feltline.server.memberships import names_by_id, note_left
from feltline.server.people_bodies import (
    ConfirmedBody,
    NewUserBody,
    NewUserRequest,
    UserBody,
    UserId,
    UserMembershipBody,
    UserRequest,
    WelcomeBody,
)
from feltline.server.routes.projects import Projects
from feltline.server.security.credentials import WELCOME_S
from feltline.server.security.passwords import check_password
from feltline.server.security.people import People
from feltline.server.security.welcome_form import link_of
from feltline.server.served_projects import ServedProjects
from feltline.store import User

router = APIRouter(tags=["people"])


@router.get("/users")
def users(projects: Projects) -> list[UserBody]:
    """All users, by the names that they sign in with, and what each is where."""
    if not projects.people.has_accounts:
        return []
    named = names_by_id(projects)
    found = projects.people.accounts.users()
    return [_body(projects, one, named) for one in found]


@router.post("/users", status_code=201)
def add_user(asked: NewUserRequest, projects: Projects) -> NewUserBody:
    """A new user, a member of no project yet; without a password, a link to one."""
    people, given = projects.people, asked.password
    password_hash = None if given is None else people.passwords.hash(given)
    made = people.accounts.add_user(
        asked.sign_in_name, name=asked.name, is_admin=asked.is_admin
    )
    if password_hash is not None:
        people.accounts.set_password_hash(made.user_id, password_hash)
    welcome = None if given is not None else _welcome(projects, made.user_id)
    body = _body(projects, made, {})
    return NewUserBody(**body.model_dump(), welcome=welcome)


@router.post("/users/{user_id}/link")
def link(user_id: UserId, projects: Projects) -> WelcomeBody:
    """A link by which a user chooses another password, once; until then all stays."""
    _user(projects.people, user_id)
    return _welcome(projects, user_id)


@router.patch("/users/{user_id}")
def change_user(
    user_id: UserId, asked: UserRequest, request: Request, projects: Projects
) -> UserBody:
    """Change a user; one who is disabled, or has another password, is signed out."""
    people = projects.people
    if asked.is_admin is False or asked.is_disabled:
        _check_another(user_id, request)
    _user(people, user_id)
    if asked.password is not None:
        check_password(asked.password)
    people.accounts.change_user(
        user_id,
        name=asked.name,
        is_admin=asked.is_admin,
        is_disabled=asked.is_disabled,
    )
    if asked.password is not None:
        password_hash = people.passwords.hash(asked.password)
        people.accounts.set_password_hash(user_id, password_hash)
    return _body(projects, _user(people, user_id), names_by_id(projects))


@router.delete("/users/{user_id}")
def delete_user(user_id: UserId, request: Request, projects: Projects) -> ConfirmedBody:
    """Delete a user; what it said stays in the projects, under pseudonyms."""
    _check_another(user_id, request)
    _user(projects.people, user_id)
    was = projects.people.accounts.delete_user(user_id)
    note_left(projects, was, caller_of(request))
    return ConfirmedBody()


def _user(people: People, user_id: str) -> User:
    """A user.

    Raises:
        HTTPException: There is none of that id.
    """
    found = people.accounts.user(user_id) if people.has_accounts else None
    if found is None:
        raise HTTPException(404, "there is no such user any more")
    return found


def _check_another(user_id: str, request: Request) -> None:
    """Keep admins from shutting themselves out.

    Raises:
        HTTPException: It is the user who asks.
    """
    if user_id == caller_of(request).user_id:
        raise HTTPException(
            400,
            "you cannot take your own account or rights away here; ask another admin, "
            "or use feltline user in the terminal",
        )


def _welcome(projects: ServedProjects, user_id: str) -> WelcomeBody:
    path = link_of(projects.credentials, projects.people, user_id)
    return WelcomeBody(link=path, days=WELCOME_S // 86_400)


def _body(projects: ServedProjects, user: User, named: Mapping[str, str]) -> UserBody:
    accounts = projects.people.accounts
    return UserBody(
        user_id=user.user_id,
        name=user.name,
        sign_in_name=user.sign_in_name,
        is_admin=user.is_admin,
        is_disabled=user.is_disabled,
        has_password=accounts.password_hash(user.user_id) is not None,
        created_at=user.created_at,
        memberships=[
            UserMembershipBody(project=named.get(one.project_id), role=one.role)
            for one in accounts.memberships_of(user.user_id)
        ],
    )
