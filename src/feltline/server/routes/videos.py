"""Videos: facts, bytes, times, faces, predictions, pictures."""

from contextlib import suppress
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, HTTPException, Query, Request, Response

from feltline.errors import FacesLostError, InputError
from feltline.server.context import Here, Served
from feltline.server.ranges import file_response
from feltline.server.requests import FrameNumber, TrackNumber, VideoName
from feltline.server.responses import (
    JudgementBody,
    PredictionBody,
    ProxyBody,
    ServedVideo,
)
from feltline.server.serializers import (
    judgement_body,
    packed_faces,
    packed_prediction,
    prediction_at,
    video_body,
    videos_body,
)

router = APIRouter(tags=["videos"])

BYTES: Final[dict[str, Any]] = {"content": {"application/octet-stream": {}}}
JPEG: Final[dict[str, Any]] = {"content": {"image/jpeg": {}}}


class PackedResponse(Response):
    """Arrays as bytes; their layout is at the head of `feltline.server.serializers`."""

    media_type = "application/octet-stream"


class JpegResponse(Response):
    """A picture; not to be stored, as all of the API: no face outlives a purge."""

    media_type = "image/jpeg"


@router.get("/videos")
def videos(here: Here) -> list[ServedVideo]:
    """All videos of the project."""
    return videos_body(here)


@router.get("/videos/{video_id}")
def video(video_id: VideoName, here: Here) -> ServedVideo:
    """One video."""
    return video_body(here, video_id)


@router.get("/videos/{video_id}/judgements")
def judgements(video_id: VideoName, here: Here) -> list[JudgementBody]:
    """Judgements in force, by the numbers that tracks have now."""
    return [judgement_body(s) for s in here.video(video_id).judgements]


@router.get(
    "/videos/{video_id}/play",
    response_class=Response,
    responses={200: BYTES, 206: BYTES},
)
def play(video_id: VideoName, request: Request, here: Here) -> Response:
    """The file, or a proxy video that browsers play; parts of it by `Range`."""
    record = here.record(video_id)
    path = here.project.path_of(record)
    path = here.proxies.file_to_play(path, record.content_hash, video_id)
    return file_response(request, path)


@router.post("/videos/{video_id}/proxy", status_code=202)
def build_proxy(video_id: VideoName, here: Here) -> ProxyBody:
    """Begin to make a proxy video that browsers play."""
    record = here.record(video_id)
    path = here.project.path_of(record)
    state = here.proxies.build(path, record.content_hash, video_id)
    return ProxyBody(playback=state.playback)


@router.get(
    "/videos/{video_id}/times", response_class=PackedResponse, responses={200: BYTES}
)
def times(video_id: VideoName, here: Here) -> Response:
    """Time of each frame in seconds, by the one clock of tables and page.

    What is played may begin with the first frame, at 0, where this begins later: its
    frames are at these times less the first. As long as a proxy video is being made,
    those that it will have, but for rounding.
    """
    record = here.record(video_id)
    path, content = here.project.path_of(record), record.content_hash
    playback = here.proxies.state(path, content, video_id).playback
    if playback not in ("original", "ready"):
        return _packed(here.video(video_id).features.time_s)
    time_s = here.proxies.times(path, content, video_id)
    if playback == "ready":
        with suppress(
            FacesLostError, InputError
        ):  # the proxy can be played all the same
            time_s = time_s + here.video(video_id).features.time_s[0]
    return _packed(time_s)


def _packed(time_s: np.ndarray) -> PackedResponse:
    return PackedResponse(time_s.astype("<f8").tobytes())


@router.get(
    "/videos/{video_id}/looked_at",
    response_class=PackedResponse,
    responses={200: BYTES},
)
def looked_at(video_id: VideoName, here: Here) -> Response:
    """Frames that were searched for faces (frame sampling), increasing."""
    frames = here.video(video_id).features.looked_at
    return PackedResponse(frames.astype("<i4").tobytes())


@router.get(
    "/videos/{video_id}/tracks/{track_id}/faces",
    response_class=PackedResponse,
    responses={200: BYTES},
)
def faces(video_id: VideoName, track_id: TrackNumber, here: Here) -> Response:
    """Frames, boxes and qualities of a track, packed."""
    for track in here.video(video_id).tracks:
        if track.track_id == track_id:
            return PackedResponse(packed_faces(track))
    raise HTTPException(404, f"{video_id} has no face {track_id}, or it is ignored")


@router.get(
    "/videos/{video_id}/tracks/{track_id}/prediction",
    response_class=PackedResponse,
    responses={200: BYTES},
)
def prediction(video_id: VideoName, track_id: TrackNumber, here: Here) -> Response:
    """What stands in every frame of a track, packed; `X-Model-Id` names the model."""
    view = here.view(video_id, track_id)
    return PackedResponse(
        packed_prediction(view), headers={"X-Model-Id": view.prediction.model_id}
    )


@router.get("/videos/{video_id}/predictions/{track_id}/{frame}")
def prediction_of_frame(
    video_id: VideoName, track_id: TrackNumber, frame: FrameNumber, here: Here
) -> PredictionBody:
    """What the model says of one frame, with the probability of each class."""
    view = here.view(video_id, track_id)
    here.found_at(video_id, track_id, frame)
    return prediction_at(here, view, view.at(frame))


@router.get(
    "/videos/{video_id}/frames/{frame}/crop",
    response_class=JpegResponse,
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
    record = here.record(video_id)
    box = _box(here, video_id, track_id, frame)
    path, index = (
        here.project.path_of(record),
        here.video(video_id).features.frame_index,
    )
    return JpegResponse(
        here.pictures.crop(path, record.content_hash, frame, box, size, index=index)
    )


def _box(here: Served, video_id: str, track_id: int, frame: int) -> np.ndarray:
    """Where a face is; of an ignored one, where it was found."""
    video = here.video(video_id)
    for track in (*video.tracks, *video.found):
        at = int(np.searchsorted(track.frame, frame))
        seen = at < len(track) and track.frame[at] == frame
        if track.track_id == track_id and seen:
            return np.asarray(track.box_xyxy[at])
    raise HTTPException(
        404, f"face {track_id} is not seen in frame {frame} of {video_id}"
    )


@router.get(
    "/videos/{video_id}/frames/{frame}/thumbnail",
    response_class=JpegResponse,
    responses={200: JPEG},
)
def thumbnail(
    video_id: VideoName,
    frame: FrameNumber,
    here: Here,
    width: Annotated[int, Query(ge=16, le=1280)] = 160,
) -> Response:
    """A whole frame, small."""
    record = here.record(video_id)
    if frame >= record.n_frames:
        raise HTTPException(
            404, f"{video_id} has no frame {frame}; its last is {record.n_frames - 1}"
        )
    index = None
    with suppress(FacesLostError, InputError):  # the video itself can still be shown
        index = here.video(video_id).features.frame_index
    path = here.project.path_of(record)
    return JpegResponse(
        here.pictures.thumbnail(path, record.content_hash, frame, width, index=index)
    )
