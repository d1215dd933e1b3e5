"""Around the judging: videos in and out, suggestions, settings; long work as jobs."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request

from feltline.errors import InputError
from feltline.server.context import Here, Served
from feltline.server.manage_bodies import (
    AddRequest,
    JobBody,
    PicturesRequest,
    RelocateRequest,
    SettingsBody,
    SettingsRequest,
    SuggestRequest,
    UploadedBody,
    job_body,
)
from feltline.server.requests import VideoName
from feltline.server.security.permissions import authorise_job
from feltline.server.uploads import kept_folder, kept_upload, upload_path

router = APIRouter(tags=["manage"])


@router.get("/jobs")
def jobs(here: Here) -> list[JobBody]:
    """Jobs of this project since the server began, the oldest first."""
    return [job_body(one) for one in here.jobs.all()]


@router.delete("/jobs/{job_id}")
def cancel_job(job_id: str, here: Here) -> JobBody:
    """Cancel a job, or give one up that failed; what it finished until now stays."""
    _authorise(here, job_id)
    try:
        return job_body(here.jobs.cancel(job_id))
    except KeyError:
        raise _no_such_job() from None


@router.post("/jobs/{job_id}/again", status_code=202)
def repeat_job(job_id: str, here: Here) -> JobBody:
    """Do again what failed of a job: all of it, or the files that could not be read."""
    _authorise(here, job_id)
    try:
        return job_body(here.jobs.again(job_id))
    except KeyError:
        raise _no_such_job() from None


def _authorise(here: Served, job_id: str) -> None:
    try:
        job = here.jobs.job(job_id)
    except KeyError:
        raise _no_such_job() from None
    authorise_job(job.kind, here.identity)


def _no_such_job() -> HTTPException:
    return HTTPException(404, "there is no such job any more")


@router.post("/uploads")
async def upload(
    request: Request,
    here: Here,
    name: Annotated[VideoName, Query()],
    of_folder: Annotated[str, Query(max_length=32)] = "",
) -> UploadedBody:
    """Take a video in: the body is the file. It is added by a job of its own.

    Pictures of one video come one by one with the same `of_folder`, 32 hexadecimal
    digits that the sender makes up; `/uploads/folder` ends them.
    """
    said = request.headers.get("content-length", "")
    n_bytes = int(said) if said.isdecimal() else None
    kept, size = await kept_upload(
        here.project.uploads_folder,
        name,
        request.stream(),
        n_bytes,
        of_folder=of_folder,
    )
    return UploadedBody(name=kept, n_bytes=size)


@router.post("/uploads/folder")
def upload_folder(asked: PicturesRequest, here: Here) -> UploadedBody:
    """Take pictures in that were sent: they are one video from now on."""
    folder = here.project.uploads_folder
    kept = kept_folder(folder, asked.name, asked.of_folder, asked.n_pictures)
    size = sum(path.stat().st_size for path in (folder / kept).iterdir())
    return UploadedBody(name=kept, n_bytes=size)


@router.post("/jobs/add", status_code=202)
def add(asked: AddRequest, request: Request, here: Here) -> JobBody:
    """Find the faces of videos and enter them into the project.

    Folders are looked through by the job: here they need only be there.
    """
    for name in asked.uploads:
        upload_path(here.project.uploads_folder, name)
    apart = _closed_folders(request, here)
    paths = [str(here.media.inside(path, apart)) for path in asked.paths]
    uploads = list(dict.fromkeys(asked.uploads))
    wanted = {"uploads": uploads, "paths": paths, "apart": [str(one) for one in apart]}
    return job_body(here.jobs.start("add", wanted, rater=here.rater))


def _closed_folders(request: Request, here: Served) -> list[Path]:
    """Folders of projects of this server that are not open to the caller."""
    projects, caller = request.app.state.projects, here.identity.caller
    folders = [
        one.known.folder
        for one in projects.listed()
        if not projects.is_open_to(one.known.key, caller)
    ]
    # A project that lies in another one's folder has its own files all the same.
    return [one for one in folders if not here.project.folder.is_relative_to(one)]


@router.post("/jobs/suggest", status_code=202)
def suggest(asked: SuggestRequest, here: Here) -> JobBody:
    """Choose the frames that say most about all others."""
    for name in asked.videos or ():
        here.record(name)
    budget = {"per_clip": asked.labels_per_clip, "total": asked.total}
    return job_body(
        here.jobs.start(
            "suggest",
            {
                "budget": {k: v for k, v in budget.items() if v is not None},
                "videos": asked.videos,
                "is_new_only": asked.is_new_only,
            },
            rater=here.rater,
        )
    )


@router.post("/jobs/relocate", status_code=202)
def relocate(asked: RelocateRequest, request: Request, here: Here) -> JobBody:
    """Tell the project where videos lie now; only the same content is taken."""
    if asked.video_id is not None:
        here.record(asked.video_id)
    path = str(here.media.inside(asked.path, _closed_folders(request, here)))
    place = {"path": path, "video_id": asked.video_id}
    return job_body(here.jobs.start("relocate", place, rater=here.rater))


@router.delete("/videos/{video_id}", status_code=202)
def purge(video_id: VideoName, here: Here) -> JobBody:
    """Remove a video's faces, pictures, embeddings and labels; its file stays."""
    content_hash = here.record(video_id).content_hash
    asked = {"video_id": video_id, "content_hash": content_hash}
    return job_body(here.jobs.start("purge", asked, rater=here.rater))


@router.get("/settings")
def settings(here: Here) -> SettingsBody:
    """Settings of the project."""
    now = here.project.settings
    return SettingsBody(
        name=now.name,
        rater=now.rater,
        tolerance=now.tolerance,
        coverage=now.coverage,
        consensus=now.consensus,
        threshold=here.live.threshold,
        every=now.every,
        faces=now.faces,
        encoder=now.encoder,
        folder=str(here.project.folder),
    )


@router.patch("/settings")
def change_settings(asked: SettingsRequest, here: Here) -> SettingsBody:
    """Change settings; others see them at once."""
    changes = asked.model_dump(exclude_none=True)
    if not changes:
        raise InputError("no setting is named; name one to change")
    here.project.change_settings(**changes, by=here.rater)
    here.worker.look()
    here.events.publish("settings", {})
    return settings(here)
