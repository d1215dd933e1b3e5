"""Scores of expression classes: accuracy, calibration error, Brier score."""

from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int64

__all__ = ["class_scores", "expected_calibration_error"]

BINS: Final = 10


def class_scores(
    rated: Int64[np.ndarray, " f"],
    estimated: Int64[np.ndarray, " f"],
    probability: Float[np.ndarray, "f c"],
) -> dict[str, float]:
    """How often the class is right, and whether its probability says so.

    Args:
        rated: Human class of each frame that has one.
        estimated: Estimated class, -1 = none: such a frame is not judged.
        probability: Of each class; NaN where the method has none.

    Returns:
        `accuracy` over `class_frames` frames; of the frames with probabilities, with
        the class of highest probability (top-1), `class_ece`; over the probabilities of
        all classes alike, `class_ece_all`; and `class_brier`, the sum over classes of
        the squared difference to 1 for the human class and 0 for the others (Brier
        1950; from 0 to 2). NaN where there is nothing to judge.
    """
    named = estimated >= 0
    known = np.isfinite(probability).all(axis=1)
    share, class_of = probability[known].astype(np.float64), rated[known]
    found = dict.fromkeys(("class_ece", "class_ece_all", "class_brier"), float("nan"))
    if known.any():
        truth = np.arange(probability.shape[1]) == class_of[:, None]
        top = share.argmax(axis=1)
        found = {
            "class_ece": expected_calibration_error(share.max(axis=1), top == class_of),
            "class_ece_all": expected_calibration_error(share.ravel(), truth.ravel()),
            "class_brier": float(((share - truth) ** 2).sum(axis=1).mean()),
        }
    right = (estimated == rated)[named]
    return {
        "accuracy": float(right.mean()) if named.any() else float("nan"),
        "class_frames": float(named.sum()),
        **found,
    }


def expected_calibration_error(
    confidence: Float[np.ndarray, " f"], right: Bool[np.ndarray, " f"]
) -> float:
    """Mean gap between confidence and share right over ten equal bins (Naeini 2015)."""
    bin_of = np.minimum((confidence * BINS).astype(int), BINS - 1)
    total = 0.0
    for b in range(BINS):
        mine = bin_of == b
        if mine.any():
            total += mine.mean() * abs(confidence[mine].mean() - right[mine].mean())
    return float(total)
