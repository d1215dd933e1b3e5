"""Request bodies, checked when they are read.

Numbers and texts have bounds, so that nothing reaches the project that it could not
hold. Values are in the units of the project's label schema; names are those of the code
and the database.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from feltline.project import MAX_GUIDELINES
from feltline.types import Decision, Purpose, Scope


def _plain(text: str) -> str:
    """Refuse what a database or a page could not hold.

    Raises:
        ValueError: The text has control characters, or half a character.
    """
    if any((ord(c) < 32 and c not in "\n\t") or ord(c) == 127 for c in text):
        raise ValueError("control characters are not allowed")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise ValueError("the text has half of a surrogate pair")
    return text


Plain = AfterValidator(_plain)
VideoName = Annotated[str, Field(min_length=1, max_length=512), Plain]
PathName = Annotated[str, Field(min_length=1, max_length=4096), Plain]
ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
TrackNumber = Annotated[int, Field(ge=0, le=2**31 - 1)]
EventNumber = Annotated[int, Field(ge=1, le=2**53)]
FrameNumber = Annotated[int, Field(ge=0, le=2**31 - 1)]
Finite = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False, strict=True)]
Value = Annotated[tuple[Finite | None, ...], Field(max_length=64)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False, strict=True)]
Comment = Annotated[str, Field(max_length=2000), Plain]
ModelName = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9+._-]+$")]
ClassName = Annotated[str, Field(min_length=1, max_length=200), Plain]
ItemName = Annotated[str, Field(max_length=80, pattern=r"^[a-z]+(\.[0-9]{1,9}){4}$")]
ItemOfVideo = Annotated[
    str, Field(max_length=600, pattern=r"^[a-z]+(\.[0-9]{1,9}){4}/.+$"), Plain
]
"""The name of an item, a slash, that of its video."""


class Request(BaseModel):
    """What a page or a script asks for."""

    model_config = ConfigDict(extra="forbid")


class WithClient(Request):
    """A change, named by the browser so that sending it twice changes nothing."""

    client_id: ClientId


class UndoRequest(WithClient):
    """Take back, or bring back, a change of this rater.

    Attributes:
        of: Name of the change, or of the undo that a redo takes back; without it, the
            latest.
    """

    of: ClientId | None = None


class ShownRequest(Request):
    """What of the machine was in sight; see `feltline.types.Shown`."""

    model_id: ModelName
    value: Value | None = None
    confidence: Share | None = None
    proposed_by_class: bool = False


class JudgementRequest(WithClient):
    """What a person says of a frame, a span or the whole clip of one face.

    What belongs together, `feltline.types.Judgement` checks.

    A clip's first and last frame are those of its track, whatever is sent. The answer
    to an item of the queue that gives no value speaks of the item's frames; one that
    gives a value deals with them.

    Attributes:
        video_id: Video that was judged.
        track_id: Face, by the number that the rater saw.
        scope: What value and class speak of.
        first_frame: First frame that they speak of.
        last_frame: Last one.
        value: A number or null per dimension of the label schema; empty where none was
            given.
        expression: Name of a class of the label schema; null = no expression label.
        decision: `label`, `accept` and `edit` need a value or class; the others none.
        shown: What was in sight; null = judged blind.
        touched: Per dimension, whether the rater moved it; empty = not recorded.
        unsure: The rater's own "unsure".
        purpose: Why it was asked for; where `item_id` is given, the item decides.
        item_id: Item of the queue that it answers.
        assignment_id: Assignment that it answers; that decides its purpose, frames and
            face. The item of an assignment names it, too.
        active_s: Seconds spent on it; null = not measured.
        comment: The rater's own words.
    """

    video_id: VideoName
    track_id: TrackNumber
    scope: Scope = "frame"
    first_frame: FrameNumber
    last_frame: FrameNumber
    value: Value = ()
    expression: ClassName | None = None
    decision: Decision = "label"
    shown: ShownRequest | None = None
    touched: Annotated[tuple[bool, ...], Field(max_length=64)] = ()
    unsure: bool = False
    purpose: Purpose = "work"
    item_id: ItemName | None = None
    assignment_id: EventNumber | None = None
    active_s: Seconds | None = None
    comment: Comment = ""


class JudgementsRequest(Request):
    """Several judgements at once, as from a contact sheet: all are saved, or none."""

    judgements: Annotated[list[JudgementRequest], Field(min_length=1, max_length=500)]


class SplitRequest(WithClient):
    """From this frame on, another person."""

    frame: FrameNumber


class MergeRequest(WithClient):
    """The same person as in this track."""

    into: TrackNumber


class NameRequest(WithClient):
    """Who a track shows; empty = nobody named."""

    name: Annotated[str, Field(max_length=200), Plain]


class GuidelinesRequest(Request):
    """Another text for the guidelines.

    Attributes:
        text: Plain text; the page shows paragraphs, headings and lists of it.
        revision: Of the text that this one replaces.
    """

    text: Annotated[str, Field(max_length=MAX_GUIDELINES), Plain]
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class ThresholdRequest(WithClient):
    """The confidence that accepts."""

    value: Share
