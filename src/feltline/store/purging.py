"""Purge a video: remove it, and what was learnt with it, as if it was never added."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.db_errors import explaining
from feltline.store.event_log import EventLog, write_note
from feltline.store.models import forget_learnt_with
from feltline.store.records import Mention, Purged
from feltline.store.rows import value_of
from feltline.store.schema import (
    DETAILS,
    Columns,
    basis_videos,
    events,
    imported_predictions,
    judgements,
    legacy_arrays,
    notes,
    prediction_runs,
    projects,
    suggestions,
    track_summaries,
    tracks,
    video_summaries,
    videos,
)
from feltline.store.transactions import Transaction
from feltline.store.video_rows import video_row

PURGED: Final = "(purged)"
"""What stands where a field named a purged video."""

_NAMING: Final = frozenset(
    ("video_id", "video_ids", "video", "videos", "location", "path", "content_hash")
)
"""Fields of notes and options that name videos."""


_OF_VIDEOS: Final = (
    events,
    imported_predictions,
    suggestions,
    basis_videos,
    track_summaries,
    video_summaries,
    tracks,
    legacy_arrays,
    videos,
)
"""Tables of which rows are about one video, those first that others do not refer to."""


class Purging(EventLog):
    """Removal without a trace, and what it cannot decide by itself."""

    def purge_video(self, video_id: str, *, rater: str = "") -> Purged:
        """Remove a video with all that was found in it, judged on it or learnt with it.

        Fields of notes that name it become `PURGED`. Comments are people's words and
        stay as they are: where its name occurs in them is reported. The log keeps one
        event `purge`, which says what went, not of which video. On SQLite no byte of
        the rows stays in the file or beside it. What PostgreSQL deleted it overwrites
        when its vacuum comes by; backups are yours to clean.

        Raises:
            StoreError: There is no such video; or its rows are gone, but another
                program kept the file from being cleaned (the next opening goes on).
        """
        with self._writing() as tx:
            video = video_row(tx, video_id)
            bases, models = forget_learnt_with(tx, video_id)
            rewritten = _rewrite(tx, video)
            removed = _remove(tx, video_id, models)
            mentions = _mentions(tx, video_id)
            detail: dict[str, Any] = {"removed": removed}
            detail |= {"bases": bases, "models": models}
            write_note(tx, "purge", rater, detail)
            is_file = self._target.path is not None
            tx.execute(_scrubbing(tx, due=is_file))
        self._scrub()
        return Purged(**detail, rewritten=rewritten, mentions=mentions)

    def _scrub(self) -> None:
        """Overwrite what a purge deleted, if that is still to be done.

        SQLite writes the file anew and empties the log beside it. The mark that this is
        due stands in the database, so that the next opening goes on where a killed one
        stopped. PostgreSQL does this by itself, when its vacuum comes by.

        Raises:
            StoreError: Another program holds on to an old state of the file.
        """
        with self._reading() as tx:
            if not tx.value(tx.select(projects.c.needs_scrub)):
                return
        try:
            with explaining(self._target):
                self._vacuum()
        except StoreError as error:
            raise StoreError(
                f"the rows are removed, but the file still holds traces of them, "
                f"because another program is using it; end that program and open the "
                f"project once: that removes them ({error})"
            ) from error
        with self._writing() as tx:
            tx.execute(_scrubbing(tx, due=False))

    def _vacuum(self) -> None:
        held = self._engine.raw_connection()
        try:
            cursor = held.cursor()
            cursor.execute("VACUUM")
            # Waits for readers of an old state as long as for a lock, then gives up.
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            answer = cursor.fetchone()
        finally:
            held.close()
        if answer is None or answer[0]:
            raise StoreError(f"{self.place} is being read")


def _scrubbing(tx: Transaction, *, due: bool) -> sa.Update:
    """Mark whether the file has still to be cleaned."""
    return sa.update(projects).where(tx.of(projects)).values(needs_scrub=due)


def _remove(tx: Transaction, video_id: str, models: tuple[str, ...]) -> dict[str, int]:
    """Delete the rows, those first that others do not refer to; counts by table."""
    removed: Counter[str] = Counter()
    of_model = tx.any_of(video_summaries.c.model_id, models)
    summed = tx.select(video_summaries.c.video_id).where(of_model)
    about = tx.select(events.c.event_id).where(events.c.video_id == video_id)
    for table, where in (
        (track_summaries, track_summaries.c.video_id.in_(summed)),
        (video_summaries, of_model),
        (suggestions, tx.any_of(suggestions.c.model_id, models)),
        *((table, table.c.event_id.in_(about)) for table in (*DETAILS.values(), notes)),
        *((table, table.c.video_id == video_id) for table in _OF_VIDEOS),
    ):
        removed[table.name] += tx.delete(table, where)
    return {name: count for name, count in removed.items() if count}


def _rewrite(tx: Transaction, video: Columns) -> int:
    """Take the video out of fields that name it; returns how many rows had any."""
    video_id, location = video["video_id"], video["location"]
    names = {video_id, location, Path(location).name, video["content_hash"]}
    about = tx.select(events.c.event_id).where(events.c.video_id == video_id)
    count = 0
    for table, key, column, of_others in (
        (notes, "event_id", "detail", notes.c.event_id.not_in(about)),
        (prediction_runs, "run_id", "options", sa.true()),
    ):
        asked = tx.select(table.c[key], table.c[column]).where(of_others)
        for row in tx.rows(asked):
            number, kept = row[key], row[column]
            cleaned = _without(kept, names, names_videos=False)
            if cleaned != kept:
                count += 1
                tx.execute(
                    sa.update(table)
                    .where(tx.of(table, table.c[key] == number))
                    .values({column: cleaned})
                )
    return count


def _without(
    kept: Any,  # noqa: ANN401 - any JSON
    names: set[str],
    *,
    names_videos: bool,
) -> Any:  # noqa: ANN401
    """The same JSON with `PURGED` for the names, in fields that name videos only."""
    if isinstance(kept, str):
        return PURGED if names_videos and kept in names else kept
    if isinstance(kept, list):
        return [_without(one, names, names_videos=names_videos) for one in kept]
    if isinstance(kept, Mapping):
        return {
            PURGED if names_videos and key in names else key: _without(
                one, names, names_videos=names_videos or key in _NAMING
            )
            for key, one in kept.items()
        }
    return kept


def _mentions(tx: Transaction, video_id: str) -> tuple[Mention, ...]:
    """Comments in which the name stands as a whole word; all are on other videos."""
    said = judgements.c
    asked = (
        tx.select(said.event_id, said.video_id, said.comment, events.c.rater)
        .join_from(judgements, events)
        .where(said.comment != "")
        .order_by(said.event_id)
    )
    name = re.compile(rf"(?<!\w){re.escape(video_id)}(?!\w)", re.IGNORECASE)
    rows = [row for row in tx.rows(asked) if name.search(row["comment"])]
    return tuple(value_of(Mention, row) for row in rows)
