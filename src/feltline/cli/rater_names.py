"""Names of raters for the terminal: the log holds ids that say nothing of who it is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feltline.project import Project
    from feltline.store import Accounts

__all__ = ["auditors", "judges", "rater_names"]


def rater_names(project: "Project") -> Mapping[str, str]:
    """The name of each rater of a project; of who has left, the pseudonym.

    Raises:
        StoreError: The database of the users cannot be read.
    """
    from feltline.server.team import team_of

    with _accounts() as accounts:
        team = team_of(project, accounts, is_public=False)
    return {one.rater_id: one.name for one in team}


def judges(project: "Project", asked: str) -> list[str]:
    """The ids of those who are to judge.

    Args:
        project: The project. Where it has no members, anybody may.
        asked: Names that members sign in with, or ids of raters, with commas between.

    Raises:
        InputError: One is no member, or may only look on.
        StoreError: The database of the users cannot be read.
    """
    from feltline.errors import InputError
    from feltline.server.team import team_of

    words = [word.strip() for word in asked.split(",") if word.strip()]
    with _accounts() as accounts:
        if accounts is None:
            return words
        members = accounts.members(project.settings.project_id)
        if not members:
            return words
        ids = {one.rater_id for one in members}
        by_user = {one.user_id: one.rater_id for one in members}
        team = team_of(project, accounts, is_public=False)
        may = {one.rater_id for one in team if one.may("judge")}
        found = []
        for word in words:
            user = None if word in ids else accounts.user_of_sign_in_name(word)
            found.append(word if user is None else by_user.get(user.user_id, word))
            if found[-1] not in may:
                raise InputError(
                    f"nobody who may judge here is called {word!r}; name owners, leads "
                    f"and raters of this project as they sign in, or by their ids"
                )
    return found


def auditors(project: "Project") -> list[str]:
    """The ids of those who judge audits where nobody is named.

    Raises:
        StoreError: The database of the users cannot be read.
    """
    from feltline.server.team import auditors_of

    with _accounts() as accounts:
        return auditors_of(project, accounts)


@contextmanager
def _accounts() -> "Iterator[Accounts | None]":
    """The users of this machine; None = there are none."""
    from feltline.settings import accounts_url, home_folder
    from feltline.store import Accounts

    url = accounts_url(home_folder())
    accounts = Accounts.open(url) if Accounts.exist(url) else None
    try:
        yield accounts
    finally:
        if accounts is not None:
            accounts.close()
