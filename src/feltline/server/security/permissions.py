"""Authorisation: which permission each route needs. What is not listed is refused."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from fastapi import HTTPException
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from feltline.server.identity import Caller, Identity
from feltline.types import Permission

__all__ = [
    "PERMISSION_OF",
    "PERMISSION_OF_JOB",
    "PROJECT_API",
    "SERVER_API",
    "authorise",
    "authorise_job",
    "authorise_on_server",
    "check_routes",
]

SERVER_API: Final = "/api"
PROJECT_API: Final = "/p/{project}/api"

_TRACK: Final = "/videos/{video_id}/tracks/{track_id}"

_ON_SERVER: Final[Mapping[Permission, tuple[str, ...]]] = {
    "read": (
        "GET /session",
        "GET /projects",
        "GET /me",
        "PUT /me/password",
        "GET /me/sessions",
        "DELETE /me/sessions",
        "DELETE /me/sessions/{session_id}",
        "GET /me/tokens",
        "POST /me/tokens",
        "DELETE /me/tokens/{token_id}",
    ),
    "admin": (
        "POST /projects",
        "POST /projects/open",
        "POST /projects/restore",
        "DELETE /projects/{project}",
        "GET /folders",
        "GET /users",
        "POST /users",
        "POST /users/{user_id}/link",
        "PATCH /users/{user_id}",
        "DELETE /users/{user_id}",
    ),
}
_IN_PROJECT: Final[Mapping[Permission, tuple[str, ...]]] = {
    "read": (
        "GET /session",
        "GET /events",
        "GET /raters",
        "GET /stream",
        "GET /videos",
        "GET /videos/{video_id}",
        "GET /videos/{video_id}/crowd",
        "GET /videos/{video_id}/judgements",
        "GET /videos/{video_id}/play",
        "GET /videos/{video_id}/times",
        "GET /videos/{video_id}/looked_at",
        f"GET {_TRACK}/faces",
        f"GET {_TRACK}/prediction",
        "GET /videos/{video_id}/predictions/{track_id}/{frame}",
        "GET /videos/{video_id}/frames/{frame}/crop",
        "GET /videos/{video_id}/frames/{frame}/thumbnail",
        "GET /queue",
        "GET /done",
        "GET /suggestions",
        "GET /sheet",
        "GET /threshold",
        "GET /persons",
        "GET /guidelines",
        "GET /model",
        "GET /work/next",
    ),
    "judge": (
        "GET /team",
        "GET /comments",
        "POST /comments",
        "PUT /comments/{event_id}/state",
        "GET /comparisons/next",
        "POST /comparisons",
        "POST /judgements",
        "POST /judgements/many",
        "POST /undo",
        "POST /events/{event_id}/undo",
        "POST /redo",
        "POST /videos/{video_id}/proxy",
        "POST /traces",
        "PUT /traces/{event_id}/lag",
        "GET /videos/{video_id}/traces",
    ),
    "lead": (
        "PUT /threshold",
        f"POST {_TRACK}/split",
        f"POST {_TRACK}/merge",
        f"POST {_TRACK}/ignore",
        f"POST {_TRACK}/restore",
        f"PUT {_TRACK}/person",
        "PUT /guidelines",
        "GET /export",
        "POST /predictions",
        "POST /labels/preview",
        "POST /labels",
        "POST /model/learn",
        "GET /overview",
        "POST /jobs/suggest",
        # All that go on are seen; what may be done with one hangs on its kind besides:
        # see `PERMISSION_OF_JOB`.
        "GET /jobs",
        "GET /members",
        "GET /work",
        "POST /assignments/plan",
        "GET /assignments",
        "GET /assignments/plans",
        "DELETE /assignments/{plan}",
        "GET /known-answers",
        "POST /known-answers",
        "PATCH /known-answers/{answer_id}",
        "GET /disagreements",
        "GET /audits",
        "POST /audits",
        "PUT /audits/schedule",
        "GET /audits/{batch_id}",
        "POST /audits/{batch_id}/stop",
        "GET /anchoring",
        "GET /comparisons/score",
        "GET /agreement",
        "GET /raters/{rater_id}/profile",
        "DELETE /jobs/{job_id}",
        "POST /jobs/{job_id}/again",
    ),
    "manage": (
        "GET /backup",
        "POST /uploads",
        "POST /uploads/folder",
        "POST /jobs/add",
        "POST /jobs/relocate",
        "DELETE /videos/{video_id}",
        "GET /settings",
        "PATCH /settings",
        "POST /members",
        "PUT /members/{user_id}",
        "DELETE /members/{user_id}",
    ),
}
_OF_OWN_ACCOUNT: Final = "/api/me/"
"""Below this a user must have signed in: a token that got into wrong hands neither
makes further tokens nor changes a password."""


def _by_route() -> dict[tuple[str, str], Permission]:
    found: dict[tuple[str, str], Permission] = {}
    for prefix, listed in ((SERVER_API, _ON_SERVER), (PROJECT_API, _IN_PROJECT)):
        for permission, routes in listed.items():
            for route in routes:
                method, path = route.split()
                found[method, prefix + path] = permission
    return found


PERMISSION_OF: Final[Mapping[tuple[str, str], Permission]] = _by_route()
"""The permission that a request needs, by method and template of its route."""
PERMISSION_OF_JOB: Final[Mapping[str, Permission]] = {
    kind: PERMISSION_OF[method, PROJECT_API + path]
    for kind, method, path in (
        ("add", "POST", "/jobs/add"),
        ("suggest", "POST", "/jobs/suggest"),
        ("relocate", "POST", "/jobs/relocate"),
        ("purge", "DELETE", "/videos/{video_id}"),
    )
}
"""What it takes to end a job, or to have it done again: what it takes to ask for it."""


def authorise(scope: Mapping[str, Any], identity: Identity) -> None:
    """Let a request to a project's route pass if the caller's role allows it.

    Args:
        scope: Of the request, once its route is known.
        identity: Who the caller is in that project.

    Raises:
        HTTPException: It does not.
    """
    _check(identity, _needed(scope, PROJECT_API))


def authorise_job(kind: str, identity: Identity) -> None:
    """Let a request about one job pass if its caller may ask for jobs of that kind.

    Args:
        kind: One of `job_process.KINDS`.
        identity: Who the caller is in the job's project.

    Raises:
        HTTPException: The caller may not.
    """
    _check(identity, PERMISSION_OF_JOB[kind])


def _check(identity: Identity, needed: Permission) -> None:
    if needed not in identity.permissions:
        raise HTTPException(
            403,
            f"this needs the permission {needed!r}, which you do not have here as "
            f"{identity.role}; ask an owner of the project",
        )


def authorise_on_server(scope: Mapping[str, Any], caller: Caller) -> None:
    """Let a request to a route of the server itself pass if its caller may.

    Raises:
        HTTPException: The caller may not.
    """
    needed = _needed(scope, SERVER_API)
    if not caller.may(needed):
        raise HTTPException(
            403,
            f"this needs the permission {needed!r} on this server, which you do not "
            f"have; ask who runs it",
        )
    route = SERVER_API + scope["route"].path_format
    if route.startswith(_OF_OWN_ACCOUNT) and caller.via != "session":
        raise HTTPException(
            403, "this is for users who signed in with their password, in a browser"
        )


def _needed(scope: Mapping[str, Any], prefix: str) -> Permission:
    # A route knows its template within its router only.
    return PERMISSION_OF[scope["method"], prefix + scope["route"].path_format]


def check_routes(
    prefix: str, routes: Iterable[BaseRoute], dependency: Callable[..., object]
) -> None:
    """Raise unless each route has a permission, and asks for it.

    Args:
        prefix: Of all these routes.
        routes: Of one router.
        dependency: What authorises a request; each route must depend on it.

    Raises:
        RuntimeError: A route is open to all: a programming error.
        TypeError: A route is of a kind that asks for nothing.
    """
    for route in routes:
        if not isinstance(route, APIRoute) or not route.methods:
            raise TypeError(f"{route} is no route that can be authorised")
        for method in route.methods:
            if (method, prefix + route.path) not in PERMISSION_OF:
                raise RuntimeError(
                    f"{method} {prefix}{route.path} has no permission; enter one in "
                    f"server/security/permissions.py"
                )
        if dependency not in [one.call for one in route.dependant.dependencies]:
            raise RuntimeError(
                f"{prefix}{route.path} does not depend on {dependency.__name__}, so "
                f"nobody is authorised there"
            )
