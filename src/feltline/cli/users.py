"""`feltline user`: who may sign in, and what each is in which project."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, get_args

import typer

from feltline.cli import options as o
from feltline.cli.members import RoleName, join, note_left
from feltline.cli.packages import need
from feltline.cli.project import opened
from feltline.cli.show import line, print_json, table
from feltline.errors import FeltlineError, InputError
from feltline.messages import in_language, known_in_language, terminal_language

if TYPE_CHECKING:
    from feltline.store import Accounts, User
    from feltline.types import TokenScope

__all__ = ["USER"]

DAYS: Final = 90

USER: Final = typer.Typer(
    no_args_is_help=True,
    help="People who may sign in, and their roles in projects.",
    epilog="Example: feltline user add anna --role owner --project study",
)

Name = Annotated[str, o.argument("NAME", "What the user signs in with.")]
ProjectOption = Annotated[
    Path | None, o.option("Folder of the project.", metavar="FOLDER")
]
RoleOption = Annotated[
    RoleName | None,
    o.option(
        "What the user is to be in the project: owner, lead, rater or viewer, each "
        "with all that the next may do.",
    ),
]
Takes = Annotated[
    str | None,
    o.option(
        "The user is this rater of the project's log; else a new one.", metavar="RATER"
    ),
]


@USER.command("add")
def add(
    name: Name,
    shown: Annotated[
        str | None, o.option("The name that others see; else NAME.", metavar="TEXT")
    ] = None,
    admin: Annotated[
        bool,
        o.option("May add users and projects on this server, too.", "--admin"),
    ] = False,
    role: RoleOption = None,
    project: ProjectOption = None,
    takes: Takes = None,
    as_json: o.AsJson = False,
) -> None:
    """Add a user, and make it a member of a project if one is named.

    The password is asked for, or read as one line from standard input.
    """
    _check_project(role, project)
    with _accounts() as accounts:
        if accounts.user_of_sign_in_name(name) is not None:
            raise InputError(f"there is a user {name!r} already; choose another name")
        password_hash = _hashed()
        made = accounts.add_user(name, name=shown or name, is_admin=admin)
        accounts.set_password_hash(made.user_id, password_hash)
        member = None
        if role is not None and project is not None:
            try:
                member = join(accounts, made, role, project, takes)
            except FeltlineError:  # all of it, or nothing
                accounts.delete_user(made.user_id)
                raise
        if as_json:
            rater = None if member is None else member.rater_id
            print_json({"user_id": made.user_id, "rater_id": rater})
            return
    _say(f"added the user {made.sign_in_name}")
    if member is not None:
        _say(f"{made.sign_in_name} is {member.role} of {project}")


@USER.command("list")
def show(as_json: o.AsJson = False) -> None:
    """List the users."""
    with _accounts() as accounts:
        found = [
            asdict(one)
            | {
                "has_password": accounts.password_hash(one.user_id) is not None,
                "n_projects": len(accounts.memberships_of(one.user_id)),
                "created_at": one.created_at.isoformat(),
            }
            for one in accounts.users()
        ]
    if as_json:
        print_json(found)
        return
    if not found:
        _say("nobody may sign in yet; add a user with feltline user add NAME")
        return
    columns = ("sign_in_name", "name", "is_admin", "is_disabled", "n_projects")
    table(*columns, rows=([one[name] for name in columns] for one in found))


@USER.command("disable")
def disable(
    name: Name,
    undo: Annotated[bool, o.option("Let the user in again.", "--undo")] = False,
) -> None:
    """Let a user sign in no more: sessions end, tokens let nobody in."""
    with _accounts() as accounts:
        user = _user(accounts, name)
        accounts.change_user(user.user_id, is_disabled=not undo)
    _say(
        f"{user.sign_in_name} may sign in again"
        if undo
        else f"{user.sign_in_name} may not sign in any more, and is signed out"
    )


@USER.command("password")
def password(name: Name) -> None:
    """Give a user another password; all sessions of the user end.

    It is asked for, or read as one line from standard input.
    """
    with _accounts() as accounts:
        user = _user(accounts, name)
        password_hash = _hashed()
        accounts.set_password_hash(user.user_id, password_hash)
    _say(f"{user.sign_in_name} has another password, and is signed out everywhere")


@USER.command("delete")
def delete(
    name: Name,
    yes: Annotated[bool, o.option("Do not ask.", "--yes")] = False,
) -> None:
    """Delete a user. What the user said stays in the projects, under a pseudonym."""
    with _accounts() as accounts:
        user = _user(accounts, name)
        if not yes:
            question = (
                f"delete {user.sign_in_name}? What was said stays, without a name"
            )
            typer.confirm(known_in_language(question, _language()), abort=True)
        was = accounts.delete_user(user.user_id)
        note_left(was, _say)
    _say(f"deleted {user.sign_in_name}; what the user said stays, under a pseudonym")
    for one in was:
        if not one.rater_id.startswith("rater-"):
            _say(
                f"in a project, the log itself names the rater {one.rater_id}, from "
                f"before there were users: that name stays, for a log is not rewritten"
            )


@USER.command("role")
def set_role(
    name: Name,
    role: Annotated[
        Literal["owner", "lead", "rater", "viewer", "none"],
        o.argument("ROLE", "owner, lead, rater, viewer, or none: no member any more."),
    ],
    project: Annotated[
        Path, o.option("Folder of the project.", metavar="FOLDER")
    ] = Path(),
    takes: Takes = None,
) -> None:
    """Make a user a member of a project, or give a member another role."""
    with _accounts() as accounts:
        user = _user(accounts, name)
        if role == "none":
            with opened(project) as here:
                was = accounts.remove_membership(here.settings.project_id, user.user_id)
                if was is None:
                    raise InputError(f"{user.sign_in_name} is no member of {project}")
                here.store.leave_member(was.rater_id, by=here.settings.rater)
            _say(f"{user.sign_in_name} is no member of {project} any more")
            return
        join(accounts, user, role, project, takes)
    _say(f"{user.sign_in_name} is {role} of {project}")


@USER.command("token")
def token(
    name: Name,
    called: Annotated[
        str, o.option("What the token is for, in your words.", metavar="TEXT")
    ] = "script",
    scopes: Annotated[
        str,
        o.option(
            "What it may do at most, joined by commas: read, judge, lead, manage."
        ),
    ] = "read",
    days: Annotated[int, o.option("How long it is good.")] = DAYS,
    project: ProjectOption = None,
    listed: Annotated[bool, o.option("List the tokens of the user.", "--list")] = False,
    revoke: Annotated[
        str | None, o.option("Revoke this token.", metavar="TOKEN_ID")
    ] = None,
    as_json: o.AsJson = False,
) -> None:
    """Make an API token of a user, for scripts; it is printed once.

    With --project it is good for this project only.
    """
    with _accounts() as accounts:
        user = _user(accounts, name)
        if revoke is not None:
            if not accounts.revoke_token(user.user_id, revoke):
                raise InputError(f"{user.sign_in_name} has no token {revoke}")
            _say(f"the token {revoke} lets nobody in any more")
            return
        if listed:
            _list_tokens(accounts, user, as_json=as_json)
            return
        project_id = None
        if project is not None:
            with opened(project) as here:
                project_id = here.settings.project_id
        made, secret = accounts.add_token(
            user.user_id,
            name=called,
            scopes=_scopes_of(scopes),
            days=days,
            project_id=project_id,
        )
    if as_json:
        print_json({"token_id": made.token_id, "token": secret})
        return
    _say(f"the token {made.token_id} is good for {days} days; it is shown only now:")
    line(secret)


# ---- parts


def _list_tokens(accounts: "Accounts", user: "User", *, as_json: bool) -> None:
    found = [
        {
            "token_id": one.token_id,
            "name": one.name,
            "scopes": " ".join(sorted(one.scopes)),
            "project_id": one.project_id,
            "expires_at": one.expires_at.isoformat(timespec="minutes"),
            "is_good": one.is_good,
        }
        for one in accounts.tokens_of(user.user_id)
    ]
    if as_json:
        print_json(found)
        return
    columns = ("token_id", "name", "scopes", "project_id", "expires_at", "is_good")
    table(*columns, rows=([one[name] for name in columns] for one in found))


@contextmanager
def _accounts() -> Iterator["Accounts"]:
    """The accounts of this user's server; what goes wrong is said in its language."""
    need("server")
    from feltline.settings import accounts_url, home_folder
    from feltline.store import Accounts

    try:
        home = home_folder()
        home.mkdir(parents=True, exist_ok=True)
        accounts = Accounts.open(accounts_url(home))
        try:
            yield accounts
        finally:
            accounts.close()
    except FeltlineError as error:
        sentence = str(error)
        said = in_language(sentence, _language())
        if said == sentence:
            raise
        raise type(error)(said) from error


def _user(accounts: "Accounts", name: str) -> "User":
    """A user by the name that it signs in with.

    Raises:
        InputError: There is none.
    """
    found = accounts.user_of_sign_in_name(name)
    if found is None:
        raise InputError(f"there is no user {name!r}; feltline user list names them")
    return found


def _scopes_of(text: str) -> "set[TokenScope]":
    """Scopes as the user wrote them.

    Raises:
        InputError: One of them is none.
    """
    from feltline.types import TokenScope

    known: dict[str, TokenScope] = {one: one for one in get_args(TokenScope)}
    words = [word.strip() for word in text.split(",")]
    if unknown := [word for word in words if word not in known]:
        raise InputError(
            f"{unknown[0]!r} is no scope; the scopes are {', '.join(known)}"
        )
    return {known[word] for word in words}


def _check_project(role: str | None, project: Path | None) -> None:
    if (role is None) != (project is None):
        raise InputError("a role is one in a project: give --role and --project")


def _hashed() -> str:
    """The hash of the password that is given."""
    from feltline.server.security.passwords import Passwords

    return Passwords().hash(_password())


def _password() -> str:
    """A password from the terminal, or the first line of standard input.

    Raises:
        InputError: None was given.
    """
    if sys.stdin.isatty():
        asked = known_in_language("password", _language())
        again = known_in_language("the same password again", _language())
        return str(
            typer.prompt(asked, hide_input=True, confirmation_prompt=again, err=True)
        )
    given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise InputError("no password was given; write it as a line to standard input")
    return given


def _language() -> str:
    return terminal_language(os.environ)


def _say(sentence: str) -> None:
    line(known_in_language(sentence, _language()))
