"""What the machine says of a track, and how human labels are put into it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Int32

from feltline.fewshot.calibration import Calibration
from feltline.fewshot.track_labels import Told
from feltline.settings import COVERAGE, TOLERANCE
from feltline.types import EXPRESSIONS, Estimate, FaceTrack, Method

__all__ = [
    "N_EVIDENCE",
    "Draft",
    "LabelOptions",
    "confidence_of",
    "finished",
    "trust_in",
]

N_EVIDENCE: Final = 3
"""How many support frames are named for each value."""

ENOUGH_QUALITY: Final = 0.3
"""Faces below this quality lose confidence in proportion."""

FAR_OUT: Final = 1.3
"""Strangeness from which a face has no confidence at all; it falls from 1 on. Of the
rated clips' frames none reaches 1; of pictures that show no face nearly all do, and
noise and stripes reach 1.3 (docs/decisions/0008-engine.md)."""


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draft:
    """What the machine says before human labels are put in their frames.

    Attributes:
        affect: Not clipped to the scale.
        expression: Class probabilities, NaN where there are none.
        evidence: Frames that carried each value, -1 fills up.
        variance: Of each value; None where the method knows none.
        calibration: What the variance is worth; likewise.
        trust: What confidence is multiplied by.
    """

    affect: Float[np.ndarray, "n 2"]
    expression: Float32[np.ndarray, "n 8"]
    evidence: Int32[np.ndarray, "n e"]
    variance: Float32[np.ndarray, "n 2"] | None = None
    calibration: Calibration | None = None
    trust: Float32[np.ndarray, " n"] | None = None


def trust_in(
    quality: Float32[np.ndarray, " n"],
    strangeness: Float32[np.ndarray, " n"] | None,
) -> Float32[np.ndarray, " n"]:
    """What confidence is multiplied by: 1 for a good and ordinary face, else less."""
    trust = np.minimum(quality / np.float32(ENOUGH_QUALITY), 1)
    if strangeness is not None:
        trust = trust * np.clip((FAR_OUT - strangeness) / (FAR_OUT - 1), 0, 1)
    return np.asarray(trust, np.float32)


def confidence_of(
    variance: Float32[np.ndarray, "n 2"],
    calibration: Calibration,
    trust: Float32[np.ndarray, " n"],
    tolerance: float,
) -> Float32[np.ndarray, " n"]:
    """Calibrated confidence of machine labels, poor and strange faces taken off."""
    return np.asarray(calibration.confidence(variance, tolerance) * trust, np.float32)


def finished(
    draft: Draft,
    track: FaceTrack,
    told: Told | None,
    options: LabelOptions,
    run_id: str,
) -> Estimate:
    """Clip to the scale, and let each human label stand in its own frame."""
    n = len(track)
    affect = np.clip(draft.affect, -1, 1).astype(np.float32)
    half_width = np.full((n, 2), np.nan, np.float32)
    confidence = np.full(n, np.nan, np.float32)
    words = "none: this method knows neither interval nor confidence"
    if (
        draft.variance is not None
        and draft.calibration is not None
        and draft.trust is not None
    ):
        known, spread = draft.calibration, draft.variance
        half_width = known.half_width(spread, options.coverage)
        confidence = confidence_of(spread, known, draft.trust, options.tolerance)
        words = known.words
    low = np.clip(draft.affect - half_width, -1, 1).astype(np.float32)
    high = np.clip(draft.affect + half_width, -1, 1).astype(np.float32)
    expression, human = draft.expression, np.zeros(n, bool)
    if told is not None:
        for array in (affect, low, high):
            array[told.at] = told.affect
        confidence[told.at] = 1
        human[told.at] = True
        expression = _with_choices(expression, told)
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


def _with_choices(
    expression: Float32[np.ndarray, "n 8"], told: Told
) -> Float32[np.ndarray, "n 8"]:
    at, chosen = told.majority
    out = expression.copy()
    out[at] = np.eye(len(EXPRESSIONS))[chosen]
    return out
