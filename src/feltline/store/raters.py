"""Raters of a project, each with a pseudonym: shown where no user is behind it."""

from datetime import UTC, datetime

import sqlalchemy as sa

from feltline.store.event_log import write_note
from feltline.store.team_schema import raters
from feltline.store.transactions import Transaction, Transactions
from feltline.types import Role

__all__ = ["Raters"]


class Raters(Transactions):
    """Pseudonyms of the people in the log; no names of users ever stand here."""

    def pseudonyms(self) -> dict[str, str]:
        """The pseudonyms that were given, by raters."""
        with self._reading() as tx:
            return _pseudonyms(tx)

    def enter_member(
        self, rater_id: str, role: Role, *, former: Role | None, by: str
    ) -> None:
        """Note in the log that a rater became a member, or has another role.

        The rater gets a pseudonym; whose user it is stands in the accounts alone.

        Args:
            rater_id: The member, as it stands in the log.
            role: What it is now.
            former: What it was; None = no member.
            by: Who made it so; empty = feltline itself.

        Raises:
            StoreError: The database cannot be written.
        """
        detail = {"rater_id": rater_id, "role": role}
        with self._writing() as tx:
            _give_pseudonym(tx, rater_id)
            if former is None:
                write_note(tx, "member-added", by, detail)
            elif former != role:
                write_note(tx, "member-changed", by, detail)

    def leave_member(self, rater_id: str, *, by: str) -> None:
        """Note in the log that a rater is no member any more.

        Args:
            rater_id: As it stands in the log.
            by: Who made it so; empty = feltline itself.

        Raises:
            StoreError: The database cannot be written.
        """
        with self._writing() as tx:
            write_note(tx, "member-removed", by, {"rater_id": rater_id})


def _give_pseudonym(tx: Transaction, rater_id: str) -> None:
    """Give a rater a pseudonym, "Rater 3" and the like, once."""
    there = _pseudonyms(tx)
    if rater_id not in there:
        pseudonym, now = f"Rater {len(there) + 1}", datetime.now(tz=UTC)
        made = {"rater_id": rater_id, "pseudonym": pseudonym, "kind": "human"}
        tx.insert(raters, [{**made, "added_at": now}])


def _pseudonyms(tx: Transaction) -> dict[str, str]:
    rows = tx.rows(sa.select(raters).where(raters.c.project_id == tx.project_id))
    return {row["rater_id"]: row["pseudonym"] for row in rows}
