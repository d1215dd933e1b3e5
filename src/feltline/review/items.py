"""Items of the review queue, and the ids that say all of them."""

from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from feltline.errors import InputError
from feltline.types import Prediction, Purpose

__all__ = ["Item", "ItemKind"]

ItemKind = Literal["queue", "audit", "suggested", "assigned"]

_DRAWN: Final = "drawn"
"""Begins the id of a suggested frame that was drawn for an audit."""

_KINDS: Final[dict[str, ItemKind]] = {
    **{kind: kind for kind in get_args(ItemKind) if kind != "assigned"},
    _DRAWN: "suggested",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to look at.

    Attributes:
        kind: From the queue, an audit, a frame that was suggested, or assigned.
        video_id: Its video.
        track_id: Its face.
        frame: The frame that is shown.
        first_frame: A decision covers the frames from this one
        last_frame: to this one.
        reason: Code of why it is asked.
        time_s: Time stamp of the frame; None where nobody looked it up.
        prediction: What the model says of it and other frames; likewise.
        row: Its row in that.
        assignment_id: Assignment that it is; None = none.
        is_blind: Of an assignment, whether the model's value is hidden.
    """

    kind: ItemKind
    video_id: str
    track_id: int
    frame: int
    first_frame: int
    last_frame: int
    reason: str
    time_s: float | None = field(default=None, compare=False)
    prediction: Prediction | None = field(default=None, compare=False)
    row: int = field(default=0, compare=False)
    assignment_id: int | None = None
    is_blind: bool = True

    @classmethod
    def of_frame(
        cls, kind: ItemKind, video_id: str, track_id: int, frame: int, reason: str
    ) -> "Item":
        """An item that covers its own frame only."""
        return cls(
            kind=kind,
            video_id=video_id,
            track_id=track_id,
            frame=frame,
            first_frame=frame,
            last_frame=frame,
            reason=reason,
        )

    @property
    def blind(self) -> bool:
        """Whether the model's value is hidden until the rater gave one."""
        return self.is_blind if self.kind == "assigned" else self.kind != "queue"

    @property
    def purpose(self) -> Purpose:
        """Why a judgement that answers it was asked for."""
        if self.reason == "audit":
            return "audit"
        return "suggested" if self.kind == "suggested" else "work"

    @property
    def item_id(self) -> str:
        """Says all but video and most reasons, so that no server need remember it."""
        of = self.track_id if self.assignment_id is None else self.assignment_id
        numbers = of, self.frame, self.first_frame, self.last_frame
        drawn = self.kind == "suggested" and self.reason == "audit"
        return ".".join([_DRAWN if drawn else self.kind, *map(str, numbers)])

    @classmethod
    def of_id(cls, item_id: str, video_id: str) -> "Item":
        """The item of an id; an assignment is looked up instead.

        Raises:
            InputError: It is none.
        """
        kind, *rest = item_id.split(".")
        digits = len(rest) == 4 and all(r.isdecimal() and len(r) < 10 for r in rest)
        track_id, frame, first, last = map(int, rest) if digits else (0, 0, 1, 0)
        if kind not in _KINDS or not first <= frame <= last:
            raise InputError(
                f"{item_id[:80]!r} is the id of no item of the queue; load the page "
                f"again"
            )
        return cls(
            kind=_KINDS[kind],
            video_id=video_id,
            track_id=track_id,
            frame=frame,
            first_frame=first,
            last_frame=last,
            reason="audit" if kind in ("audit", _DRAWN) else "",
        )
