"""Lists of suggested frames; the one saved last is the one that is read."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

import sqlalchemy as sa

from feltline.store.event_log import EventLog
from feltline.store.integrity import References
from feltline.store.schema import projects, suggestions
from feltline.store.values import Suggested

__all__ = ["Suggestions"]

_SUGGESTED: Final = tuple(f.name for f in fields(Suggested))


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
            tx.insert(
                suggestions,
                [
                    {
                        "position": position,
                        **{name: getattr(one, name) for name in _SUGGESTED},
                        "batch": batch,
                    }
                    for position, one in enumerate(suggested)
                ],
            )
        return batch

    def suggestions(self) -> list[Suggested]:
        """The list that was saved last, by rank."""
        with self._reading() as tx:
            latest = sa.select(projects.c.last_batch).where(tx.of(projects))
            asked = (
                sa.select(suggestions)
                .where(
                    tx.of(suggestions, suggestions.c.batch == latest.scalar_subquery())
                )
                .order_by(suggestions.c.rank, suggestions.c.position)
            )
            rows = tx.execute(asked).mappings().all()
        plain: list[dict[str, Any]] = [{n: row[n] for n in _SUGGESTED} for row in rows]
        return [Suggested(**one) for one in plain]
