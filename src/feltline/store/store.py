"""`Store`: the one way in and out of a project's database."""

from contextlib import suppress
from datetime import UTC, datetime

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.activity import Activity
from feltline.store.assignments import Assignments
from feltline.store.audit_batches import AuditBatches
from feltline.store.changes import Changes
from feltline.store.comparisons import Comparisons
from feltline.store.connect import Target, engine_of, target_of
from feltline.store.frame_comments import FrameComments
from feltline.store.judgements import Judgements
from feltline.store.known_answers import KnownAnswers
from feltline.store.label_schemas import LabelSchemas
from feltline.store.models import Models
from feltline.store.predictions import Predictions
from feltline.store.purging import Purging
from feltline.store.raters import Raters
from feltline.store.repeats import Repeats
from feltline.store.schema import projects
from feltline.store.snapshots import Snapshots
from feltline.store.traces import Traces
from feltline.store.transactions import writing
from feltline.store.upgrade import upgrade
from feltline.store.validate import Validation
from feltline.store.video_rows import Videos
from feltline.store.work_counts import WorkCounts

_CREATING = 0x66656C75
"""Number of the lock that two programs making projects on PostgreSQL queue at."""


class Store(
    Videos,
    Judgements,
    Assignments,
    WorkCounts,
    Raters,
    KnownAnswers,
    FrameComments,
    AuditBatches,
    Comparisons,
    Repeats,
    Traces,
    Activity,
    LabelSchemas,
    Changes,
    Models,
    Predictions,
    Purging,
    Snapshots,
    Validation,
):
    """A project's database: judgements and other changes, videos, models, and when.

    Each group of methods stands in a module of its own. Several threads, and several
    programs, may use one project at a time. A method that returned has its change on
    the disk; one that raised `StoreError` (locked, gone, damaged, refused) or
    `SetupError` (disk full, no rights) has written nothing. A `client_id` names a
    change: sent once more, it is acknowledged again, and nothing is written.

    Example:
        >>> import tempfile
        >>> from datetime import UTC, datetime
        >>> from feltline.store import Store, TrackRecord, VideoRecord
        >>> from feltline.types import Judgement
        >>> folder = tempfile.TemporaryDirectory()
        >>> url = f"sqlite:///{folder.name}/feltline.db"
        >>> store = Store.create(url, project_id="p", name="Talks of spring")
        >>> video = VideoRecord(
        ...     video_id="talk.mp4", content_hash="c0ffee" * 8, location="talk.mp4",
        ...     width=640, height=480, n_frames=250, duration_s=10.0,
        ...     time_base="1/12800", codec="h264", encoder_id="geometry",
        ...     added_at=datetime.now(tz=UTC),
        ... )
        >>> face = TrackRecord(
        ...     video_id="talk.mp4", track_id=0, n_frames=250, first_frame=0,
        ...     last_frame=249, first_time_s=0.0, last_time_s=9.96, mean_quality=0.8,
        ... )
        >>> store.add_video(video, [face])
        >>> happy = Judgement(
        ...     video_id="talk.mp4", track_id=0, scope="frame", first_frame=40,
        ...     last_frame=40, value=(0.6, 0.2), expression="happiness", rater="anna",
        ... )
        >>> (saved,) = store.give_judgements([(happy, 0, "c1")])
        >>> saved.event_id, saved.is_new
        (1, True)
        >>> store.judgements(video_id="talk.mp4")[0].judgement == happy
        True
        >>> store.undo(rater="anna")
        2
        >>> len(store.judgements()), len(store.judgements(at=1))
        (0, 1)
        >>> store.close()
        >>> folder.cleanup()
    """

    @classmethod
    def create(
        cls, url: str, *, project_id: str, name: str, is_alone: bool = False
    ) -> "Store":
        """Make a project, and its tables if the database has none yet.

        Args:
            url: `sqlite:///PATH` or `postgresql://USER@HOST/NAME`.
            project_id: Key of the project within the database.
            name: What people call it.
            is_alone: Whether the database must hold no other project: of two programs
                that make one in the same file at once, one is refused.

        Raises:
            StoreError: The URL is none, the folder is missing, the project is there
                already, or the database cannot be reached or is of another program.
            SetupError: The disk is full, rights or the driver are missing.
        """
        target = target_of(url)
        if not project_id:
            raise StoreError("a project needs a project_id")
        if target.path is not None and not target.path.parent.is_dir():
            raise StoreError(
                f"cannot make {target.place}: the folder {target.path.parent} does not "
                f"exist; make it first or choose another place"
            )
        engine = engine_of(target, make=True)
        try:
            upgrade(engine, target, make=True)
            _insert_project(engine, target, project_id, name, is_alone=is_alone)
        except BaseException:
            engine.dispose()
            raise
        return cls(project_id=project_id, target=target, engine=engine)

    @classmethod
    def open(cls, url: str, *, project_id: str) -> "Store":
        """Open a project; tables of an older feltline are brought up to date.

        Raises:
            StoreError: There is no such project, its tables are those of a newer
                feltline, or the database cannot be reached or is damaged.
            SetupError: The disk is full, rights or the driver are missing.
        """
        target = target_of(url)
        if target.path is not None and not target.path.is_file():
            raise StoreError(
                f"there is no project's database at {target.place}; check the path, or "
                f"make the project first"
            )
        engine = engine_of(target)
        try:
            upgrade(engine, target, make=False)
            store = cls(project_id=project_id, target=target, engine=engine)
            store._check_project()
            # While others use the project it must open all the same; `check` says what
            # a purge that was interrupted left.
            with suppress(StoreError):
                store._scrub()
        except BaseException:
            engine.dispose()
            raise
        return store

    @property
    def name(self) -> str:
        """What people call the project."""
        with self._reading() as tx:
            return str(tx.value(tx.select(projects.c.name)))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _check_project(self) -> None:
        with self._reading() as tx:
            names = sorted(tx.execute(sa.select(projects.c.project_id)).scalars())
        if self.project_id not in names:
            raise StoreError(
                f"{self.place} holds no project {self.project_id!r}; it holds "
                f"{', '.join(names) or 'none'}"
            )

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _insert_project(
    engine: sa.Engine, target: Target, project_id: str, name: str, *, is_alone: bool
) -> None:
    with writing(engine, target, queue=_CREATING) as connection:
        there = set(connection.execute(sa.select(projects.c.project_id)).scalars())
        if project_id in there or (is_alone and there):
            known = project_id if project_id in there else min(there)
            raise StoreError(
                f"{target.place} holds a project {known!r} already; open it, or give "
                f"the new one another {'id' if known == project_id else 'place'}"
            )
        connection.execute(
            sa.insert(projects).values(
                project_id=project_id,
                name=name,
                created_at=datetime.now(tz=UTC),
                last_event_id=0,
                last_batch=0,
                last_prediction_run=0,
                last_assignment=0,
                last_audit_batch=0,
                needs_scrub=False,
            )
        )
