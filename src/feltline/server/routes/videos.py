"""Videos: facts, bytes, times, faces, predictions, pictures."""

from contextlib import suppress
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import FileResponse, Response

from feltline.errors import FacesLostError, InputError
from feltline.review import TrackView
from feltline.server.context import Here, Served
from feltline.server.ranges import file_response
from feltline.server.requests import FrameNumber, TrackNumber, VideoName
from feltline.server.responses import (
    CrowdBody,
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


class PackedResponse(Response):
    """Arrays as bytes: little-endian, each after the other without padding."""

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


@router.get("/videos/{video_id}/crowd")
def crowd(video_id: VideoName, here: Here) -> CrowdBody | None:
    """Frames with more faces than were followed; null where there are none."""
    counted = here.video(video_id).features.crowd
    if counted is None or not counted.frames:
        return None
    return CrowdBody.model_validate(counted)


@router.get("/videos/{video_id}/judgements")
def judgements(video_id: VideoName, here: Here) -> list[JudgementBody]:
    """Judgements in force, by the numbers that tracks have now.

    Who does not lead sees their own only.
    """
    stored, seen = here.video(video_id).judgements, here.rater_view()
    own = stored if seen is None else seen.own(stored)
    return [judgement_body(s, seen) for s in own]


@router.get(
    "/videos/{video_id}/play",
    response_class=FileResponse,
    responses={200: BYTES, 206: BYTES},
)
def play(video_id: VideoName, here: Here) -> Response:
    """The file, or a proxy video that browsers play; parts of it by `Range`."""
    return file_response(here.proxies.file_to_play(here.original(video_id)))


@router.post("/videos/{video_id}/proxy", status_code=202)
def build_proxy(video_id: VideoName, here: Here) -> ProxyBody:
    """Begin to make a proxy video that browsers play."""
    return ProxyBody(playback=here.proxies.build(here.original(video_id)).playback)


@router.get("/videos/{video_id}/times", response_class=PackedResponse)
def times(video_id: VideoName, here: Here) -> Response:
    """Time of each frame in seconds, by the one clock of tables and page: `f64[f]`.

    What is played may begin with the first frame, at 0, where this begins later: its
    frames are at these times less the first. As long as a proxy video is being made,
    those that it will have, but for rounding.
    """
    original = here.original(video_id)
    playback = here.proxies.state(original).playback
    if playback not in ("original", "ready"):
        return _packed(here.video(video_id).features.time_s)
    time_s = here.proxies.times(original)
    if playback == "ready":
        # The proxy can be played all the same where the features are lost.
        with suppress(FacesLostError, InputError):
            time_s = time_s + here.video(video_id).features.time_s[0]
    return _packed(time_s)


def _packed(time_s: np.ndarray) -> PackedResponse:
    return PackedResponse(time_s.astype("<f8").tobytes())


@router.get(
    "/videos/{video_id}/looked_at",
    response_class=PackedResponse,
)
def looked_at(video_id: VideoName, here: Here) -> Response:
    """Frames that were searched for faces (frame sampling), increasing: `i32[l]`."""
    frames = here.video(video_id).features.looked_at
    return PackedResponse(frames.astype("<i4").tobytes())


@router.get(
    "/videos/{video_id}/tracks/{track_id}/faces",
    response_class=PackedResponse,
)
def faces(video_id: VideoName, track_id: TrackNumber, here: Here) -> Response:
    """Frames, boxes and qualities of a track, little-endian without padding.

    `u32 n`, `i32[n]` frames, `f32[n 4]` boxes, `f32[n]` qualities.
    """
    for track in here.video(video_id).tracks:
        if track.track_id == track_id:
            return PackedResponse(packed_faces(track))
    raise HTTPException(404, f"{video_id} has no face {track_id}, or it is ignored")


@router.get(
    "/videos/{video_id}/tracks/{track_id}/prediction",
    response_class=PackedResponse,
)
def prediction(video_id: VideoName, track_id: TrackNumber, here: Here) -> Response:
    """What stands in every frame of a track; `X-Model-Id` names the model.

    Little-endian without padding: `u32 n`, `u32 m`, `f32[n m]` value, `f32[n m]` low,
    `f32[n m]` high, all in the units of the label schema and NaN where missing,
    `f32[n]` confidence, then `u8[n]` class (255 = none), `u8[n]` source of the value
    and `u8[n]` source of the class: 0 model, 1 frame, 2 span, 3 accepted,
    4 import, 5 set-aside, 6 reviewed.

    Who does not lead sees their own judgements only, and nothing of the model where
    they have an open blind assignment.
    """
    view = _seen(here, video_id, track_id)
    return PackedResponse(
        packed_prediction(view), headers={"X-Model-Id": view.prediction.model_id}
    )


def _seen(here: Served, video_id: str, track_id: int) -> TrackView:
    """A track as the caller sees it."""
    view, seen = here.view(video_id, track_id), here.rater_view()
    return view if seen is None else seen.view(here.video(video_id), view)


@router.get("/videos/{video_id}/predictions/{track_id}/{frame}")
def prediction_of_frame(
    video_id: VideoName, track_id: TrackNumber, frame: FrameNumber, here: Here
) -> PredictionBody:
    """What the model says of one frame, with the probability of each class."""
    view = _seen(here, video_id, track_id)
    here.found_at(video_id, track_id, frame)
    return prediction_at(here, view.prediction, view.at(frame))


@router.get(
    "/videos/{video_id}/frames/{frame}/crop",
    response_class=JpegResponse,
)
def crop(
    video_id: VideoName,
    frame: FrameNumber,
    here: Here,
    track_id: Annotated[TrackNumber, Query()],
    size: Annotated[int, Query(ge=16, le=512)] = 160,
) -> Response:
    """A face."""
    original = here.original(video_id)
    box = _box(here, video_id, track_id, frame)
    index = here.video(video_id).features.frame_index
    return JpegResponse(here.pictures.crop(original, frame, box, size, index=index))


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
    original = here.original(video_id)
    return JpegResponse(here.pictures.thumbnail(original, frame, width, index=index))
