"""The team of a project: its members, and who else stands in its log."""

from collections.abc import Sequence
from dataclasses import dataclass

from feltline.errors import InputError
from feltline.project import Project
from feltline.store import Accounts
from feltline.types import ROLE_PERMISSIONS, Permission, Role

__all__ = ["TeamMember", "auditors_of", "check_judges", "team_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """Somebody of a project's team.

    Attributes:
        rater_id: What stands for them in the project's log.
        name: The name that others see; a pseudonym of who has left.
        role: What they are in the project; None = they cannot come in any more.
    """

    rater_id: str
    name: str
    role: Role | None

    def may(self, permission: Permission) -> bool:
        """Whether their role allows something."""
        return self.role is not None and permission in ROLE_PERMISSIONS[self.role]


def team_of(
    project: Project, accounts: Accounts | None, *, is_public: bool
) -> list[TeamMember]:
    """Everybody of a project's team, members first.

    Args:
        project: The project.
        accounts: Of the users who may sign in; None = there are none.
        is_public: Whether only users come in. Else the one person on this machine
            needs no account, and owns all projects.
    """
    found: dict[str, TeamMember] = {}
    if accounts is not None:
        for one in accounts.members(project.settings.project_id):
            user = accounts.user(one.user_id)
            if user is not None:  # deleted since
                role = None if user.is_disabled else one.role
                found[one.rater_id] = TeamMember(
                    rater_id=one.rater_id, name=user.name, role=role
                )
    alone = project.settings.rater
    if not is_public and alone not in found:
        found[alone] = TeamMember(rater_id=alone, name=alone, role="owner")
    pseudonyms = project.store.pseudonyms()
    for rater_id in project.store.raters():
        if rater_id and rater_id not in found:
            name = pseudonyms.get(rater_id, rater_id)
            found[rater_id] = TeamMember(rater_id=rater_id, name=name, role=None)
    return list(found.values())


def auditors_of(project: Project, accounts: Accounts | None) -> list[str]:
    """Who judges the audits of a project: its raters, else whoever leads it.

    Args:
        project: The project.
        accounts: Of the users who may sign in; None = there are none.
    """
    alone = [project.settings.rater]
    if accounts is None:
        return alone
    active = [
        one
        for one in accounts.members(project.settings.project_id)
        if (user := accounts.user(one.user_id)) is not None and not user.is_disabled
    ]
    own = [one.rater_id for one in active if one.role == "rater"]
    leading = [one.rater_id for one in active if one.role in ("lead", "owner")]
    return own or leading or alone


def check_judges(team: Sequence[TeamMember], rater_ids: Sequence[str]) -> None:
    """Raise unless all of some raters may judge.

    Raises:
        InputError: One may not, or is nobody: work for them would never be done.
    """
    judges = {one.rater_id for one in team if one.may("judge")}
    wrong = [rater_id for rater_id in rater_ids if rater_id not in judges]
    if wrong:
        raise InputError(
            f"nobody who may judge here has the id {wrong[0]!r}; assign work to "
            f"owners, leads and raters of this project, by their ids"
        )
