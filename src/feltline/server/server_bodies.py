"""Bodies of the server's own routes: the list of projects, and folders to open."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from feltline.server.requests import PathName, Plain, Request
from feltline.server.translation import Sentence

ProjectName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S"), Plain]
RaterName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S"), Plain]


class NewProjectRequest(Request):
    """Make a project.

    Attributes:
        name: For people, in any language.
        rater: Who labels in it.
        folder: Where its own folder is made, below the media roots; without one, in the
            user's own folder.
    """

    name: ProjectName
    rater: RaterName = "r1"
    folder: PathName | None = None


class FolderRequest(Request):
    """A folder below the media roots."""

    folder: PathName


class ServerBody(BaseModel):
    """Who is here: the server itself, without any project.

    Attributes:
        home: Where new projects are made.
        can_browse: Whether folders were named to browse in.
        is_admin: Whether who asks may make, open and forget projects.
    """

    csrf: str
    version: str
    home: str
    can_browse: bool
    is_admin: bool


class CountsBody(BaseModel):
    """How far a project was when it was last looked at."""

    n_videos: int
    n_judgements: int
    n_pending: int


class ProjectBody(BaseModel):
    """A project of the server's list; `fault` says why it cannot be opened."""

    key: str
    name: str
    folder: str
    used_at: datetime | None
    is_open: bool
    fault: Sentence | None
    counts: CountsBody | None


class RestoredBody(BaseModel):
    """A project that was made of a backup.

    Attributes:
        n_purged: Videos of the backup that stay out, as they were purged later.
        missing: Videos whose files are not where the project looks for them.
    """

    project: ProjectBody
    made_at: datetime
    n_videos: int
    n_purged: int
    missing: list[str]


class ForgottenBody(BaseModel):
    """The folder of a project that is no longer on the list, as it was."""

    folder: str


class FolderBody(BaseModel):
    """A folder below the media roots."""

    name: str
    path: str
    is_project: bool


class FileBody(BaseModel):
    """A video or picture below the media roots."""

    name: str
    path: str
    n_bytes: int
    is_picture: bool


class FoldersBody(BaseModel):
    """What a folder holds; `path` is null for the media roots themselves."""

    path: str | None
    above: str | None
    is_project: bool
    folders: list[FolderBody]
    files: list[FileBody]
