"""Names of raters for the terminal: the log holds ids that say nothing of who it is."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feltline.project import Project

__all__ = ["check_members", "rater_names"]


def rater_names(project: "Project") -> Mapping[str, str]:
    """The name of each rater of a project; of who has left, the pseudonym.

    Raises:
        StoreError: The database of the users cannot be read.
    """
    from feltline.server.team import team_of
    from feltline.settings import accounts_url, home_folder
    from feltline.store import Accounts

    url = accounts_url(home_folder())
    accounts = Accounts.open(url) if Accounts.exist(url) else None
    try:
        team = team_of(project, accounts, is_public=False)
    finally:
        if accounts is not None:
            accounts.close()
    return {one.rater_id: one.name for one in team}


def check_members(here: "Project", rater_ids: Sequence[str]) -> None:
    """Raise unless all may judge; of a project without members anybody may.

    Raises:
        InputError: One is no member, or may only look on.
    """
    from feltline.server.team import check_judges, team_of
    from feltline.settings import accounts_url, home_folder
    from feltline.store import Accounts

    url = accounts_url(home_folder())
    if not Accounts.exist(url):
        return
    accounts = Accounts.open(url)
    try:
        if accounts.members(here.settings.project_id):
            check_judges(team_of(here, accounts, is_public=False), rater_ids)
    finally:
        accounts.close()
