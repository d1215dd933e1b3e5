"""Members of a project and their roles."""

from collections import Counter

from fastapi import APIRouter, HTTPException, Request

from feltline.server.context import Here, Served
from feltline.server.people_bodies import (
    FormerBody,
    MemberBody,
    MemberRequest,
    MembersBody,
    NewMemberRequest,
    RaterBody,
    UserId,
)
from feltline.server.security.people import People
from feltline.types import Role

router = APIRouter(tags=["people"])


@router.get("/raters")
def raters(request: Request, here: Here) -> list[RaterBody]:
    """Everyone who labels here, or did, by name; only you, if you do not lead."""
    known = _body(_people(request), here)
    seen_by = None if here.identity.sees_all else here.rater
    same = Counter(one.name for one in known.members)
    found = [
        RaterBody(
            rater_id=one.rater_id,
            # Of two of one name, leads must know which is which.
            name=one.name
            if same[one.name] == 1 or seen_by is not None
            else f"{one.name} ({one.sign_in_name})",
            role=one.role,
        )
        for one in known.members
    ]
    former = here.project.store.pseudonyms()  # of notes about who said nothing, too
    former |= {one.rater_id: one.name for one in known.former}
    for one in found:
        former.pop(one.rater_id, None)
    if "judge" in here.identity.permissions and here.rater not in (
        one.rater_id for one in found
    ):
        former.setdefault(here.rater, here.rater)  # who has said nothing yet
    found += [RaterBody(rater_id=r, name=n, role=None) for r, n in former.items()]
    return [one for one in found if seen_by in (None, one.rater_id)]


@router.get("/members")
def members(request: Request, here: Here) -> MembersBody:
    """The members, and who else stands in the log: by a pseudonym, or as written."""
    return _body(_people(request), here)


@router.post("/members", status_code=201)
def add_member(asked: NewMemberRequest, request: Request, here: Here) -> MembersBody:
    """Make a user of this server a member."""
    people = _people(request)
    user = people.accounts.user_of_sign_in_name(asked.sign_in_name)
    if user is None:
        raise HTTPException(
            404,
            f"there is no user {asked.sign_in_name!r}; an admin of this server adds "
            f"users",
        )
    project_id = here.project.settings.project_id
    if people.accounts.membership(project_id, user.user_id) is not None:
        raise HTTPException(409, f"{user.sign_in_name} is a member already")
    known = {*here.project.store.raters(), here.project.settings.rater}
    if asked.takes_rater is not None and asked.takes_rater not in known:
        raise HTTPException(
            422,
            f"no rater {asked.takes_rater!r} stands in the log of this project; take "
            f"one who does, or none",
        )
    _set(people, here, user.user_id, asked.role, takes=asked.takes_rater)
    return _body(people, here)


@router.put("/members/{user_id}")
def change_member(
    user_id: UserId, asked: MemberRequest, request: Request, here: Here
) -> MembersBody:
    """Give a member another role; it holds from the member's next step."""
    people = _people(request)
    _check_member(people, here, user_id)
    _set(people, here, user_id, asked.role)
    return _body(people, here)


@router.delete("/members/{user_id}")
def remove_member(user_id: UserId, request: Request, here: Here) -> MembersBody:
    """Take a member out; what the member said stays, under a pseudonym."""
    people = _people(request)
    _check_member(people, here, user_id)
    project = here.project
    was = people.accounts.remove_membership(project.settings.project_id, user_id)
    if was is not None:  # another owner was quicker
        project.store.leave_member(was.rater_id, by=here.rater)
    return _body(people, here)


def _people(request: Request) -> People:
    people: People = request.app.state.projects.people
    return people


def _check_member(people: People, here: Served, user_id: str) -> None:
    """Whose user is of another project is none here, in the same words.

    Raises:
        HTTPException: The user is no member of this project.
    """
    project_id = here.project.settings.project_id
    if not people.has_accounts or not people.accounts.membership(project_id, user_id):
        raise HTTPException(404, "there is no such member of this project")


def _set(
    people: People, here: Served, user_id: str, role: Role, takes: str | None = None
) -> None:
    project, accounts = here.project, people.accounts
    project_id = project.settings.project_id
    was = accounts.membership(project_id, user_id)
    made = accounts.set_membership(project_id, user_id, role, rater_id=takes)
    former = None if was is None else was.role
    project.store.enter_member(made.rater_id, role, former=former, by=here.rater)


def _body(people: People, here: Served) -> MembersBody:
    project = here.project
    project_id, found = project.settings.project_id, []
    for one in people.accounts.members(project_id) if people.has_accounts else []:
        user = people.accounts.user(one.user_id)
        if user is not None:  # deleted since
            found.append(
                MemberBody(
                    user_id=user.user_id,
                    name=user.name,
                    sign_in_name=user.sign_in_name,
                    role=one.role,
                    rater_id=one.rater_id,
                    is_disabled=user.is_disabled,
                    added_at=one.added_at,
                )
            )
    present = {one.rater_id for one in found}
    left = [one for one in project.store.raters() if one and one not in present]
    pseudonyms = project.store.pseudonyms()
    return MembersBody(
        members=found,
        # A name that stands in a log from before there were accounts stays one.
        former=[FormerBody(rater_id=r, name=pseudonyms.get(r, r)) for r in left],
    )
