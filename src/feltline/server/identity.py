"""Identity of a request: its caller, and who that is in one project."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from feltline.types import ROLE_PERMISSIONS, Permission, Role

__all__ = ["CALLER_KEY", "Caller", "Identity", "local_caller"]

CALLER_KEY: Final = "feltline.caller"
"""Where a request's scope holds its `Caller`, once it is authenticated."""

Via = Literal["link", "session", "token", "project-token"]
"""By what somebody came in: the one-time link, a sign-in, or a token: a user's or the
server's own, or that in the folder of one project."""

ALL_SCOPES: Final[frozenset[Permission]] = frozenset(get_args(Permission))


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sends a request, before any project is looked at.

    Attributes:
        user_id: The user; None = the one person on this machine, who has no account.
        via: By what the caller came in.
        session: Session of a browser, from which its CSRF token is derived; None for
            scripts.
        is_admin: Whether the caller may do what is of the server.
        scopes: Permissions beyond which the caller has none, whatever its role.
        project_id: The one project that a token is for; None = all that are open to
            the caller.
        token_id: The API token of a user by which a script came in.
    """

    user_id: str | None
    via: Via
    session: str | None
    is_admin: bool
    scopes: frozenset[Permission] = ALL_SCOPES
    project_id: str | None = None
    token_id: str | None = None

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> "Caller | None":
        """The caller of a request; None where nobody was authenticated."""
        found: Caller | None = scope.get(CALLER_KEY)
        return found

    def may(self, permission: Permission) -> bool:
        """Whether the caller may do something that is of the server."""
        is_open = permission == "read" or self.is_admin
        return is_open and permission in self.scopes and self.project_id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a caller is in one project.

    Attributes:
        caller: The caller.
        role: What it is there.
        rater_id: What stands for it in the project's log.
        permissions: What it may do there.
    """

    caller: Caller
    role: Role
    rater_id: str
    permissions: frozenset[Permission]

    @classmethod
    def of(cls, caller: Caller, role: Role, rater_id: str) -> "Identity":
        """With all permissions of a role, as far as the caller's scopes go."""
        allowed = ROLE_PERMISSIONS[role] & caller.scopes
        return cls(caller=caller, role=role, rater_id=rater_id, permissions=allowed)

    @property
    def sees_all(self) -> bool:
        """Whether it may see what other raters said."""
        return "lead" in self.permissions


def local_caller(via: Via, session: str | None = None) -> Caller:
    """The one person on this machine: admin of the server, unless in by one project.

    Args:
        via: By what the person, or a script of this person, came in.
        session: Of a browser.
    """
    is_admin = via != "project-token"
    return Caller(user_id=None, via=via, session=session, is_admin=is_admin)
