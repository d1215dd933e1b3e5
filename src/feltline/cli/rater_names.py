"""Names of raters for the terminal: the log holds ids that say nothing of who it is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feltline.project import Project

__all__ = ["rater_names"]


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
