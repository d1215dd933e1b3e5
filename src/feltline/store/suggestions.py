"""Lists of suggested frames; the one saved last is the one that is read."""

from collections.abc import Sequence

from feltline.store.event_log import EventLog
from feltline.store.integrity import References
from feltline.store.records import Suggested
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import projects, suggestions


class Suggestions(EventLog):
    """Frames that are worth a label."""

    def save_suggestions(self, suggested: Sequence[Suggested]) -> int:
        """Keep a list in place of the last; returns the number of its batch.

        Raises:
            StoreError: There is no such video or frame.
        """
        with self._writing() as tx:
            batch = tx.next_number("last_batch")
            references = References(tx)
            references.look_up(one.video_id for one in suggested)
            for one in suggested:
                references.check_frame(one.video_id, one.frame)
            rows = [columns_of(one, suggestions) for one in suggested]
            tx.insert(
                suggestions,
                [row | {"position": i, "batch": batch} for i, row in enumerate(rows)],
            )
        return batch

    def suggestions(self) -> list[Suggested]:
        """The list that was saved last, by rank."""
        with self._reading() as tx:
            latest = tx.select(projects.c.last_batch).scalar_subquery()
            asked = tx.select(suggestions).where(suggestions.c.batch == latest)
            rows = tx.rows(asked.order_by(suggestions.c.rank, suggestions.c.position))
        return [value_of(Suggested, row) for row in rows]
