"""A project: a folder that holds `feltline.toml`, its database, and what is kept.

```
feltline.toml     settings, for people to read and change
feltline.db       videos, judgements, models (or a PostgreSQL database that it names)
.feltline/        feature files, pictures, proxies, and keys
```

The label schema is no setting: it is given once, to `feltline init --schema FILE.json`,
and kept in the database, where an event says so.
"""

import os
import re
import uuid
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from feltline.encoder import load_encoder
from feltline.errors import InputError
from feltline.fewshot import promising
from feltline.project.extraction_cache import feature_key
from feltline.project.former_extractions import convert_former_extractions
from feltline.project.originals import Originals
from feltline.project.project_settings import (
    SETTINGS_FILE,
    AuditSettings,
    ProjectSettings,
    check_settings,
    read_settings,
    write_settings,
)
from feltline.settings import LEAST_THRESHOLD, ConsensusPolicy
from feltline.store import Store, VideoRecord
from feltline.types import DEFAULT_SCHEMA, Encoder, LabelSchema, Progress

__all__ = [
    "Project",
    "find_project",
]

DATABASE_FILE: Final = "feltline.db"
HIDDEN_FOLDER: Final = ".feltline"
DATABASE_VARIABLE: Final = "FELTLINE_DATABASE"


class Project:
    """An open project."""

    def __init__(self, folder: Path, settings: ProjectSettings, store: Store) -> None:
        self.folder, self.settings, self.store = folder, settings, store

    @classmethod
    def init(
        cls,
        folder: Path,
        settings: ProjectSettings,
        schema: LabelSchema = DEFAULT_SCHEMA,
    ) -> "Project":
        """Make a project in a folder, which is made too if it is missing.

        Raises:
            InputError: There is a project already, or a setting is out of range.
            StoreError: The database cannot be made.
        """
        file = folder / SETTINGS_FILE
        if file.exists():
            raise InputError(
                f"{folder} is a feltline project already; add videos to it with "
                f"feltline add, or choose another folder"
            )
        check_settings(file, asdict(settings))
        try:
            (folder / HIDDEN_FOLDER).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"cannot make the folder {folder} ({error.strerror}); choose another "
                f"place"
            ) from error
        url = _url(folder, settings)
        store = Store.create(
            url,
            project_id=settings.project_id,
            name=settings.name,
            is_alone=url == _own_database(folder),  # two `init` at once
        )
        if schema != DEFAULT_SCHEMA:
            store.set_label_schema(schema, rater=settings.rater)
        # Last, so that a folder with this file always has a database to it.
        write_settings(folder, settings)
        return cls(folder, settings, store)

    @classmethod
    def open(cls, folder: Path, *, progress: Progress | None = None) -> "Project":
        """Open the project in a folder.

        What a former version extracted becomes feature files first.

        Raises:
            InputError: There is none, or its settings cannot be used.
            StoreError: Its database cannot be opened.
        """
        settings = read_settings(folder)
        store = Store.open(_url(folder, settings), project_id=settings.project_id)
        try:
            convert_former_extractions(
                store, folder / HIDDEN_FOLDER, settings.extraction, progress=progress
            )
            _keep_promise(store, settings)
        except BaseException:
            store.close()
            raise
        return cls(folder, settings, store)

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    def change_settings(  # noqa: PLR0913 - keyword-only, each a setting
        self,
        *,
        name: str | None = None,
        rater: str | None = None,
        tolerance: float | None = None,
        coverage: float | None = None,
        consensus: ConsensusPolicy | None = None,
        audit: AuditSettings | None = None,
        by: str | None = None,
    ) -> None:
        """Write other settings down, and go by them from now on; the rest stay.

        What is looked at in videos (`every`, `faces`, `encoder`) is not to be changed:
        all that was extracted hangs on it.

        Args:
            name: Of the project.
            rater: Who judges where nobody is signed in.
            tolerance: The error that confidence speaks of.
            coverage: Share of intervals meant to hold the label.
            consensus: How one value is made of several raters'.
            audit: When accepted labels are audited, and what audits must show.
            by: Who changes them, as the log names them; the project's rater if absent.

        Raises:
            InputError: A setting is out of range.
            StoreError: The database cannot be written.
        """
        now = read_settings(self.folder)
        now = replace(
            now,
            name=now.name if name is None else name,
            rater=now.rater if rater is None else rater,
            tolerance=now.tolerance if tolerance is None else tolerance,
            coverage=now.coverage if coverage is None else coverage,
            consensus=now.consensus if consensus is None else consensus,
            audit=now.audit if audit is None else audit,
        )
        write_settings(self.folder, now)
        self.settings = now
        _keep_promise(self.store, now, by=by)

    def reread_settings(self) -> bool:
        """Take what may change from the settings file as it is now.

        That is name, rater, tolerance, coverage, consensus and audits.

        What is looked at in videos (`every`, `faces`, `encoder`) and `threshold` stay
        as they were when the project was opened.

        Returns:
            Whether a setting is another one now.

        Raises:
            InputError: The file cannot be read, or a setting is out of range.
            StoreError: The database cannot be written.
        """
        written = read_settings(self.folder)
        now = replace(
            self.settings,
            name=written.name,
            rater=written.rater,
            tolerance=written.tolerance,
            coverage=written.coverage,
            consensus=written.consensus,
            audit=written.audit,
        )
        if now == self.settings:
            return False
        self.settings = now
        _keep_promise(self.store, now)
        return True

    @property
    def hidden(self) -> Path:
        """Where things are kept that are not for people to look at."""
        return self.folder / HIDDEN_FOLDER

    @property
    def features_folder(self) -> Path:
        """Where feature files are kept. They are biometric data."""
        return self.hidden / "features"

    def feature_folder(self, content_hash: str) -> Path:
        """Where the feature file of a video lies."""
        return self.features_folder / content_hash / self._feature_key

    @cached_property
    def _feature_key(self) -> str:
        """One for all videos: what is looked at does not change while it is open."""
        return feature_key(self.encoder_id, self.settings.extraction)

    @cached_property
    def schema(self) -> LabelSchema:
        """Which dimensions and classes it is labelled in; it never changes."""
        return self.store.label_schema()

    @property
    def pictures_folder(self) -> Path:
        """Where crops and thumbnails are kept, a folder per content hash."""
        return self.hidden / "pictures"

    @property
    def proxies_folder(self) -> Path:
        """Where proxy videos are kept, a folder per content hash."""
        return self.hidden / "proxies"

    @property
    def uploads_folder(self) -> Path:
        """Where videos are kept that were sent by the page."""
        return self.hidden / "uploads"

    @cached_property
    def originals(self) -> Originals:
        """Tells whether the files of its videos are still those that were added."""
        return Originals(self.hidden / "originals")

    @cached_property
    def encoder(self) -> Encoder:
        """What turns its faces into embeddings."""
        return load_encoder(self.settings.encoder)

    @property
    def encoder_id(self) -> str:
        """Names it and its weights."""
        return self.encoder.encoder_id

    @property
    def threshold(self) -> float:
        """The confidence that accepts, as last set; at least `LEAST_THRESHOLD`."""
        last = self.store.threshold()
        return max(self.settings.threshold if last is None else last, LEAST_THRESHOLD)

    @property
    def reopened(self) -> dict[str, float]:
        """Least confidence of each video that an audit reopened, in steps of 0.01."""
        found: dict[str, float] = {}
        for one in self.store.reopenings():
            for name in one.videos if one.is_in_force else ():
                least = round(one.least_confidence, 2)
                found[name] = max(found.get(name, 0.0), least)
        return found

    def path_of(self, video: VideoRecord) -> Path:
        """Where the file of a video lies."""
        if "://" in video.location:
            return copy_of(self.hidden, video.location)
        return self.folder / video.location  # an absolute path stays as it is

    def location_of(self, path: Path) -> str:
        """How to keep a path: inside the project relative to it, else absolute."""
        folder, path = self.folder.resolve(), path.resolve()
        return str(path.relative_to(folder) if path.is_relative_to(folder) else path)

    def verify(self, video: VideoRecord) -> None:
        """Raise unless the file of a video is still the one that was added.

        Raises:
            OriginalLostError: It is missing, cannot be read, or is another one.
        """
        self.originals.verify(self.path_of(video), video.content_hash)

    def locations(self) -> dict[str, str]:
        """Path or URL of each video by its name."""
        return {
            video.video_id: video.location
            if "://" in video.location
            else str((self.folder / video.location).absolute())
            for video in self.store.videos()
        }


def copy_of(hidden: Path, url: str) -> Path:
    """Where the local copy of a remote video lies."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", url.rsplit("/", 1)[-1]) or "video"
    return hidden / "remote" / uuid.uuid5(uuid.NAMESPACE_URL, url).hex / name


def find_project(start: Path) -> Path:
    """The folder of the project that `start` lies in: itself or one above it.

    Raises:
        InputError: There is none.
    """
    try:
        here = start.resolve()
    except OSError as error:  # the working directory was deleted
        raise InputError(
            f"the folder that you are in is not there any more ({error.strerror}); go "
            f"to the project's folder, or name it with --project"
        ) from error
    for folder in (here, *here.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise InputError(
        f"{start} is not in a feltline project: no {SETTINGS_FILE} there or above; go "
        f"to the project's folder, name it with --project, or make one with "
        f"feltline init"
    )


def _keep_promise(
    store: Store, settings: ProjectSettings, *, by: str | None = None
) -> None:
    """Put the current model in force with tolerance and coverage of the settings."""
    model_id = store.current_model_id()
    if model_id is None:
        return
    model, event_id = store.model(model_id), store.last_event_id()
    promise = settings.tolerance, settings.coverage
    if (model.tolerance, model.coverage) != promise:
        again = promising(model, tolerance=promise[0], coverage=promise[1])
        asker = settings.rater if by is None else by
        store.save_model(again, rater=asker, read_at=event_id)


def _url(folder: Path, settings: ProjectSettings) -> str:
    named = os.environ.get(DATABASE_VARIABLE) or settings.database
    return named or _own_database(folder)


def _own_database(folder: Path) -> str:
    return f"sqlite:///{(folder / DATABASE_FILE).resolve()}"
