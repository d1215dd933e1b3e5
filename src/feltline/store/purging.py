"""Remove a video as if it had never been added."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.changes import note
from feltline.store.db_errors import explaining
from feltline.store.integrity import no_such_video
from feltline.store.schema import (
    DETAILS,
    estimates,
    events,
    labels,
    notes,
    projects,
    reviews,
    runs,
    suggestions,
    tracks,
    video_arrays,
    videos,
)
from feltline.store.session import Project
from feltline.store.video_rows import find_video

__all__ = ["PURGED", "purge_video", "scrub"]

PURGED: Final = "(purged)"
"""What stands where a removed video was named."""


def purge_video(project: Project, video_id: str, *, rater: str) -> dict[str, int]:
    """Remove a video with all that was found in it, estimated or said of it.

    What other rows say keeps its place, but the name, place and hash of the video in
    notes, comments and options of runs become `PURGED`.

    Returns:
        How many rows went, by table; `rewritten` counts those that named the video.

    Raises:
        StoreError: There is no such video; or its rows are gone, but another program
            kept the file from being cleaned of their bytes.
    """
    with project.writing() as connection:
        if find_video(connection, project.project_id, video_id) is None:
            raise no_such_video(video_id)
        rewritten = _rewrite(connection, project.project_id, video_id)
        removed = _remove(connection, project.project_id, video_id)
        counts = {**removed, "rewritten": rewritten}
        note(
            connection,
            project.project_id,
            "purge",
            rater=rater,
            detail={"removed": counts},
        )
        connection.execute(
            sa.update(projects)
            .where(projects.c.project_id == project.project_id)
            .values(needs_scrub=project.target.path is not None)
        )
    scrub(project)
    return counts


def _remove(
    connection: sa.Connection, project_id: str, video_id: str
) -> dict[str, int]:
    """Delete the rows, those first that others do not refer to."""
    about = sa.select(events.c.event_id).where(
        events.c.project_id == project_id, events.c.video_id == video_id
    )
    removed = {
        table.name: _deleted(connection, project_id, table, table.c.event_id.in_(about))
        for table in DETAILS
    }
    for table in (
        events,
        estimates,
        suggestions,
        tracks,
        video_arrays,
        videos,
    ):
        where = table.c.video_id == video_id
        removed[table.name] = _deleted(connection, project_id, table, where)
    return removed


def _deleted(
    connection: sa.Connection,
    project_id: str,
    table: sa.Table,
    where: sa.ColumnElement[bool],
) -> int:
    mine = sa.delete(table).where(table.c.project_id == project_id, where)
    return connection.execute(mine).rowcount


def _rewrite(connection: sa.Connection, project_id: str, video_id: str) -> int:
    """Take the video's name out of what other rows say; returns how many did."""
    row = connection.execute(
        sa.select(videos.c.location, videos.c.content_hash).where(
            videos.c.project_id == project_id, videos.c.video_id == video_id
        )
    ).one()
    others = connection.execute(
        sa.select(videos.c.video_id).where(
            videos.c.project_id == project_id, videos.c.video_id != video_id
        )
    ).scalars()
    name = _Name(
        [video_id, row.location, Path(row.location).name, row.content_hash],
        frozenset(others),
    )
    about = sa.select(events.c.event_id).where(
        events.c.project_id == project_id, events.c.video_id == video_id
    )
    count = 0
    for table, column, key in (
        (notes, "detail", "event_id"),
        (labels, "comment", "event_id"),
        (reviews, "comment", "event_id"),
        (runs, "options", "run_id"),
    ):
        asked = sa.select(table.c[key], table.c[column]).where(
            table.c.project_id == project_id
        )
        if key == "event_id":
            asked = asked.where(table.c.event_id.not_in(about))
        if column == "comment":
            asked = asked.where(table.c.comment != "")
        for number, said in connection.execute(asked).all():
            cleaned = name.taken_from(said)
            if cleaned != said:
                count += 1
                connection.execute(
                    sa.update(table)
                    .where(table.c.project_id == project_id, table.c[key] == number)
                    .values({column: cleaned})
                )
    return count


class _Name:
    """The names of a video, and how to take them out of what was said."""

    def __init__(self, names: Sequence[str], others: frozenset[str]) -> None:
        longest_first = sorted({n for n in names if n}, key=len, reverse=True)
        either = "|".join(re.escape(name) for name in longest_first)
        # As a whole word: a video named "a" is not in every sentence.
        self._pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)")
        self._others = others

    def taken_from(self, said: Any) -> Any:  # noqa: ANN401 - any JSON
        """The same with `PURGED` in place of the names."""
        if isinstance(said, str):
            if said in self._others:
                return said
            return self._pattern.sub(PURGED, said)
        if isinstance(said, list):
            return [self.taken_from(one) for one in said]
        if isinstance(said, dict):
            return {self.taken_from(k): self.taken_from(v) for k, v in said.items()}
        return said


def scrub(project: Project) -> None:
    """Overwrite what a purge deleted, if that is still to be done.

    SQLite writes the file anew and empties the log beside it. The mark that this is due
    stands in the database, so that the next opening goes on where a killed one stopped.
    PostgreSQL does this by itself, when its vacuum comes by.

    Raises:
        StoreError: Another program holds on to an old state of the file.
    """
    mine = projects.c.project_id == project.project_id
    with project.reading() as connection:
        asked = sa.select(projects.c.needs_scrub).where(mine)
        if not connection.execute(asked).scalar():
            return
    try:
        with explaining(project.target):
            _vacuum(project)
    except StoreError as error:
        raise StoreError(
            f"the rows are removed, but the file still holds traces of them, because "
            f"another program is using it; end that program and open the project once: "
            f"that removes them ({error})"
        ) from error
    with project.writing() as connection:
        connection.execute(sa.update(projects).where(mine).values(needs_scrub=False))


def _vacuum(project: Project) -> None:
    held = project.engine.raw_connection()
    try:
        cursor = held.cursor()
        cursor.execute("VACUUM")
        # Waits for readers of an old state as long as for a lock, then gives up.
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        answer = cursor.fetchone()
    finally:
        held.close()
    if answer is None or answer[0]:
        raise StoreError(f"{project.target.place} is being read")
