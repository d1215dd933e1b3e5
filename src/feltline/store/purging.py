"""Purge a video: remove it, and what was learnt with it, as if it was never added."""

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from feltline.errors import SetupError, StoreError
from feltline.store.db_errors import explaining
from feltline.store.event_log import EventLog, undos, write_note
from feltline.store.models import forget_learnt_with
from feltline.store.records import Mention, Purged
from feltline.store.rows import value_of
from feltline.store.schema import (
    METADATA,
    Columns,
    comparisons,
    events,
    frame_comments,
    judgements,
    notes,
    prediction_runs,
    projects,
    reopenings,
    suggestions,
    track_summaries,
    video_summaries,
)
from feltline.store.transactions import Transaction
from feltline.store.video_rows import video_row

PURGED: Final = "(purged)"
"""What stands where a field named a purged video."""

_NAMING: Final = frozenset(
    ("video_id", "video_ids", "video", "videos", "location", "path", "content_hash")
)
"""Fields of notes and options that name videos."""


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
                program or a full disk kept the file from being cleaned (the next
                opening goes on).
        """
        with self._writing() as tx:
            video = video_row(tx, video_id)
            bases, models, was_in_force = forget_learnt_with(tx, video_id)
            removed = _remove(tx, video_id, models)
            rewritten = _rewrite(tx, video)
            mentions = _mentions(tx, video_id)
            detail: dict[str, Any] = {"removed": removed}
            detail |= {"bases": bases, "models": models}
            # So that a rebuild of before takes no older model for that of then.
            note = detail | {"model_events": was_in_force}
            write_note(tx, "purge", rater, note)
            _mark_scrub(tx, is_due=tx.is_file)
        self._scrub()
        return Purged(**detail, rewritten=rewritten, mentions=mentions)

    def _scrub(self) -> None:
        """Overwrite what a purge deleted, if that is still to be done.

        SQLite writes the file anew and empties the log beside it. The mark that this is
        due stands in the database, so that the next opening goes on where a killed one
        stopped. PostgreSQL does this by itself, when its vacuum comes by.

        Raises:
            StoreError: Another program holds on to an old state of the file, or the
                disk has no room to write it anew.
        """
        with self._reading() as tx:
            if not tx.value(tx.select(projects.c.needs_scrub)):
                return
        try:
            with explaining(self._target):
                self._vacuum()
        except (StoreError, SetupError) as error:
            why = "another program is using it; end that program"
            if isinstance(error, SetupError):
                why = "it cannot be written anew; make room on the disk"
            raise StoreError(
                f"the rows are removed, but the file still holds traces of them, "
                f"because {why} and open the project once: that removes them ({error})"
            ) from error
        with self._writing() as tx:
            _mark_scrub(tx, is_due=False)

    def _vacuum(self) -> None:
        with closing(self._engine.raw_connection()) as held:
            cursor = held.cursor()
            cursor.execute("VACUUM")
            # Waits for readers of an old state as long as for a lock, then gives up.
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            answer = cursor.fetchone()
        if answer is None or answer[0]:
            raise StoreError(f"{self.place} is being read")


def _mark_scrub(tx: Transaction, *, is_due: bool) -> None:
    """Note in the database whether its file has still to be cleaned."""
    tx.execute(tx.update(projects).values(needs_scrub=is_due))


def _remove(tx: Transaction, video_id: str, models: tuple[str, ...]) -> dict[str, int]:
    """Delete the rows, those first that others do not refer to; counts by table.

    Whatever table has a `video_id`, also one that a later version adds, holds rows of
    one video; an event's own columns go with it.
    """
    removed: Counter[str] = Counter()
    of_model = tx.any_of(video_summaries.c.model_id, models)
    summed = tx.select(video_summaries.c.video_id).where(of_model)
    removed["track_summaries"] = tx.delete(
        track_summaries, track_summaries.c.video_id.in_(summed)
    )
    removed["video_summaries"] = tx.delete(video_summaries, of_model)
    removed["suggestions"] = tx.delete(
        suggestions, tx.any_of(suggestions.c.model_id, models)
    )
    with_it = _comparisons_with(tx, video_id)
    for table in (comparisons, events):
        removed[table.name] += tx.delete(table, tx.any_of(table.c.event_id, with_it))
    about = tx.select(events.c.event_id).where(events.c.video_id == video_id)
    for table in reversed(METADATA.sorted_tables):
        if "video_id" in table.c:
            removed[table.name] += tx.delete(table, table.c.video_id == video_id)
        elif "event_id" in table.primary_key.columns:
            removed[table.name] += tx.delete(table, table.c.event_id.in_(about))
    return {name: count for name, count in removed.items() if count}


def _comparisons_with(tx: Transaction, video_id: str) -> set[int]:
    """Comparisons of other videos' faces with one of this video, and their undos."""
    found = tx.select(comparisons.c.event_id, other_video_id=video_id)
    gone = set(tx.values(found))
    # An undo is later than what it names, so one pass finds undos of undos, too.
    for event_id, target in sorted(undos(tx).items()):
        if target in gone:
            gone.add(event_id)
    return gone


def _rewrite(tx: Transaction, video: Columns) -> int:
    """Take the video out of fields that name it; returns how many rows had any."""
    location = video["location"]
    names = {
        video["video_id"],
        location,
        Path(location).name,
        video["content_hash"],
    }
    count = 0
    for table, key, column in (
        (notes, "event_id", "detail"),
        (prediction_runs, "run_id", "options"),
    ):
        for row in tx.rows(tx.select(table)):
            cleaned = _without(row[column], names, names_videos=False)
            if cleaned != row[column]:
                count += 1
                one = tx.update(table, **{key: row[key]})
                tx.execute(one.values({column: cleaned}))
    for row in tx.rows(tx.select(reopenings)):
        # By the id alone: another video may be called as its file is.
        kept = [name for name in row["videos"] if name != video["video_id"]]
        if kept != row["videos"]:
            count += 1
            one = tx.update(reopenings, event_id=row["event_id"])
            tx.execute(one.values(videos=kept))
    return count


def _without(kept: Any, names: set[str], *, names_videos: bool) -> Any:  # noqa: ANN401
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
    name = re.compile(rf"(?<!\w){re.escape(video_id)}(?!\w)", re.IGNORECASE)
    rows: list[Columns] = []
    for table, column in (
        (judgements, judgements.c.comment),
        (frame_comments, frame_comments.c.text),
    ):
        asked = (
            tx.select(table.c.event_id, table.c.video_id, events.c.rater)
            .add_columns(column.label("comment"))
            .join_from(table, events)
            .where(column != "")
        )
        rows += [row for row in tx.rows(asked) if name.search(row["comment"])]
    rows.sort(key=lambda row: row["event_id"])
    return tuple(value_of(Mention, row) for row in rows)
