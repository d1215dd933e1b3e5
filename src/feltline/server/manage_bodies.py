"""Bodies of what a page asks for around the judging: videos in and out, settings."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from feltline.server.job import Job, JobState
from feltline.server.requests import PathName, Plain, Request, VideoName
from feltline.server.translation import Report, Sentence
from feltline.settings import ConsensusPolicy

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S"), Plain]
Count = Annotated[int, Field(ge=1, le=100_000)]


class AddRequest(Request):
    """Videos to add: uploaded ones by name, others by their place below media roots."""

    uploads: tuple[VideoName, ...] = Field((), max_length=10_000)
    paths: tuple[PathName, ...] = Field((), max_length=10_000)

    @model_validator(mode="after")
    def _names_some(self) -> "AddRequest":
        if not self.uploads and not self.paths:
            raise ValueError("name at least one file or folder")
        return self


class PicturesRequest(Request):
    """Pictures that have arrived and are one video.

    Attributes:
        name: What their folder is called.
        of_folder: What they were sent with.
        n_pictures: How many there are.
    """

    name: VideoName
    of_folder: str = Field(max_length=32)
    n_pictures: Count


class SuggestRequest(Request):
    """How many frames to suggest, and of which videos.

    Attributes:
        labels_per_clip: So many of each video; or
        total: so many in all, where they help most.
        videos: Only of these; of all if absent.
        is_new_only: Only of videos that nobody has labelled yet.
    """

    labels_per_clip: Count | None = None
    total: Count | None = None
    videos: Annotated[list[VideoName], Field(max_length=10_000)] | None = None
    is_new_only: bool = False

    @model_validator(mode="after")
    def _says_how_many(self) -> "SuggestRequest":
        if (self.labels_per_clip is None) == (self.total is None):
            raise ValueError("give either labels_per_clip or total")
        return self


class RelocateRequest(Request):
    """Where a video lies now, or all whose file is missing.

    Attributes:
        path: A file or folder below the media roots.
        video_id: The video; without one, all that are missing are sought there.
    """

    path: PathName
    video_id: VideoName | None = None


class SettingsRequest(Request):
    """Settings to change; those that are absent stay."""

    name: Name | None = None
    rater: Name | None = None
    tolerance: Annotated[float, Field(allow_inf_nan=False)] | None = None
    coverage: Annotated[float, Field(allow_inf_nan=False)] | None = None
    consensus: ConsensusPolicy | None = None


class SettingsBody(BaseModel):
    """Settings of a project; `every`, `faces` and `encoder` cannot be changed."""

    name: str
    rater: str
    tolerance: float
    coverage: float
    consensus: ConsensusPolicy
    threshold: float
    every: str
    faces: int
    encoder: str
    folder: str


class UploadedBody(BaseModel):
    """An uploaded file, by the name that it got."""

    name: str
    n_bytes: int


class JobBody(BaseModel):
    """A job, as it stands; see `jobs.Job`."""

    model_config = ConfigDict(from_attributes=True)

    job_id: str
    kind: Literal["add", "suggest", "relocate", "purge"]
    state: JobState
    what: str
    done: int
    of: int
    nth: int
    n_files: int
    left_s: float | None
    result: Report
    fault: Sentence
    can_repeat: bool


def job_body(job: Job) -> JobBody:
    """A job as a page is told of it."""
    return JobBody.model_validate(job)
