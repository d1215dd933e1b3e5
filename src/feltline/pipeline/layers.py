"""The layers of a project's labels: people's, the machine's, and what stands.

Where a person has spoken, the person's word stands; elsewhere the machine's, with its
confidence; where a person rejected the machine's value and gave none, nothing does.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import numpy as np
from jaxtyping import Float32, Int64

from feltline.formats import TrackRows
from feltline.pipeline.judged import IMPORTED, Judged
from feltline.types import Estimate, FaceTrack

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
    track: FaceTrack, said: Judged, *, given_at: Mapping[int, datetime]
) -> Iterator[TrackRows]:
    """Each rater's own word on a track, frame by frame."""
    for rater, word in said.raters.items():
        at = np.flatnonzero(word.event > 0)
        m = len(at)
        none = np.full(m, np.nan, np.float32)
        yield TrackRows(
            track=track,
            at=at,
            layer="human",
            rater=rater,
            affect=word.affect[at],
            low=np.stack([none, none], axis=1),
            high=np.stack([none, none], axis=1),
            confidence=none,
            expression=word.expression[at],
            expression_confidence=none,
            origin=["import" if o == IMPORTED else "human" for o in word.origin[at]],
            run_id=None,
            evidence=np.empty((m, 0), np.int32),
            revision=word.event[at],
            updated_at=[given_at[int(r)] for r in word.event[at]],
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
