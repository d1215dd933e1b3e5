"""What comes over the wire, checked when it is read.

Numbers and texts have bounds, so that nothing reaches the project that it could not
hold. Names are those of the code and the database.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from feltline.types import EXPRESSIONS

__all__ = [
    "ClientId",
    "FrameNumber",
    "LabelRequest",
    "LabelsRequest",
    "MergeRequest",
    "NameRequest",
    "ReviewRequest",
    "SplitRequest",
    "SuggestRequest",
    "ThresholdRequest",
    "TrackNumber",
    "UndoRequest",
    "VideoName",
    "WithClient",
]


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


def _known_expression(name: str) -> str:
    if name not in EXPRESSIONS:
        raise ValueError(f"there is no expression {name[:40]!r}: {EXPRESSIONS}")
    return name


Plain = AfterValidator(_plain)
VideoName = Annotated[str, Field(min_length=1, max_length=512), Plain]
ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
TrackNumber = Annotated[int, Field(ge=0, le=2**31 - 1)]
FrameNumber = Annotated[int, Field(ge=0, le=2**31 - 1)]
Affect = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False, strict=True)]
Expression = Annotated[str, Field(max_length=40), AfterValidator(_known_expression)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False, strict=True)]
Comment = Annotated[str, Field(max_length=2000), Plain]
RunName = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9+._-]*$")]
ItemName = Annotated[str, Field(max_length=80, pattern=r"^[a-z]+(\.[0-9]{1,9}){4}$")]


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


class LabelRequest(WithClient):
    """A person's label of a frame, a span or the whole clip."""

    video_id: VideoName
    track_id: TrackNumber
    scope: Literal["frame", "span", "clip"] = "frame"
    first_frame: FrameNumber
    last_frame: FrameNumber
    valence: Affect | None = None
    arousal: Affect | None = None
    expression: Expression | None = None
    active_s: Seconds | None = None
    shown_run_id: RunName | None = None
    comment: Comment = ""
    decision: Literal["label", "accept", "edit"] = "label"
    item_id: ItemName | None = None

    @model_validator(mode="after")
    def _whole(self) -> "LabelRequest":
        if (self.valence is None) != (self.arousal is None):
            raise ValueError("valence and arousal come together")
        if self.valence is None and self.expression is None:
            raise ValueError("a label needs valence and arousal, or an expression")
        if self.last_frame < self.first_frame:
            raise ValueError("last_frame comes before first_frame")
        if self.scope == "frame" and self.last_frame != self.first_frame:
            raise ValueError("a label of one frame has first_frame = last_frame")
        return self


class LabelsRequest(Request):
    """Several labels at once, as from a contact sheet."""

    labels: Annotated[list[LabelRequest], Field(min_length=1, max_length=500)]


class ReviewRequest(WithClient):
    """A decision about a machine label that gives no value."""

    video_id: VideoName
    track_id: TrackNumber
    frame: FrameNumber
    first_frame: FrameNumber
    last_frame: FrameNumber
    decision: Literal["reject", "skip", "unsure"]
    run_id: RunName | None = None
    active_s: Seconds | None = None
    comment: Comment = ""
    item_id: ItemName | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "ReviewRequest":
        if not self.first_frame <= self.frame <= self.last_frame:
            raise ValueError("frame must lie between first_frame and last_frame")
        return self


class SplitRequest(WithClient):
    """From this frame on, another person."""

    frame: FrameNumber


class MergeRequest(WithClient):
    """The same person as in this track."""

    into: TrackNumber


class NameRequest(WithClient):
    """Who a track shows; empty = nobody named."""

    name: Annotated[str, Field(max_length=200), Plain]


class ThresholdRequest(WithClient):
    """The confidence that accepts."""

    value: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class SuggestRequest(Request):
    """How many frames to suggest: exactly one of the three."""

    labels_per_clip: Annotated[int, Field(ge=1, le=1000)] | None = None
    share: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    total: Annotated[int, Field(ge=1, le=100_000)] | None = None

    @model_validator(mode="after")
    def _one(self) -> "SuggestRequest":
        given = [self.labels_per_clip, self.share, self.total]
        if sum(v is not None for v in given) != 1:
            raise ValueError("give exactly one of labels_per_clip, share and total")
        return self
