"""The layers of a project's labels: people's, the machine's, and what stands.

Where a person has spoken, the person's word stands; elsewhere the machine's, with its
confidence; where a person rejected the machine's value and gave none, nothing does.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from jaxtyping import Float32, Int64

from feltline.formats import TrackRows
from feltline.project.annotations import IMPORTED, Judged
from feltline.store import StoredLabel, StoredReview
from feltline.types import EXPRESSIONS, Estimate, FaceTrack

__all__ = ["final_rows", "human_rows", "model_rows"]


def final_rows(
    track: FaceTrack,
    said: Judged,
    machine: Estimate | None,
    *,
    given_at: Mapping[int, datetime],
    run_at: datetime,
) -> TrackRows:
    """What stands in every frame that has a value or a word.

    Args:
        track: The track.
        said: People's word on it.
        machine: The machine's; None where nothing could be filled.
        given_at: When each event was.
        run_at: When the machine's values were made.
    """
    given = np.isfinite(said.affect).all(axis=1)
    base = _blank(len(track)) if machine is None else _of_machine(machine)
    for array in (base.affect, base.low, base.high):
        array[given] = said.affect[given]
        array[said.rejected] = np.nan
    base.confidence[given] = 1
    base.confidence[said.rejected] = np.nan
    chosen = said.expression >= 0
    base.expression[chosen] = said.expression[chosen]
    base.expression_confidence[chosen] = 1
    base.expression[said.rejected] = -1
    base.expression_confidence[said.rejected] = np.nan
    spoken = given | chosen
    origin = np.where(said.rejected, "human", "model").astype(object)
    origin[spoken] = "human"
    origin[spoken & (said.origin == IMPORTED)] = "import"
    origin[given & (_raters_of(said) > 1)] = "consensus"
    kept = spoken | said.rejected
    if machine is not None:
        kept = np.ones(len(track), bool)
    at = np.flatnonzero(kept)
    times = [given_at.get(int(r), run_at) for r in said.revision[at]]
    return TrackRows(
        track=track,
        at=at,
        layer="final",
        rater=None,
        affect=base.affect[at],
        low=base.low[at],
        high=base.high[at],
        confidence=base.confidence[at],
        expression=base.expression[at],
        expression_confidence=base.expression_confidence[at],
        origin=origin[at].tolist(),
        run_id=None if machine is None else machine.run_id,
        evidence=base.evidence[at],
        revision=said.revision[at],
        updated_at=times,
    )


def human_rows(
    track: FaceTrack,
    said: Judged,
    labels: Sequence[StoredLabel],
    reviews: Sequence[StoredReview],
) -> Iterator[TrackRows]:
    """Each rater's own word on a track.

    Frame by frame what labels of frames and spans say; then a row per label of the
    whole clip; then a row per decision that gave no value but has a comment.

    Args:
        track: The track.
        said: People's word on it.
        labels: Labels in force that stand on it, in their order.
        reviews: Decisions in force, likewise.
    """
    by_event = {s.event_id: s for s in labels}
    for rater, word in said.raters.items():
        at = np.flatnonzero(word.event > 0)
        stood = [by_event[e] for e in word.event[at].tolist()]
        own = [s for s in labels if s.label.rater == rater]
        yield _human(
            track,
            rater,
            at=at,
            affect=word.affect[at],
            expression=word.expression[at],
            origin=["import" if o == IMPORTED else "human" for o in word.origin[at]],
            stored=stood,
            scope=[s.label.scope for s in stood],
            last_frame=[s.label.last_frame for s in stood],
            comment=[_comments(own, frame) for frame in track.frame[at].tolist()],
        )
    for clip in labels:
        if clip.label.scope == "clip":
            yield _of_clip(track, clip)
    for answer in reviews:
        if answer.review.comment and answer.event_id not in by_event:
            yield _of_decision(track, answer)


def _comments(own: Sequence[StoredLabel], frame: int) -> str:
    """What a rater wrote with any label in force of a frame, also one laid over."""
    written = [
        s.label.comment
        for s in own
        if s.label.scope != "clip"
        and s.label.comment
        and s.label.first_frame <= frame <= s.label.last_frame
    ]
    return "; ".join(dict.fromkeys(written))


def _of_clip(track: FaceTrack, stored: StoredLabel) -> TrackRows:
    label = stored.label
    value = [np.nan if v is None else v for v in (label.valence, label.arousal)]
    chosen = -1 if label.expression is None else EXPRESSIONS.index(label.expression)
    return _human(
        track,
        label.rater,
        at=_first_seen(track, label.first_frame),
        affect=np.array([value], np.float32),
        expression=np.array([chosen], np.int64),
        origin=[label.origin],
        stored=[stored],
        scope=[label.scope],
        last_frame=[label.last_frame],
        comment=[label.comment],
    )


def _of_decision(track: FaceTrack, stored: StoredReview) -> TrackRows:
    review = stored.review
    return _human(
        track,
        review.rater,
        at=_first_seen(track, review.first_frame),
        affect=np.full((1, 2), np.nan, np.float32),
        expression=np.array([-1], np.int64),
        origin=["human"],
        stored=[stored],
        scope=[review.decision],
        last_frame=[review.last_frame],
        comment=[review.comment],
    )


def _first_seen(track: FaceTrack, frame: int) -> Int64[np.ndarray, " 1"]:
    """Position of the first frame of a track from this one on, its last if none is."""
    at = int(np.searchsorted(track.frame, frame))
    return np.array([min(at, len(track) - 1)], np.int64)


def _human(  # noqa: PLR0913 - keyword-only, each a column
    track: FaceTrack,
    rater: str,
    *,
    at: Int64[np.ndarray, " m"],
    affect: Float32[np.ndarray, "m 2"],
    expression: Int64[np.ndarray, " m"],
    origin: Sequence[str],
    stored: Sequence[StoredLabel | StoredReview],
    scope: Sequence[str],
    last_frame: Sequence[int],
    comment: Sequence[str],
) -> TrackRows:
    """Rows of a rater; what only the machine knows is left empty."""
    none = np.full(len(at), np.nan, np.float32)
    return TrackRows(
        track=track,
        at=at,
        layer="human",
        rater=rater,
        affect=affect,
        low=np.stack([none, none], axis=1),
        high=np.stack([none, none], axis=1),
        confidence=none,
        expression=expression,
        expression_confidence=none,
        origin=origin,
        run_id=None,
        evidence=np.empty((len(at), 0), np.int32),
        revision=np.array([s.event_id for s in stored], np.int64),
        updated_at=[s.at for s in stored],
        scope=scope,
        last_frame=last_frame,
        comment=comment,
    )


def model_rows(track: FaceTrack, machine: Estimate, run_at: datetime) -> TrackRows:
    """The machine's values; frames that it took from a person are left out."""
    at = np.flatnonzero(~machine.is_human)
    base = _of_machine(machine)
    return TrackRows(
        track=track,
        at=at,
        layer="model",
        rater=None,
        affect=base.affect[at],
        low=base.low[at],
        high=base.high[at],
        confidence=base.confidence[at],
        expression=base.expression[at],
        expression_confidence=base.expression_confidence[at],
        origin=["model"] * len(at),
        run_id=machine.run_id,
        evidence=base.evidence[at],
        revision=np.zeros(len(at), np.int64),
        updated_at=[run_at] * len(at),
    )


class _Columns:
    """Columns of one track that may be written into."""

    def __init__(
        self,
        affect: Float32[np.ndarray, "n 2"],
        low: Float32[np.ndarray, "n 2"],
        high: Float32[np.ndarray, "n 2"],
        confidence: Float32[np.ndarray, " n"],
        probability: Float32[np.ndarray, "n 8"],
        evidence: np.ndarray,
    ) -> None:
        self.affect, self.low, self.high = affect.copy(), low.copy(), high.copy()
        self.confidence, self.evidence = confidence.copy(), evidence
        has_class = np.isfinite(probability).all(axis=1)
        best: Int64[np.ndarray, " n"] = np.nan_to_num(probability).argmax(axis=1)
        self.expression = np.where(has_class, best, -1)
        self.expression_confidence = probability.max(axis=1)


def _of_machine(machine: Estimate) -> _Columns:
    return _Columns(
        machine.affect,
        machine.low,
        machine.high,
        machine.confidence,
        machine.expression,
        machine.evidence,
    )


def _blank(n: int) -> _Columns:
    pair = np.full((n, 2), np.nan, np.float32)
    return _Columns(
        pair,
        pair,
        pair,
        pair[:, 0],
        np.full((n, 8), np.nan, np.float32),
        np.empty((n, 0), np.int32),
    )


def _raters_of(said: Judged) -> Int64[np.ndarray, " n"]:
    """How many raters gave a value in each frame."""
    given = [np.isfinite(w.affect).all(axis=1) for w in said.raters.values()]
    return np.sum(given, axis=0) if given else np.zeros(len(said.affect), np.int64)
