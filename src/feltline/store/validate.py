"""Look for what should not be in a database."""

from collections.abc import Iterator

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.arrays import unpack
from feltline.store.log_rules import UNDO
from feltline.store.schema import (
    DETAILS,
    estimates,
    events,
    labels,
    persons,
    projects,
    reviews,
    runs,
    thresholds,
    track_edits,
    tracks,
    video_arrays,
)
from feltline.store.session import Project

__all__ = ["problems"]

_TABLE_OF_KIND = {
    "label": labels,
    "review": reviews,
    "track-edit": track_edits,
    "person": persons,
    "threshold": thresholds,
}
_BLOBS = (
    (video_arrays, ("video_id",)),
    (tracks, ("video_id", "track_id")),
    (estimates, ("run_id", "video_id", "track_id")),
)


def problems(project: Project) -> list[str]:
    """What is wrong with a project's database, a sentence each; empty if nothing is."""
    found: list[str] = []
    for look in (_of_file, _of_log, _of_project, _of_arrays):
        try:
            with project.reading() as connection:
                found += look(connection, project.project_id)
        except StoreError as error:
            found.append(str(error))
    return found


def _of_file(connection: sa.Connection, project_id: str) -> Iterator[str]:
    """Faults that SQLite finds by itself; PostgreSQL never lets rows go astray."""
    del project_id
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.exec_driver_sql("PRAGMA integrity_check"):
        if said != "ok":
            yield f"the file is damaged: {said}"
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is missing"


def _of_log(connection: sa.Connection, project_id: str) -> Iterator[str]:
    """Events that say nothing, and words that no event says."""
    mine = events.c.project_id == project_id
    for kind, table in _TABLE_OF_KIND.items():
        has_words = sa.select(table.c.event_id).where(table.c.project_id == project_id)
        silent = sa.select(events.c.event_id).where(
            mine, events.c.kind == kind, events.c.event_id.not_in(has_words)
        )
        for number in connection.execute(silent).scalars():
            yield f"event {number} is a {kind}, but {table.name} lacks what it says"
    for table in DETAILS:
        all_events = sa.select(events.c.event_id).where(mine)
        orphans = sa.select(table.c.event_id).where(
            table.c.project_id == project_id, table.c.event_id.not_in(all_events)
        )
        for number in connection.execute(orphans).scalars():
            yield f"{table.name} holds words of event {number}, which is missing"
    odd = sa.select(events.c.event_id).where(
        mine,
        sa.or_(
            sa.and_(events.c.kind == UNDO, events.c.undoes.is_(None)),
            events.c.undoes >= events.c.event_id,
        ),
    )
    for number in connection.execute(odd).scalars():
        yield f"event {number} is an undo, but names no earlier event"


def _of_project(connection: sa.Connection, project_id: str) -> Iterator[str]:
    row = connection.execute(
        sa.select(projects).where(projects.c.project_id == project_id)
    ).one()
    last = connection.execute(
        sa.select(sa.func.max(events.c.event_id)).where(
            events.c.project_id == project_id
        )
    ).scalar()
    if (last or 0) > row.last_event_id:
        yield f"the log reaches to event {last}, but its end is at {row.last_event_id}"
    if row.needs_scrub:
        yield "a removed video may have left bytes in the file; open the project again"
    unfinished = sa.select(runs.c.run_id).where(
        runs.c.project_id == project_id, sa.not_(runs.c.is_complete)
    )
    for run_id in connection.execute(unfinished).scalars():
        yield f"run {run_id} was killed before its end; make it again"


def _of_arrays(connection: sa.Connection, project_id: str) -> Iterator[str]:
    """Arrays that cannot be read; one at a time, for there may be very many."""
    for table, key in _BLOBS:
        columns = [table.c[name] for name in key]
        asked = sa.select(*columns).where(table.c.project_id == project_id)
        for row in connection.execute(asked).all():
            where = [
                column == value for column, value in zip(columns, row, strict=True)
            ]
            one = sa.select(table.c.arrays).where(
                table.c.project_id == project_id, *where
            )
            what = ", ".join(f"{k} {v}" for k, v in zip(key, row, strict=True))
            for blob in connection.execute(one).scalars():  # none, if it was purged
                try:
                    unpack(blob, f"{table.name} ({what})")
                except StoreError as error:
                    yield str(error)
