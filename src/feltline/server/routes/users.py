"""Users of the server, for its admins."""

from fastapi import APIRouter, HTTPException, Request

from feltline.server.context import caller_of
from feltline.server.people_bodies import (
    ConfirmedBody,
    NewUserRequest,
    UserBody,
    UserId,
    UserRequest,
)
from feltline.server.routes.projects import Projects
from feltline.server.security.passwords import check_password
from feltline.server.security.people import People
from feltline.store import User

router = APIRouter(tags=["people"])


@router.get("/users")
def users(projects: Projects) -> list[UserBody]:
    """All users, by the names that they sign in with."""
    people = projects.people
    if not people.has_accounts:
        return []
    return [_body(people, one) for one in people.accounts.users()]


@router.post("/users", status_code=201)
def add_user(asked: NewUserRequest, projects: Projects) -> UserBody:
    """A new user, who may sign in at once, and is a member of no project yet."""
    people = projects.people
    password_hash = people.passwords.hash(asked.password)
    made = people.accounts.add_user(
        asked.sign_in_name, name=asked.name, is_admin=asked.is_admin
    )
    people.accounts.set_password_hash(made.user_id, password_hash)
    return _body(people, made)


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
    return _body(people, _user(people, user_id))


@router.delete("/users/{user_id}")
def delete_user(user_id: UserId, request: Request, projects: Projects) -> ConfirmedBody:
    """Delete a user; what it said stays in the projects, under pseudonyms."""
    _check_another(user_id, request)
    _user(projects.people, user_id)
    was = projects.people.accounts.delete_user(user_id)
    projects.note_left(was, caller_of(request))
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


def _body(people: People, user: User) -> UserBody:
    return UserBody(
        user_id=user.user_id,
        name=user.name,
        sign_in_name=user.sign_in_name,
        is_admin=user.is_admin,
        is_disabled=user.is_disabled,
        has_password=people.accounts.password_hash(user.user_id) is not None,
        created_at=user.created_at,
    )
