"""Bodies of a project's tables, model state and overview.

Values are in the units of the label schema; missing numbers are null.
"""

from datetime import datetime

from pydantic import BaseModel

from feltline.review.model_state import ProvisionalReason
from feltline.server.responses import PositionBody
from feltline.server.translation import Sentence


class TableRowBody(BaseModel):
    """A row of a table that a person made, numbered as a spreadsheet does."""

    row: int
    cells: list[str]


class NamedVideoBody(BaseModel):
    """What a table calls a video; null where it is not known which one that is."""

    name: str
    video_id: str | None
    n_rows: int


class TrialBody(BaseModel):
    """What an import would do; `fault` says why nothing would come in."""

    added: int
    known: int
    notes: list[Sentence]
    fault: Sentence | None


class TableBody(BaseModel):
    """A table before it is brought in; `meant` gives its column by our name."""

    columns: list[str]
    rows: list[TableRowBody]
    n_rows: int
    meant: dict[str, str]
    videos: list[NamedVideoBody]
    trial: TrialBody


class LabelsImportedBody(BaseModel):
    """Labels that came in, and those that stood already."""

    added: int
    known: int
    notes: list[Sentence]


class LearningBody(BaseModel):
    """How far the learning of a model is: videos read, of how many."""

    done: int
    of: int


class ModelStateBody(BaseModel):
    """What predictions rest on; see `feltline.review.ModelState`."""

    model_id: str
    learnt_at: datetime | None
    n_judgements: int
    n_since: int
    reasons: list[ProvisionalReason]
    calibration: str
    is_own: bool
    n_blind: int
    n_clips: int
    learning: LearningBody | None


class ProgressBody(BaseModel):
    """Frames that show a face, counted once per face, and what became of them."""

    frames: int
    reviewed: int
    accepted: int
    pending: int


class VideoProgressBody(ProgressBody):
    """How far a video is; frames are not known before it was counted."""

    video_id: str
    judgements: int
    active_s: float
    traced_s: float
    is_counted: bool
    is_lost: bool


class PersonProgressBody(ProgressBody):
    """How far the faces of one person are."""

    name: str
    videos: int


class AuditsBody(BaseModel):
    """What audits say: the share that was right, what was promised, and the error."""

    n: int
    right: float | None
    promised: float | None
    error: list[float | None]


class RaterWorkBody(BaseModel):
    """What one rater did."""

    rater: str
    judgements: int
    labels: int
    blind: int
    active_s: float
    n_timed: int
    traced_s: float
    audits: AuditsBody


class ValuesBody(BaseModel):
    """Labels by their value: equal bins from `low` to `high`."""

    name: str
    low: float
    high: float
    counts: list[int]


class ClassCountBody(BaseModel):
    """Labels of a class."""

    name: str
    count: int


class OverviewBody(ProgressBody):
    """The work on a project; `traced_s`: seconds of video that were rated live."""

    threshold: float
    judgements: int
    n_timed: int
    active_s: float
    traced_s: float
    videos: list[VideoProgressBody]
    persons: list[PersonProgressBody]
    raters: list[RaterWorkBody]
    audits: AuditsBody
    values: list[ValuesBody]
    classes: list[ClassCountBody]
    position: PositionBody
    seconds_per_item: float
