"""The server's own routes: who is here, which projects there are, folders to open."""

import tempfile
import uuid
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool

from feltline.errors import FeltlineError, InputError
from feltline.pipeline import restore
from feltline.project import SETTINGS_FILE, Project, ProjectSettings
from feltline.server.context import caller_of
from feltline.server.known_projects import ListedProject, slug_of
from feltline.server.requests import PathName, Plain
from feltline.server.security.permissions import authorise_on_server
from feltline.server.served_projects import ServedProjects
from feltline.server.server_bodies import (
    CountsBody,
    FileBody,
    FolderBody,
    FolderRequest,
    FoldersBody,
    ForgottenBody,
    NewProjectRequest,
    ProjectBody,
    RestoredBody,
    ServerBody,
)
from feltline.settings import version

router = APIRouter(tags=["projects"])

MAX_SAME_NAME: Final = 1000
_FAULT: Final = "it cannot be opened; ask who runs this server"


def projects_of(request: Request) -> ServedProjects:
    """The projects of the server, for a caller who may do what the route does.

    Raises:
        HTTPException: The caller may not.
    """
    authorise_on_server(request.scope, caller_of(request))
    projects: ServedProjects = request.app.state.projects
    return projects


Projects = Annotated[ServedProjects, Depends(projects_of)]


@router.get("/session")
def server_session(request: Request, projects: Projects) -> ServerBody:
    """The server, and the CSRF token that changes must carry."""
    is_admin = caller_of(request).is_admin
    return ServerBody(
        csrf=projects.credentials.csrf_token_for(request.scope),
        version=version(),
        home=str(projects.home) if is_admin else "",
        can_browse=is_admin and bool(projects.media.roots),
        is_admin=is_admin,
    )


@router.get("/projects")
def list_projects(request: Request, projects: Projects) -> list[ProjectBody]:
    """The projects that are open to who asks, the last used first.

    None is opened by asking. Where they lie, admins of the server are told only.
    """
    caller = caller_of(request)
    found = [
        _body(one)
        for one in projects.listed()
        if projects.is_open_to(one.known.key, caller)
    ]
    if not caller.is_admin:
        found = [_without_place(one) for one in found]
    return found


@router.post("/projects", status_code=201)
def make_project(
    asked: NewProjectRequest, request: Request, projects: Projects
) -> ProjectBody:
    """Make a project, in a folder of its own."""
    above = projects.home
    if asked.folder is not None:
        above = projects.media.inside(asked.folder)
    settings = ProjectSettings(
        project_id=uuid.uuid4().hex, name=asked.name, rater=asked.rater
    )
    folder = _free(above, slug_of(asked.name))
    Project.init(folder, settings).close()
    return _body(_added(request, projects, folder))


@router.post("/projects/open")
def open_folder(
    asked: FolderRequest, request: Request, projects: Projects
) -> ProjectBody:
    """Take a folder that is a project into the list."""
    return _body(_added(request, projects, projects.media.inside(asked.folder)))


@router.post("/projects/restore", status_code=201)
async def restore_project(
    request: Request,
    projects: Projects,
    name: Annotated[str, Query(min_length=1, max_length=200), Plain],
) -> RestoredBody:
    """Make a project of a backup, in a folder of its own; the body is the file.

    Videos that were purged on this machine after the backup was made stay out.
    """
    projects.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=projects.home, prefix=".restore-") as scratch:
        file = Path(scratch) / "backup.zip"
        with file.open("wb") as held:
            async for piece in request.stream():
                held.write(piece)
        return await run_in_threadpool(_restored, request, projects, file, name)


def _restored(
    request: Request, projects: ServedProjects, file: Path, name: str
) -> RestoredBody:
    stem = name.rsplit(".", 1)[0].removesuffix("-backup")
    others = [one.known.folder for one in projects.listed()]
    folder = _free(projects.home, slug_of(stem))
    try:
        made = restore(file, folder, purged_by=others)
    except FeltlineError as error:  # where it lay meanwhile is nobody's business
        raise type(error)(str(error).replace(str(file), name)) from error
    return RestoredBody(
        project=_body(_added(request, projects, folder)),
        made_at=made.made_at,
        n_videos=made.videos,
        n_purged=made.purged,
        missing=list(made.missing),
    )


def _added(request: Request, projects: ServedProjects, folder: Path) -> ListedProject:
    """Serve a project; a user who brings one in that nobody owns is its owner."""
    key = projects.add(folder)
    projects.bring_in(key, caller_of(request))
    return projects.listed_one(key)


@router.delete("/projects/{project}")
def forget_project(project: str, projects: Projects) -> ForgottenBody:
    """Close a project and take it off the list; nothing in its folder is changed."""
    folder = projects.listed_one(project).known.folder
    projects.forget(project)
    return ForgottenBody(folder=str(folder))


@router.get("/folders")
def folders(
    projects: Projects, path: Annotated[PathName | None, Query()] = None
) -> FoldersBody:
    """What is in a folder below the media roots; without one, the media roots."""
    media = projects.media
    here = None if path is None else media.inside(path)
    above = None if here is None else media.above(here)
    return FoldersBody(
        path=None if here is None else str(here),
        above=None if above is None else str(above),
        is_project=here is not None and (here / SETTINGS_FILE).is_file(),
        folders=[
            FolderBody(name=f.name, path=str(f.path), is_project=f.is_project)
            for f in media.folders(here)
        ],
        files=[
            FileBody(
                name=f.name,
                path=str(f.path),
                n_bytes=f.n_bytes,
                is_picture=f.is_picture,
            )
            for f in media.files(here)
        ],
    )


def _body(listed: ListedProject) -> ProjectBody:
    known = listed.known
    counts = known.counts
    return ProjectBody(
        key=known.key,
        name=known.name,
        folder=str(known.folder),
        used_at=known.used_at,
        is_open=listed.is_open,
        fault=listed.fault or None,
        counts=None
        if counts is None
        else CountsBody(
            n_videos=counts.videos,
            n_judgements=counts.judgements,
            n_pending=counts.pending,
        ),
    )


def _without_place(body: ProjectBody) -> ProjectBody:
    """What is of the disk is left out, in reasons why it cannot be opened, too."""
    return body.model_copy(update={"folder": "", "fault": body.fault and _FAULT})


def _free(above: Path, slug: str) -> Path:
    """A folder that is not there yet.

    Raises:
        InputError: There are too many of the same name.
    """
    for number in range(1, MAX_SAME_NAME):
        folder = above / (slug if number == 1 else f"{slug}-{number}")
        if not folder.exists():
            return folder
    raise InputError(
        f"{above} holds {MAX_SAME_NAME} projects of this name; choose another name"
    )
