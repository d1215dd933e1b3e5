"""The one way in and out of a project's database."""

from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.connect import WRITING, Target, engine_of, target_of
from feltline.store.db_errors import explaining
from feltline.store.purging import scrub
from feltline.store.schema import projects
from feltline.store.session import Project
from feltline.store.upgrade import upgrade
from feltline.store.writing import Writing

__all__ = ["Store"]


class Store(Writing):
    """A project's database: what was found, said and calculated, and when.

    Several threads, and several programs, may use one project at a time.
    """

    @classmethod
    def create(cls, url: str, *, project_id: str, name: str) -> "Store":
        """Make a project, and its tables if the database has none yet.

        Args:
            url: `sqlite:///PATH` or `postgresql://USER@HOST/NAME`.
            project_id: Key of the project within the database.
            name: What people call it.

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
            _insert_project(engine, target, project_id, name)
        except BaseException:
            engine.dispose()
            raise
        return cls(Project(project_id=project_id, target=target, engine=engine))

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
            project = Project(project_id=project_id, target=target, engine=engine)
            _check_project(project)
            _finish_purge(project)
        except BaseException:
            engine.dispose()
            raise
        return cls(project)

    @property
    def name(self) -> str:
        """What people call the project."""
        with self._project.reading() as connection:
            asked = sa.select(projects.c.name).where(
                projects.c.project_id == self.project_id
            )
            return str(connection.execute(asked).scalar_one())

    def close(self) -> None:
        """Close all connections."""
        self._project.engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()


def _insert_project(
    engine: sa.Engine, target: Target, project_id: str, name: str
) -> None:
    with (
        explaining(target),
        engine.connect().execution_options(**{WRITING: True}) as connection,
        connection.begin(),
    ):
        asked = sa.select(projects.c.name).where(projects.c.project_id == project_id)
        if connection.execute(asked).first() is not None:
            raise StoreError(
                f"{target.place} holds a project {project_id!r} already; open it, or "
                f"give the new one another id"
            )
        connection.execute(
            sa.insert(projects),
            {
                "project_id": project_id,
                "name": name,
                "created_at": datetime.now(tz=UTC),
                "last_event_id": 0,
                "last_batch": 0,
                "last_run": 0,
                "needs_scrub": False,
            },
        )


def _finish_purge(project: Project) -> None:
    """Clean up after a purge that was interrupted, if nobody else is in the way.

    While others use the project it must open all the same; `check` says what is left.
    """
    with suppress(StoreError):
        scrub(project)


def _check_project(project: Project) -> None:
    with project.reading() as connection:
        names = sorted(connection.execute(sa.select(projects.c.project_id)).scalars())
    if project.project_id not in names:
        raise StoreError(
            f"{project.target.place} holds no project {project.project_id!r}; it holds "
            f"{', '.join(names) or 'none'}"
        )
