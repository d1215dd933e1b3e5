"""Bodies of the routes about people: oneself, users, members, tokens."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from feltline.server.requests import Plain, Request
from feltline.types import Role, TokenScope

ShownName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S"), Plain]
SignInName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S"), Plain]
Password = Annotated[str, Field(max_length=512)]
UserId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
SessionId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
TokenId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
RaterId = Annotated[str, Field(min_length=1, max_length=200), Plain]


class MeBody(BaseModel):
    """Who asks.

    Attributes:
        user_id: The user; null = the one person on this machine, who has no account.
        via: By what: a link, a sign-in, or a token.
        is_admin: Whether this may be done what is of the server.
    """

    user_id: str | None
    name: str
    sign_in_name: str | None
    via: Literal["link", "session", "token", "project-token"]
    is_admin: bool


class PasswordRequest(Request):
    """Another password of one's own; all sessions end but a new one for this page."""

    old: Password
    new: Password


class PasswordBody(BaseModel):
    """The CSRF token of the new session."""

    csrf: str


class SignInSessionBody(BaseModel):
    """A session of one's own, in this browser or another.

    Attributes:
        network: Part of the address that it was begun from; null = not known.
        browser: Program and system; null = not known.
        is_this: Whether it is the one that asks.
    """

    session_id: str
    created_at: datetime
    used_at: datetime
    network: str | None
    browser: str | None
    is_this: bool


class TokenRequest(Request):
    """A new API token.

    Attributes:
        name: What it is for.
        scopes: What it may do at most.
        project: The key of the one project that it is for; null = all of the user's.
        days: How long it is good.
    """

    name: ShownName
    scopes: Annotated[list[TokenScope], Field(min_length=1, max_length=4)]
    project: Annotated[str, Field(max_length=100), Plain] | None = None
    days: Annotated[int, Field(ge=1, le=366)] = 90


class TokenBody(BaseModel):
    """An API token; `project_id` null = all projects of the user."""

    token_id: str
    name: str
    scopes: list[TokenScope]
    project_id: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    is_good: bool


class NewTokenBody(TokenBody):
    """A new API token; `token` is what scripts send, and is never told again."""

    token: str


class ConfirmedBody(BaseModel):
    """It is done."""

    is_done: bool = True


class UserMembershipBody(BaseModel):
    """What a user is in a project; `project` null = none of this server."""

    project: str | None
    role: Role


class UserBody(BaseModel):
    """A user of the server."""

    user_id: str
    name: str
    sign_in_name: str
    is_admin: bool
    is_disabled: bool
    has_password: bool
    created_at: datetime
    memberships: list[UserMembershipBody]


class WelcomeBody(BaseModel):
    """A link by which a user chooses a password, once; it is never told again.

    Attributes:
        link: Path and query, at the address of this server.
        days: How long it is good.
    """

    link: str
    days: int


class NewUserBody(UserBody):
    """A new user, and the link to a first password; null = it was given one."""

    welcome: WelcomeBody | None


class NewUserRequest(Request):
    """A new user; without a password, one that chooses it by a link."""

    sign_in_name: SignInName
    name: ShownName
    password: Password | None = None
    is_admin: bool = False


class UserRequest(Request):
    """Change a user; what is null stays. Another password ends all sessions."""

    name: ShownName | None = None
    is_admin: bool | None = None
    is_disabled: bool | None = None
    password: Password | None = None


class MemberBody(BaseModel):
    """A member of a project; `rater_id` stands in its log."""

    user_id: str
    name: str
    sign_in_name: str
    role: Role
    rater_id: str
    is_disabled: bool
    added_at: datetime


class FormerBody(BaseModel):
    """A rater of the log who is no member: by a pseudonym, or as the log has it."""

    rater_id: str
    name: str


class MembersBody(BaseModel):
    """All who label, and who did."""

    members: list[MemberBody]
    former: list[FormerBody]


class RaterBody(BaseModel):
    """A rater of a project, by name.

    Attributes:
        rater_id: What stands in the log.
        name: The user's name; of one who is no member a pseudonym, or as the log has
            it.
        role: What the rater is here; null = no member.
    """

    rater_id: str
    name: str
    role: Role | None


class NewMemberRequest(Request):
    """Make a user a member.

    Attributes:
        sign_in_name: What the user signs in with.
        role: What the user is to be.
        takes_rater: The rater of the log that the user is; null = a new one.
    """

    sign_in_name: SignInName
    role: Role
    takes_rater: RaterId | None = None


class MemberRequest(Request):
    """Give a member another role."""

    role: Role
