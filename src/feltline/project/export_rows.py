"""Rows of a project's tables: what stands, each rater's own judgements, predictions."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, Int64

from feltline.formats import ORIGINS, TrackRows
from feltline.project.annotations import (
    IMPORTED,
    RaterAnnotations,
    TrackAnnotations,
    annotate,
)
from feltline.project.laying import FinalRows, lay_over
from feltline.store import StoredJudgement
from feltline.types import FaceTrack, Judgement, LabelSchema, Prediction

__all__ = ["final_rows", "human_rows", "lost_track", "microseconds", "model_rows"]

NOTHING, HUMAN, IMPORT = (ORIGINS.index(name) for name in ("", "human", "import"))


class LostTrack(NamedTuple):
    """A track of which only the judged frames are known: its features are lost."""

    video_id: str
    track_id: int
    frame: Int64[np.ndarray, " n"]
    time_s: Float64[np.ndarray, " n"]
    quality: Float32[np.ndarray, " n"]


def lost_track(judgements: Sequence[StoredJudgement]) -> LostTrack:
    """A track as far as its judgements tell: the first frame of each."""
    first = judgements[0].judgement
    frame = np.unique([s.judgement.first_frame for s in judgements]).astype(np.int64)
    return LostTrack(
        video_id=first.video_id,
        track_id=first.track_id,
        frame=frame,
        time_s=np.full(len(frame), np.nan),
        quality=np.full(len(frame), np.nan, np.float32),
    )


def final_rows(
    track: FaceTrack,
    rows: FinalRows,
    *,
    given_at: Mapping[int, int],
    learnt_at: int,
) -> TrackRows:
    """What stands in every frame that has a value, a class or a prediction.

    Where the machine knows no value either, it is missing and has confidence 0.
    """
    has_any = (rows.origin != NOTHING) | (rows.expression_origin != NOTHING)
    at = np.flatnonzero(has_any | (rows.model_id is not None))
    return TrackRows(
        **_place(track, at),
        layer="final",
        rater=None,
        **_of_model(rows, at),
        revision=rows.revision[at],
        updated_at=_times(rows.revision[at], given_at, learnt_at),
    )


def model_rows(
    track: FaceTrack, prediction: Prediction, schema: LabelSchema, learnt_at: int
) -> TrackRows:
    """A prediction of a track, whatever people said of it."""
    at = np.arange(len(track))
    rows = lay_over(annotate(track.frame, (), schema), prediction, schema)
    return TrackRows(
        **_place(track, at),
        layer="model",
        rater=None,
        **_of_model(rows, at),
        revision=rows.revision,
        updated_at=np.full(len(track), learnt_at, np.int64),
    )


def human_rows(
    track: FaceTrack | LostTrack,
    annotations: TrackAnnotations,
    judgements: Sequence[StoredJudgement],
    schema: LabelSchema,
) -> Iterator[TrackRows]:
    """Each rater's own judgements of a track.

    Frame by frame what judgements of frames and spans say; then a row per judgement of
    the whole clip; then a row per decision that gave nothing but has a comment.
    Resolutions of frames stand in the final layer alone, and what was judged for
    practice or as a test in none.
    """
    judgements = [s for s in judgements if s.judgement.teaches]
    by_event = {s.event_id: s for s in judgements}
    for rater, own in annotations.raters.items():
        newest = np.maximum(own.value_event, own.class_event)
        at = np.flatnonzero(newest)
        stood = [by_event[e] for e in newest[at].tolist()]
        written = [
            s
            for s in judgements
            if s.judgement.rater == rater and s.judgement.comment and _is_of_frames(s)
        ]
        yield _human(
            track,
            rater,
            at=at,
            own=own,
            stored=stood,
            scope=[s.judgement.scope for s in stood],
            comment=[_comments(written, frame) for frame in track.frame[at].tolist()],
            schema=schema,
        )
    for stored in judgements:
        if not _is_of_frames(stored) and (_gives(stored) or stored.judgement.comment):
            yield _single(track, stored, schema)


def microseconds(at: datetime) -> int:
    """A time as tables keep it: microseconds since 1970 in UTC."""
    return int(at.timestamp() * 1_000_000)


def _gives(stored: StoredJudgement) -> bool:
    return stored.judgement.decision in ("label", "accept", "edit")


def _is_of_frames(stored: StoredJudgement) -> bool:
    """Whether it gives a value or class to single frames."""
    return _gives(stored) and stored.judgement.scope != "clip"


def _place(track: FaceTrack | LostTrack, at: Int64[np.ndarray, " r"]) -> dict[str, Any]:
    return {
        "video_id": track.video_id,
        "track_id": track.track_id,
        "frame": np.asarray(track.frame[at], np.int64),
        "time_s": np.asarray(track.time_s[at], np.float64),
        "quality": np.asarray(track.quality[at], np.float32),
    }


def _of_model(rows: FinalRows, at: Int64[np.ndarray, " r"]) -> dict[str, Any]:
    names = (
        *("value", "low", "high", "confidence", "expression"),
        *("expression_confidence", "origin", "expression_origin", "evidence"),
    )
    return {"model_id": rows.model_id} | {n: getattr(rows, n)[at] for n in names}


def _times(
    revision: Int64[np.ndarray, " r"], given_at: Mapping[int, int], learnt_at: int
) -> Int64[np.ndarray, " r"]:
    """When each row was last changed."""
    events, index = np.unique(revision, return_inverse=True)
    known = [given_at.get(event, learnt_at) for event in events.tolist()]
    return np.array(known, np.int64)[index]


def _origins(own: RaterAnnotations, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a rater's value and class come from."""
    value = np.where(own.value_source == IMPORTED, IMPORT, HUMAN)
    chosen = np.where(own.class_source == IMPORTED, IMPORT, HUMAN)
    value[own.value_event == 0] = chosen[own.class_event == 0] = NOTHING
    return value[at].astype(np.uint8), chosen[at].astype(np.uint8)


def _comments(written: Sequence[StoredJudgement], frame: int) -> str:
    """What a rater wrote with any judgement in force of a frame, also one laid over."""
    here = [
        s.judgement.comment
        for s in written
        if s.judgement.first_frame <= frame <= s.judgement.last_frame
    ]
    return "; ".join(dict.fromkeys(here))


def _touched(judgement: Judgement, schema: LabelSchema) -> str:
    """Names of the dimensions that the rater moved."""
    moved = zip(schema.dimension_names, judgement.touched, strict=False)
    return "; ".join(name for name, is_moved in moved if is_moved)


def _single(
    track: FaceTrack | LostTrack, stored: StoredJudgement, schema: LabelSchema
) -> TrackRows:
    """A row for a judgement of the whole clip, or one that gave nothing."""
    judgement = stored.judgement
    at = min(
        int(np.searchsorted(track.frame, judgement.first_frame)), len(track.frame) - 1
    )
    own = RaterAnnotations.empty(len(track.frame), len(schema.dimensions))
    own.lay(slice(at, at + 1), stored, schema)
    return _human(
        track,
        judgement.rater,
        at=np.array([at], np.int64),
        own=own,
        stored=[stored],
        scope=[judgement.scope if _gives(stored) else judgement.decision],
        comment=[judgement.comment],
        schema=schema,
    )


def _human(  # noqa: PLR0913 - keyword-only, each a column
    track: FaceTrack | LostTrack,
    rater: str,
    *,
    at: Int64[np.ndarray, " r"],
    own: RaterAnnotations,
    stored: Sequence[StoredJudgement],
    scope: Sequence[str],
    comment: Sequence[str],
    schema: LabelSchema,
) -> TrackRows:
    """Rows of a rater; what only the machine knows is left empty."""
    origin, expression_origin = _origins(own, at)
    none = np.full((len(at), own.value.shape[1]), np.nan, np.float32)
    return TrackRows(
        **_place(track, at),
        layer="human",
        rater=rater,
        value=own.value[at].astype(np.float32),
        low=none,
        high=none,
        confidence=none[:, 0],
        expression=own.expression[at],
        expression_confidence=none[:, 0],
        origin=origin,
        expression_origin=expression_origin,
        model_id=None,
        evidence=np.empty((len(at), 0), np.int32),
        revision=np.array([s.event_id for s in stored], np.int64),
        updated_at=np.array([microseconds(s.at) for s in stored], np.int64),
        scope=scope,
        last_frame=[s.judgement.last_frame for s in stored],
        touched=[_touched(s.judgement, schema) for s in stored],
        comment=comment,
    )
