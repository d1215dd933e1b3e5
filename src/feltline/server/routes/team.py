"""Who is in the team of a project, by name."""

from dataclasses import asdict

from fastapi import APIRouter, Request

from feltline.server.context import Here, Served
from feltline.server.team import TeamMember, team_of
from feltline.server.work_bodies import TeamMemberBody

router = APIRouter(tags=["people"])


@router.get("/team")
def team(request: Request, here: Here) -> list[TeamMemberBody]:
    """Whom you work with: for who leads, all members and whoever stands in the log.

    Who does not lead is told who leads: raters of the same faces do not know each
    other.
    """
    return [
        TeamMemberBody.model_validate(asdict(one) | {"may_judge": one.may("judge")})
        for one in known_team(request, here)
    ]


def whole_team(request: Request, here: Served) -> list[TeamMember]:
    """Everybody of the team."""
    projects = request.app.state.projects
    people = projects.people
    accounts = people.accounts if people.has_accounts else None
    return team_of(here.project, accounts, is_public=projects.public is not None)


def known_team(request: Request, here: Served) -> list[TeamMember]:
    """Those of the team whom the caller knows."""
    found = whole_team(request, here)
    if here.identity.sees_all:
        return found
    return [one for one in found if one.may("lead") or one.rater_id == here.rater]
