"""Why a frame is asked for: a code for programs, and the words for it."""

from typing import Final, Literal

__all__ = ["REASONS", "ReasonCode"]

ReasonCode = Literal[
    "typical",
    "far",
    "between",
    "likely_wrong",
    "low_confidence",
    "high_influence",
    "audit",
    "evenly",
    "random",
    "first",
    "unlike",
    "contradiction",
]

REASONS: Final[dict[ReasonCode, str]] = {
    "typical": "most typical: says most about the other frames",
    "far": "far from every label in time and looks",
    "between": "between labels: still the least certain",
    "likely_wrong": "likely wrong: its label is more likely off than right",
    "low_confidence": "low confidence: under the threshold",
    "high_influence": "high influence: lifts many other frames over the threshold",
    "audit": "audit: drawn at random from what would be accepted",
    "evenly": "evenly spaced",
    "random": "random",
    "first": "among the first",
    "unlike": "least like those before",
    "contradiction": "contradiction: class and value cannot both be right",
}
