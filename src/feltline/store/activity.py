"""Seconds that raters worked, measured by the server and summed up by day."""

from datetime import UTC, datetime

import sqlalchemy as sa

from feltline.store.event_log import EventLog
from feltline.store.team_schema import activity


class Activity(EventLog):
    """How long each rater worked on each day."""

    def add_activity(self, rater_id: str, seconds: float, at: datetime) -> None:
        """Add to the seconds of a rater on the day of a time.

        Added in the database, so that of two servers none takes away what the other
        counted.
        """
        day = at.astimezone(UTC).toordinal() - datetime(1970, 1, 1).toordinal()
        with self._writing() as tx:
            own = tx.update(activity, rater_id=rater_id, day=day)
            total = activity.c.active_s + seconds
            if not tx.execute(own.values(active_s=total, last_at=at)).rowcount:
                row = {"rater_id": rater_id, "day": day}
                row |= {"active_s": seconds, "last_at": at}
                tx.insert(activity, [row])

    def active_seconds_by_rater(self) -> dict[str, float]:
        """Seconds that each rater worked in all."""
        columns = activity.c
        with self._reading() as tx:
            asked = tx.select(columns.rater_id).add_columns(
                sa.func.sum(columns.active_s).label("active_s")
            )
            rows = tx.rows(asked.group_by(columns.rater_id))
            return {row["rater_id"]: float(row["active_s"]) for row in rows}
