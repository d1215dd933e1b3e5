"""Members of projects, as `feltline user` changes them: accounts and log together."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from feltline.cli.project import opened
from feltline.errors import FeltlineError, InputError

if TYPE_CHECKING:
    from feltline.store import Accounts, Membership, User

__all__ = ["RoleName", "join", "note_left"]

RoleName = Literal["owner", "lead", "rater", "viewer"]
"""`feltline.types.Role`, without importing it."""


def join(
    accounts: "Accounts",
    user: "User",
    role: RoleName,
    project: Path,
    takes: str | None,
) -> "Membership":
    """Make a user a member of a project.

    Raises:
        InputError: The folder is no project, or no such rater stands in its log.
    """
    with opened(project) as here:
        known = {*here.store.raters(), here.settings.rater}
        if takes is not None and takes not in known:
            raise InputError(
                f"no rater {takes!r} stands in the log of this project; take one who "
                f"does, or none"
            )
        project_id = here.settings.project_id
        was = accounts.membership(project_id, user.user_id)
        made = accounts.set_membership(project_id, user.user_id, role, rater_id=takes)
        here.store.enter_member(
            made.rater_id,
            role,
            former=None if was is None else was.role,
            by=here.settings.rater,
        )
    return made


def note_left(was: Sequence["Membership"], say: Callable[[str], None]) -> None:
    """Note in the projects that this machine knows that a member is gone.

    One that cannot be opened goes without: a user must be deleted in any case.

    Args:
        was: What the user was, and in which projects.
        say: Given a sentence on each project whose log does not say it.
    """
    from feltline.project import read_settings
    from feltline.server.known_projects import KnownProjects
    from feltline.settings import home_folder

    rater_of = {one.project_id: one.rater_id for one in was}
    for known in KnownProjects(home_folder()).all() if rater_of else []:
        try:
            rater_id = rater_of.get(read_settings(known.folder).project_id)
            if rater_id is not None:
                with opened(known.folder) as here:
                    here.store.leave_member(rater_id, by=here.settings.rater)
        except FeltlineError as error:
            say(f"the log of {known.name} does not say that the user left: {error}")
