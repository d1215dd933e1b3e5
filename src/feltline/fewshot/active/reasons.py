"""Query reasons: why a frame is asked for, as a code for programs and in words."""

from typing import Final, Literal

__all__ = ["REASONS", "QueryReason"]

QueryReason = Literal[
    "no_label",
    "typical",
    "far",
    "least_certain",
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

REASONS: Final[dict[QueryReason, str]] = {
    "no_label": "no label yet: nothing says a value of this face",
    "typical": "most typical: says most about the other frames",
    "far": "far in time and appearance from every label and every frame before it",
    "least_certain": "the frame that is least certain after the ones before it",
    "likely_wrong": "likely wrong: its prediction is more likely off than right",
    "low_confidence": "low confidence: under the threshold",
    "high_influence": "high influence: lifts many other frames over the threshold",
    "audit": "audit: drawn at random from what would be accepted",
    "evenly": "evenly spaced",
    "random": "random",
    "first": "among the first",
    "unlike": "least like those before",
    "contradiction": "contradiction: class and value cannot both be right",
}
