"""Oneself: who one is, one's own password, tokens and sessions."""

import math
from dataclasses import asdict

from fastapi import APIRouter, HTTPException, Request, Response

from feltline.server.context import caller_of
from feltline.server.people_bodies import (
    ConfirmedBody,
    MeBody,
    NewTokenBody,
    PasswordBody,
    PasswordRequest,
    SessionId,
    SignInSessionBody,
    TokenBody,
    TokenId,
    TokenRequest,
)
from feltline.server.routes.projects import Projects
from feltline.server.security.cookies import Cookies
from feltline.server.security.people import WrongPasswordError
from feltline.server.served_projects import ServedProjects
from feltline.store import ApiToken, User

router = APIRouter(tags=["people"])


@router.get("/me")
def me(request: Request, projects: Projects) -> MeBody:
    """Who asks: a user, or the one person on this machine."""
    caller = caller_of(request)
    user = None
    if caller.user_id is not None:
        user = projects.people.accounts.user(caller.user_id)
    return MeBody(
        user_id=caller.user_id,
        name="" if user is None else user.name,
        sign_in_name=None if user is None else user.sign_in_name,
        via=caller.via,
        is_admin=caller.is_admin,
    )


@router.put("/me/password")
def change_password(
    asked: PasswordRequest, request: Request, response: Response, projects: Projects
) -> PasswordBody:
    """Another password of one's own; all other sessions end, tokens stay good."""
    people, user = projects.people, _self(request, projects)
    # Somebody at a browser that was left open guesses no faster than a stranger.
    who = people.throttle.of(user.user_id, "", f"own-{user.user_id}")
    try:
        people.sign_in(user.sign_in_name, asked.old, who)
    except WrongPasswordError as error:
        if not error.wait_s:
            raise HTTPException(400, "the present password is another one") from error
        headers = {"Retry-After": f"{math.ceil(error.wait_s)}"}
        raise HTTPException(429, str(error), headers=headers) from error
    new_hash = people.passwords.hash(asked.new)
    people.accounts.set_password_hash(user.user_id, new_hash)
    session = people.begin_session(user.user_id, request)
    cookies = Cookies(projects.credentials, projects.public)
    cookies.give_session(request, response, session)
    return PasswordBody(csrf=projects.credentials.csrf_token(session))


@router.get("/me/sessions")
def sessions(request: Request, projects: Projects) -> list[SignInSessionBody]:
    """One's own sessions that are good, the last used first."""
    own = caller_of(request).session or ""
    found = projects.people.accounts.sessions_of(_self(request, projects).user_id)
    return [SignInSessionBody(**asdict(one), is_this=one.is_of(own)) for one in found]


@router.delete("/me/sessions/{session_id}")
def end_session(
    session_id: SessionId, request: Request, projects: Projects
) -> ConfirmedBody:
    """End one session of one's own: that browser is signed out."""
    user = _self(request, projects)
    if not projects.people.accounts.end_session_of(user.user_id, session_id):
        raise HTTPException(404, "you have no such session any more")
    return ConfirmedBody()


@router.delete("/me/sessions")
def end_sessions(request: Request, projects: Projects) -> ConfirmedBody:
    """Sign out everywhere, here too."""
    projects.people.accounts.end_sessions(_self(request, projects).user_id)
    return ConfirmedBody()


@router.get("/me/tokens")
def tokens(request: Request, projects: Projects) -> list[TokenBody]:
    """One's own API tokens, the oldest first; those that are over are left out."""
    found = projects.people.accounts.tokens_of(_self(request, projects).user_id)
    return [_body(one) for one in found if one.is_good]


@router.post("/me/tokens", status_code=201)
def make_token(
    asked: TokenRequest, request: Request, projects: Projects
) -> NewTokenBody:
    """A new API token; what scripts send is told here only."""
    user, project_id = _self(request, projects), None
    if asked.project is not None:
        projects.identity_in(asked.project, caller_of(request))
        project_id = projects.project_id_of(asked.project)
    made, secret = projects.people.accounts.add_token(
        user.user_id,
        name=asked.name,
        scopes=asked.scopes,
        days=asked.days,
        project_id=project_id,
    )
    return NewTokenBody(**_body(made).model_dump(), token=secret)


@router.delete("/me/tokens/{token_id}")
def revoke_token(
    token_id: TokenId, request: Request, projects: Projects
) -> ConfirmedBody:
    """Revoke a token of one's own: it lets nobody in from now on."""
    user = _self(request, projects)
    if not projects.people.accounts.revoke_token(user.user_id, token_id):
        raise HTTPException(404, "you have no such token")
    return ConfirmedBody()


def _self(request: Request, projects: ServedProjects) -> User:
    """The user who asks.

    Raises:
        HTTPException: It is none any more.
    """
    user = projects.people.accounts.user(caller_of(request).user_id or "")
    if user is None:
        raise HTTPException(401, "you are not signed in")
    return user


def _body(token: ApiToken) -> TokenBody:
    values = asdict(token) | {"scopes": sorted(token.scopes), "is_good": token.is_good}
    return TokenBody(**{name: values[name] for name in TokenBody.model_fields})
