"""Videos: facts, bytes, times, faces, curves, pictures."""

from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, HTTPException, Query, Request, Response

from feltline.server.context import Here, Served
from feltline.server.ranges import file_response
from feltline.server.requests import FrameNumber, TrackNumber, VideoName
from feltline.server.responses import EstimateBody, LabelBody, ServedVideo
from feltline.server.serializers import (
    estimate_at,
    label_body,
    packed_estimate,
    packed_faces,
    video_body,
    videos_body,
)

router = APIRouter(tags=["videos"])

BYTES: Final[dict[str, Any]] = {"content": {"application/octet-stream": {}}}
JPEG: Final[dict[str, Any]] = {"content": {"image/jpeg": {}}}


@router.get("/videos")
def videos(here: Here) -> list[ServedVideo]:
    """All videos of the project."""
    return videos_body(here)


@router.get("/videos/{video_id}")
def video(video_id: VideoName, here: Here) -> ServedVideo:
    """One video."""
    return video_body(here, video_id)


@router.get("/videos/{video_id}/labels")
def labels(video_id: VideoName, here: Here) -> list[LabelBody]:
    """Labels in force, by the numbers that tracks have now."""
    return [label_body(s) for s in here.video(video_id).labels]


@router.get(
    "/videos/{video_id}/play",
    response_class=Response,
    responses={200: BYTES, 206: BYTES},
)
def play(video_id: VideoName, request: Request, here: Here) -> Response:
    """The file, or a copy that browsers play; parts of it by `Range`."""
    record = here.video(video_id).video
    path = here.project.path_of(record)
    playable = here.proxies.playable_file(path, record.content_hash, video_id)
    return file_response(request, playable)


@router.post("/videos/{video_id}/proxy", status_code=202)
def build_proxy(video_id: VideoName, here: Here) -> dict[str, str]:
    """Begin to make a copy that browsers play."""
    record = here.video(video_id).video
    here.proxies.build(here.project.path_of(record), record.content_hash, video_id)
    return {"playable": video_body(here, video_id).playable}


@router.get("/videos/{video_id}/times", response_class=Response, responses={200: BYTES})
def times(video_id: VideoName, here: Here) -> Response:
    """Time of each frame in what is played, in seconds from its start: f64.

    As long as a copy is being made, those that it will have, but for rounding.
    """
    record = here.video(video_id).video
    path, content = here.project.path_of(record), record.content_hash
    if here.proxies.state(path, content, video_id).playable in ("original", "ready"):
        time_s = here.proxies.times(path, content, video_id)
    else:
        time_s = record.time_s - record.time_s[0]
    return Response(
        time_s.astype("<f8").tobytes(), media_type="application/octet-stream"
    )


@router.get(
    "/videos/{video_id}/tracks/{track_id}/faces",
    response_class=Response,
    responses={200: BYTES},
)
def faces(video_id: VideoName, track_id: TrackNumber, here: Here) -> Response:
    """Frames, boxes and qualities of a track, packed (see the function's source)."""
    view = here.view(video_id, track_id)
    return Response(packed_faces(view.track), media_type="application/octet-stream")


@router.get(
    "/videos/{video_id}/tracks/{track_id}/estimate",
    response_class=Response,
    responses={200: BYTES},
)
def estimate(video_id: VideoName, track_id: TrackNumber, here: Here) -> Response:
    """The machine's curves of a track, packed."""
    view = here.view(video_id, track_id)
    if view.estimate is None:
        raise HTTPException(
            404,
            f"face {track_id} of {video_id} has no estimate yet: label some of its "
            f"frames",
        )
    return Response(
        packed_estimate(view),
        media_type="application/octet-stream",
        headers={"X-Run-Id": view.estimate.run_id},
    )


@router.get("/videos/{video_id}/estimates/{track_id}/{frame}")
def one_estimate(
    video_id: VideoName, track_id: TrackNumber, frame: FrameNumber, here: Here
) -> EstimateBody:
    """The machine's label of one frame, with the probability of each class."""
    view = here.view(video_id, track_id)
    here.found_at(video_id, track_id, frame)
    body = estimate_at(view, int(np.searchsorted(view.track.frame, frame)))
    if body is None:
        raise HTTPException(404, f"face {track_id} of {video_id} has no estimate yet")
    return body


@router.get(
    "/videos/{video_id}/frames/{frame}/crop",
    response_class=Response,
    responses={200: JPEG},
)
def crop(
    video_id: VideoName,
    frame: FrameNumber,
    here: Here,
    track_id: Annotated[TrackNumber, Query()],
    size: Annotated[int, Query(ge=16, le=512)] = 160,
) -> Response:
    """A face."""
    record = here.video(video_id).video
    box = _box(here, video_id, track_id, frame)
    jpeg = here.pictures.crop(
        here.project.path_of(record), record.content_hash, frame, box, size
    )
    return _jpeg(jpeg)


def _box(here: Served, video_id: str, track_id: int, frame: int) -> np.ndarray:
    """Where a face is; of an ignored one, where it was found."""
    for track in (*here.video(video_id).tracks, *here.video(video_id).found):
        at = int(np.searchsorted(track.frame, frame))
        seen = at < len(track) and track.frame[at] == frame
        if track.track_id == track_id and seen:
            return np.asarray(track.box_xyxy[at])
    raise HTTPException(
        404, f"face {track_id} is not seen in frame {frame} of {video_id}"
    )


@router.get(
    "/videos/{video_id}/frames/{frame}/thumbnail",
    response_class=Response,
    responses={200: JPEG},
)
def thumbnail(
    video_id: VideoName,
    frame: FrameNumber,
    here: Here,
    width: Annotated[int, Query(ge=16, le=1280)] = 160,
) -> Response:
    """A whole frame, small."""
    record = here.video(video_id).video
    if frame >= record.n_frames:
        raise HTTPException(
            404, f"{video_id} has no frame {frame}; its last is {record.n_frames - 1}"
        )
    jpeg = here.pictures.thumbnail(
        here.project.path_of(record), record.content_hash, frame, width
    )
    return _jpeg(jpeg)


def _jpeg(jpeg: bytes) -> Response:
    # Not to be stored, as all of the API: no face outlives a purge in a browser.
    return Response(jpeg, media_type="image/jpeg")
