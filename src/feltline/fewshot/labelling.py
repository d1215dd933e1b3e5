"""From a support set to an estimate for every frame of every track."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32, Int64

from feltline.errors import EncoderError, NothingToLabelError
from feltline.fewshot.anchors import Compare, anchors_past, by_one_anchor
from feltline.fewshot.calibration import Calibration, calibrate
from feltline.fewshot.engine import Posterior, fit
from feltline.fewshot.expressions import expression_probabilities
from feltline.fewshot.interpolation import carriers, interpolate
from feltline.fewshot.kernel import HyperParameters, closeness
from feltline.fewshot.labels import check_labels
from feltline.settings import COVERAGE, TOLERANCE
from feltline.types import (
    EXPRESSIONS,
    Embeddings,
    Estimate,
    FaceTrack,
    Method,
    SupportSet,
)

__all__ = ["LabelOptions", "label_tracks"]

N_EVIDENCE: Final = 3
"""How many support frames are named for each value."""

ENOUGH_QUALITY: Final = 0.3
"""Faces below this quality lose confidence in proportion."""


FAR_OUT: Final = 1.3
"""Strangeness from which a face has no confidence at all; it falls from 1 on. Of the
rated clips' frames none reaches 1; of pictures that show no face nearly all do, and
noise and stripes reach 1.3 (docs/decisions/0008-engine.md)."""


def trust_in(strangeness: Float32[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
    """What confidence is multiplied by: 1 up to the edge of the ordinary, then less."""
    left = (FAR_OUT - strangeness) / (FAR_OUT - 1)
    return np.clip(left, 0, 1).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOptions:
    """How to carry labels over, and what to promise.

    Attributes:
        method: `gp` is the engine, `mt-clar` the published rule; the others use time
            alone. None but the engine gives interval and confidence.
        tolerance: The error that confidence speaks of, above 0.
        coverage: The share of intervals meant to hold the label, in (0, 1).
    """

    method: Method = "gp"
    tolerance: float = TOLERANCE
    coverage: float = COVERAGE


def label_tracks(  # noqa: PLR0913 - keyword-only, each a choice of its own
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    support: SupportSet,
    options: LabelOptions | None = None,
    *,
    run_id: str = "",
    around: HyperParameters | None = None,
    comparisons: Sequence[Compare] | None = None,
    strangeness: Sequence[Float32[np.ndarray, " _"]] | None = None,
) -> list[Estimate | None]:
    """Carry the labels of a project to all frames of its tracks.

    Args:
        tracks: All tracks of the project.
        embeddings: Their embeddings, in the same order.
        support: The human labels.
        options: Method and promises.
        run_id: Written into every estimate.
        around: Hyper-parameters of the engine to stay near; if absent, the shipped
            ones.
        comparisons: Per track, what compares its frames; needed by `mt-clar` alone.
        strangeness: Per track, how unlike the faces that the encoder knows each frame
            is (1 = the edge of the ordinary); all ordinary if absent.

    Returns:
        One estimate per track; None for a track without a label of its own where
        nothing but its own labels could have filled it.

    Raises:
        NothingToLabelError: There is no label, or no track.
        EncoderError: `mt-clar` without comparisons.
    """
    options = options or LabelOptions()
    if not tracks or len(support) == 0:
        lacking = "face" if not tracks else "label"
        raise NothingToLabelError(
            f"there is no {lacking} to work from: labelling needs at least one face "
            f"and one human label of it"
        )
    of_track, at = check_labels(tracks, support)
    has_prior = all(seen.has_prior for seen in embeddings)
    if options.method == "gp":
        posterior = fit(tracks, embeddings, support, around=around)
        calibration = calibrate(posterior.residual, len(set(support.video_id)))
    made: list[Estimate | None] = []
    for number, (track, seen) in enumerate(zip(tracks, embeddings, strict=True)):
        own = _Own.of(track, support)
        if own is None and not (options.method == "gp" and has_prior):
            made.append(None)
        elif options.method == "gp":
            marks = _Marks.of(track, support, at, of_track == number)
            draft = _by_engine(posterior, number, calibration, seen, marks)
            if strangeness is not None:
                draft = replace(draft, trust=trust_in(strangeness[number]))
            made.append(_finished(draft, track, own, options, run_id))
        elif own is not None and options.method == "mt-clar":
            if comparisons is None:
                raise EncoderError("mt-clar needs pair heads to compare faces with")
            draft = _by_anchor(track, own, comparisons[number])
            made.append(_finished(draft, track, own, options, run_id))
        elif own is not None:
            draft = _by_time(track, own, options.method)
            made.append(_finished(draft, track, own, options, run_id))
    return made


@dataclass(frozen=True, slots=True, eq=False)
class _Own:
    """A track's own labels, one per labelled frame (the mean of its raters)."""

    at: Int64[np.ndarray, " k"]
    frame: Int64[np.ndarray, " k"]
    affect: Float32[np.ndarray, "k 2"]
    expression: Int64[np.ndarray, " k"]

    @classmethod
    def of(cls, track: FaceTrack, support: SupportSet) -> "_Own | None":
        mine = support.of_track(track)
        if not mine.any():
            return None
        frame, group = np.unique(support.frame[mine], return_inverse=True)
        affect, chosen = support.affect[mine], support.expression[mine]
        return cls(
            at=np.asarray(np.searchsorted(track.frame, frame)),
            frame=frame,
            affect=np.stack(
                [affect[group == g].mean(axis=0) for g in range(len(frame))]
            ),
            expression=np.array(
                [_majority(chosen[group == g]) for g in range(len(frame))]
            ),
        )


def _majority(chosen: Int64[np.ndarray, " m"]) -> int:
    """The class most raters chose, -1 if none did; the lower number in a tie."""
    given = chosen[chosen >= 0]
    return int(np.bincount(given).argmax()) if len(given) else -1


@dataclass(frozen=True, slots=True, eq=False)
class _Draft:
    """What the machine says before human labels are put in their frames."""

    affect: Float[np.ndarray, "n 2"]
    variance: Float32[np.ndarray, "n 2"] | None
    expression: Float32[np.ndarray, "n 8"]
    evidence: Int32[np.ndarray, "n e"]
    calibration: Calibration | None
    trust: Float32[np.ndarray, " n"] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Marks:
    """Single labels of one track: where, and which class."""

    at: Int64[np.ndarray, " m"]
    frame: Int64[np.ndarray, " m"]
    expression: Int64[np.ndarray, " m"]

    @classmethod
    def of(
        cls,
        track: FaceTrack,
        support: SupportSet,
        at: Int64[np.ndarray, " k"],
        mine: Bool[np.ndarray, " k"],
    ) -> "_Marks":
        return cls(at[mine], track.frame[at[mine]], support.expression[mine])


def _by_engine(
    posterior: Posterior,
    number: int,
    calibration: Calibration,
    seen: Embeddings,
    marks: _Marks,
) -> _Draft:
    guess = posterior.predict(number)
    points = posterior.points[number]
    # Labels of other tracks speak through the recalibrated opinion, which has no frame
    # to point at: evidence and classes come from the track's own labels.
    near = closeness(posterior.hyperparameters, points, points.at(marks.at))
    return _Draft(
        affect=guess.mean,
        variance=guess.variance,
        expression=expression_probabilities(
            near,
            marks.expression,
            seen.prior_expression,
            np.clip(guess.mean, -1, 1),
            guess.variance,
        ),
        evidence=_strongest(near, marks.frame),
        calibration=calibration,
    )


def _strongest(
    near: Float[np.ndarray, "n k"], frame: Int64[np.ndarray, " k"]
) -> Int32[np.ndarray, "n e"]:
    """The labelled frames closest to each frame, closest first, -1 to fill up."""
    frame, first = np.unique(frame, return_index=True)  # raters share a frame
    left = near[:, first]
    rows = np.arange(len(left))
    found = np.full((len(left), N_EVIDENCE), -1, np.int32)
    for column in range(min(N_EVIDENCE, left.shape[1])):
        best = left.argmax(axis=1)
        found[:, column] = frame[best]
        left[rows, best] = -np.inf
    return found


def _by_anchor(track: FaceTrack, own: _Own, compare: Compare) -> _Draft:
    """MT-CLAR as published: the latest label plus the predicted difference."""
    latest = anchors_past(track.time_s[own.at], track.time_s)
    apart = compare(own.at[latest], np.arange(len(track))).difference
    return _plain_draft(
        by_one_anchor(own.affect[latest], apart), own.frame[latest][:, None]
    )


def _by_time(track: FaceTrack, own: _Own, method: Method) -> _Draft:
    label_s = track.time_s[own.at]
    by = carriers(method, label_s, track.time_s)
    value = interpolate(method, label_s, own.affect.astype(np.float64), track.time_s)
    return _plain_draft(value, np.where(by >= 0, own.frame[by], -1))


def _plain_draft(
    affect: Float[np.ndarray, "n 2"], carriers: Int64[np.ndarray, "n c"]
) -> _Draft:
    """A method that knows values and where they come from, and nothing else."""
    n = len(affect)
    evidence = np.full((n, N_EVIDENCE), -1, np.int32)
    evidence[:, : carriers.shape[1]] = carriers
    return _Draft(
        affect=affect,
        variance=None,
        expression=np.full((n, len(EXPRESSIONS)), np.nan, np.float32),
        evidence=evidence,
        calibration=None,
    )


def _finished(
    draft: _Draft,
    track: FaceTrack,
    own: _Own | None,
    options: LabelOptions,
    run_id: str,
) -> Estimate:
    """Clip to the scale, and let each human label stand in its own frame."""
    affect = np.clip(draft.affect, -1, 1).astype(np.float32)
    half_width = np.full((len(track), 2), np.nan, np.float32)
    confidence = np.full(len(track), np.nan, np.float32)
    words = "none: this method knows neither interval nor confidence"
    if draft.calibration is not None and draft.variance is not None:
        half_width = draft.calibration.half_width(draft.variance, options.coverage)
        confidence = draft.calibration.confidence(draft.variance, options.tolerance)
        confidence *= np.minimum(track.quality / np.float32(ENOUGH_QUALITY), 1)
        confidence *= 1 if draft.trust is None else draft.trust
        words = draft.calibration.words
    low = np.clip(draft.affect - half_width, -1, 1).astype(np.float32)
    high = np.clip(draft.affect + half_width, -1, 1).astype(np.float32)
    expression = draft.expression.copy()
    human = _human_frames(len(track), own)
    if own is not None:
        for array in (affect, low, high):
            array[own.at] = own.affect
        confidence[own.at] = 1
        chosen = own.expression >= 0
        expression[own.at[chosen]] = np.eye(len(EXPRESSIONS))[own.expression[chosen]]
    return Estimate(
        run_id=run_id,
        method=options.method,
        affect=affect,
        low=low,
        high=high,
        coverage=options.coverage,
        tolerance=options.tolerance,
        confidence=confidence,
        expression=expression,
        is_human=human,
        evidence=draft.evidence,
        calibration=words,
    )


def _human_frames(n: int, own: _Own | None) -> Bool[np.ndarray, " n"]:
    human = np.zeros(n, bool)
    if own is not None:
        human[own.at] = True
    return human
