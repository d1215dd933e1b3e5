"""Track edits, and who is who."""

from fastapi import APIRouter, HTTPException

from feltline.project import check_edit
from feltline.server.context import Here, Served
from feltline.server.requests import (
    MergeRequest,
    NameRequest,
    SplitRequest,
    TrackNumber,
    VideoName,
    WithClient,
)
from feltline.server.responses import ChangedBody, PersonBody
from feltline.server.serializers import persons_body
from feltline.store import PersonName, TrackEdit

router = APIRouter(tags=["tracks"])

TRACK = "/videos/{video_id}/tracks/{track_id}"


@router.post(TRACK + "/split")
def split(
    video_id: VideoName, track_id: TrackNumber, asked: SplitRequest, here: Here
) -> ChangedBody:
    """From a frame on, the face is another track."""
    edit = TrackEdit(
        video_id=video_id,
        kind="split",
        track_id=track_id,
        frame=asked.frame,
        other_track_id=_free_number(here, video_id),
    )
    return _edited(here, edit, asked.client_id)


def _free_number(here: Served, video_id: str) -> int:
    """A number that no track of a video ever had, nor one whose split was undone."""
    numbers = [track.track_id for track in here.video(video_id).found]
    after = 0
    while events := here.project.store.events(after=after, video_id=video_id):
        edits = [e.detail for e in events if e.kind == "track-edit"]
        numbers += [edit["other_track_id"] or 0 for edit in edits]
        after = events[-1].event_id
    return max(numbers, default=0) + 1


@router.post(TRACK + "/merge")
def merge(
    video_id: VideoName, track_id: TrackNumber, asked: MergeRequest, here: Here
) -> ChangedBody:
    """All frames of the track go to another one."""
    edit = TrackEdit(
        video_id=video_id,
        kind="merge",
        track_id=track_id,
        other_track_id=asked.into,
    )
    return _edited(here, edit, asked.client_id)


@router.post(TRACK + "/ignore")
def ignore(
    video_id: VideoName, track_id: TrackNumber, asked: WithClient, here: Here
) -> ChangedBody:
    """The face is none of this project's."""
    edit = TrackEdit(video_id=video_id, kind="ignore", track_id=track_id)
    return _edited(here, edit, asked.client_id)


@router.post(TRACK + "/restore")
def restore(
    video_id: VideoName, track_id: TrackNumber, asked: WithClient, here: Here
) -> ChangedBody:
    """Take the ignoring of a face back."""
    here.video(video_id)
    store = here.project.store
    known = store.event_of_client(asked.client_id)
    if known is not None:
        return ChangedBody(event_id=known)
    for stored in reversed(store.track_edits(video_id=video_id)):
        if stored.edit.kind == "ignore" and stored.edit.track_id == track_id:
            event_id = store.undo(
                rater=here.rater,
                event_id=stored.event_id,
                client_id=asked.client_id,
                of_anyone=True,
            )
            assert event_id is not None  # noqa: S101 - that edit is in force
            here.tracks_changed(video_id, event_id)
            return ChangedBody(event_id=event_id)
    raise HTTPException(404, f"face {track_id} of {video_id} is not ignored")


def _edited(here: Served, edit: TrackEdit, client_id: str) -> ChangedBody:
    """Check a track edit, save it, and wait until its tracks stand."""
    video = here.video(edit.video_id)
    if here.project.store.event_of_client(client_id) is None:
        # By the database: what is in memory may be older than the last edit.
        so_far = here.project.store.track_edits(video_id=edit.video_id)
        check_edit(video.found, [stored.edit for stored in so_far], edit)
    event_id = here.project.store.edit_track(
        edit, rater=here.rater, client_id=client_id
    )
    here.tracks_changed(edit.video_id, event_id)
    return ChangedBody(event_id=event_id)


@router.put(TRACK + "/person")
def name_person(
    video_id: VideoName, track_id: TrackNumber, asked: NameRequest, here: Here
) -> ChangedBody:
    """Say who a face is; an empty name takes it off."""
    store = here.project.store
    known = store.event_of_client(asked.client_id)
    if known is not None:
        return ChangedBody(event_id=known)
    first = int(here.view(video_id, track_id).track.frame[0])
    event_id = store.name_person(
        PersonName(video_id=video_id, track_id=track_id, name=asked.name.strip()),
        found_track_id=here.found_at(video_id, track_id, first),
        rater=here.rater,
        client_id=asked.client_id,
    )
    here.worker.changed(None, event_id)
    return ChangedBody(event_id=event_id)


@router.get("/persons")
def persons(here: Here) -> list[PersonBody]:
    """All who are named, with the tracks that show them."""
    return persons_body(here)
