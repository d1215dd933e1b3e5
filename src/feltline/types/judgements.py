"""Judgements: what a person says about a face at a frame, a span or a clip."""

import math
from dataclasses import dataclass
from typing import Final, Literal

from feltline.errors import ShapeError

__all__ = ["PRACTICE", "Decision", "Judgement", "Purpose", "Scope", "Shown"]

Scope = Literal["frame", "span", "clip"]
"""What a judgement speaks of; `clip` is the whole track."""

Decision = Literal["label", "accept", "edit", "reject", "skip", "cannot"]
"""Given freely, or as answer to a prediction. `reject`: the face or value is not to be
used; `skip`: later; `cannot`: this person cannot judge it."""

Purpose = Literal[
    "work", "suggested", "audit", "repeat", "training", "honeypot", "resolve"
]
"""Why the judgement was asked for; `resolve`: a lead decides between raters."""

PRACTICE: Final[tuple[Purpose, ...]] = ("training", "honeypot")
"""What was known before: the answer says something of its rater, not of its face."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What of the machine was in sight when a judgement was given.

    Attributes:
        model_id: Model whose prediction was shown.
        value: Its value in the schema's units, None per dimension that it lacks; None
            where no value was shown.
        confidence: Its confidence in [0, 1].
        proposed_by_class: Whether a value was proposed for the class that was chosen.
    """

    model_id: str
    value: tuple[float | None, ...] | None = None
    confidence: float | None = None
    proposed_by_class: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one person says of one face. Immutable: a correction is a new one.

    Attributes:
        video_id: Video that was judged.
        track_id: Face, by the number that the rater saw.
        scope: What value and class speak of.
        first_frame: First frame that they speak of.
        last_frame: Last one; the same for the scope `frame`.
        reviewed_first_frame: First frame that is dealt with by it: an item of the
            queue covers its neighbours, whose values stay the machine's. None =
            `first_frame`.
        reviewed_last_frame: Last one; None = `last_frame`.
        value: Per dimension of the label schema, in its units; None per dimension that
            was not given. Empty where none was.
        expression: Name of a class of the label schema; None = no expression label.
        rater: Who judged.
        decision: Given freely, or as answer to a prediction.
        shown: What of the machine was in sight; None = blind.
        audited: What the model said then, hidden from the rater: what an audit or a
            blind repeat judges. None where nothing is audited.
        touched: Per dimension, whether the rater moved it; empty = not recorded.
        unsure: The rater's own "unsure".
        purpose: Why it was asked for.
        assignment_id: Assignment that it answers; None = none.
        active_s: Seconds spent on it; None = not measured.
        comment: The rater's own words.
        origin: Given in feltline, or imported.
    """

    video_id: str
    track_id: int
    scope: Scope
    first_frame: int
    last_frame: int
    rater: str
    reviewed_first_frame: int | None = None
    reviewed_last_frame: int | None = None
    value: tuple[float | None, ...] = ()
    expression: str | None = None
    decision: Decision = "label"
    shown: Shown | None = None
    audited: Shown | None = None
    touched: tuple[bool, ...] = ()
    unsure: bool = False
    purpose: Purpose = "work"
    assignment_id: str | None = None
    active_s: float | None = None
    comment: str = ""
    origin: Literal["human", "import"] = "human"

    def __post_init__(self) -> None:
        first, last = self.first_frame, self.last_frame
        if not 0 <= first <= last or (self.scope == "frame" and first != last):
            raise ShapeError(f"a {self.scope} cannot reach from {first} to {last}")
        if not self.reviewed[0] <= first <= last <= self.reviewed[1]:
            raise ShapeError(
                f"a judgement of {first}-{last} cannot deal with "
                f"{self.reviewed[0]}-{self.reviewed[1]}"
            )
        says = self.has_value or self.expression is not None
        if says != (self.decision in ("label", "accept", "edit")):
            raise ShapeError(
                f"the decision {self.decision} "
                f"{'gives no value or class' if says else 'needs a value or a class'}"
            )
        if any(v is not None and not math.isfinite(v) for v in self.value):
            raise ShapeError("a value must be finite, or None where it is not given")
        if self.active_s is not None and not 0 <= self.active_s < math.inf:
            raise ShapeError(f"active_s must be at least 0, but is {self.active_s:g}")
        if self.track_id < 0 or not self.rater:
            raise ShapeError("a judgement needs a track from 0 and its rater's name")

    @property
    def teaches(self) -> bool:
        """Whether it says something of its face, rather than of its rater.

        What is judged for practice or as a test was known before; often it is far from
        what the rater will do later.
        """
        return self.purpose not in PRACTICE

    @property
    def has_value(self) -> bool:
        """Whether a value was given in any dimension."""
        return any(v is not None for v in self.value)

    @property
    def reviewed(self) -> tuple[int, int]:
        """First and last frame that it deals with."""
        first, last = self.reviewed_first_frame, self.reviewed_last_frame
        return (
            self.first_frame if first is None else first,
            self.last_frame if last is None else last,
        )
