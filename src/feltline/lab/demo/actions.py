"""Facial actions from valence and arousal.

It is inspired by the usual descriptions of expressions and fitted to nothing.
"""

import math
from typing import Final

import numpy as np
from jaxtyping import Float32

__all__ = ["ACTIONS", "action_weights"]

ACTIONS: Final = (
    "relax",  # lip corners in and down to a flat mouth, cheeks sink, lids relax
    "close",  # lips meet over the teeth
    "frown",  # lip corners down, chin up
    "open",  # jaw drops
    "raise",  # whole brows up
    "furrow",  # brows down and together
    "grieve",  # inner ends of the brows up
    "widen",  # upper lids up
    "droop",  # upper lids halfway down
    "blink",  # lids shut
    "turn",  # what stands out moves sideways, as if the head turned
)
"""Order of the actions in every array of weights."""


def action_weights(
    valence: float, arousal: float, *, blink: float = 0.0, yaw: float = 0.0
) -> Float32[np.ndarray, " 11"]:
    """How strongly each of `ACTIONS` shows, a smooth function of the affect.

    Positive valence brings the smile (corners up and out, cheeks up, lips apart);
    negative valence the frown, with brows drawn down when aroused (anger) and their
    inner ends up when calm (grief). Arousal raises the brows, widens the eyes and opens
    the mouth; its absence lets the lids droop.

    Args:
        valence: In [-1, 1].
        arousal: In [-1, 1].
        blink: How far the lids are shut whatever the affect, in [0, 1].
        yaw: Turn of the head, about [-1, 1]; positive is towards the image's right.
    """
    pleased, upset = _above(valence), _above(-valence)
    awake, sleepy = _above(arousal), _above(-arousal)
    seeing = 1 - blink
    weights = {
        "relax": 1 - pleased,
        "close": 1 - pleased**2,
        "frown": upset,
        "open": awake * (0.85 - 0.25 * upset),
        "raise": awake * (1 - 0.75 * upset) - 0.25 * sleepy,
        "furrow": upset * (0.15 + 0.85 * awake),
        "grieve": upset * (0.15 + 0.85 * sleepy),
        "widen": awake * seeing,
        "droop": sleepy * seeing,
        "blink": blink,
        "turn": yaw,
    }
    return np.array([weights[name] for name in ACTIONS], np.float32)


def _above(x: float) -> float:
    """A soft max(x, 0): 0 at -1, 1 at 1, strictly increasing, smooth at 0."""
    corner = 0.03  # the larger, the softer
    bend, low, high = (v + math.sqrt(v * v + corner) for v in (x, -1.0, 1.0))
    return (bend - low) / (high - low)
