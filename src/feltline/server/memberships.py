"""Memberships of users in the projects of this server, by name and in their logs."""

import logging
from collections.abc import Iterable, Mapping

from fastapi import HTTPException

from feltline.errors import FeltlineError
from feltline.server.identity import Caller
from feltline.server.served_projects import ServedProjects
from feltline.store import Membership

__all__ = ["names_by_id", "note_left"]

logger = logging.getLogger(__name__)


def names_by_id(projects: ServedProjects) -> Mapping[str, str]:
    """The names of the projects of this server, by the ids that memberships hold."""
    named = ((one.known.key, one.known.name) for one in projects.listed())
    with_ids = ((_id_of(projects, key), name) for key, name in named)
    return {project_id: name for project_id, name in with_ids if project_id is not None}


def note_left(
    projects: ServedProjects, was: Iterable[Membership], caller: Caller
) -> None:
    """Note in the projects of this server that a member is gone, user and all.

    One that cannot be opened goes without: a user must be deleted in any case.

    Args:
        projects: Those of this server.
        was: What the user was, and in which projects.
        caller: Who deleted it.
    """
    rater_of = {one.project_id: one.rater_id for one in was}
    for listed in projects.listed() if rater_of else ():
        key = listed.known.key
        project_id = _id_of(projects, key)
        if project_id is None or project_id not in rater_of:
            continue
        accounts = projects.people.accounts
        member = accounts.membership(project_id, caller.user_id or "")
        by = "" if member is None else member.rater_id
        try:
            store = projects.served(key).project.store
            store.leave_member(rater_of[project_id], by=by)
        except (FeltlineError, HTTPException) as error:
            logger.warning("the log of %s does not say who left: %s", key, error)


def _id_of(projects: ServedProjects, key: str) -> str | None:
    """The id of a project; None if it cannot be read, or is off the list by now."""
    try:
        return projects.project_id_of(key)
    except HTTPException:
        return None
