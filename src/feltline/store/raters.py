"""Raters of a project, each with a pseudonym: shown where no user is behind it."""

from collections.abc import Iterable, Mapping
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

    def give_pseudonyms(self, rater_ids: Iterable[str]) -> Mapping[str, str]:
        """The pseudonyms of raters, "Rater 3" and the like; each is given once.

        Args:
            rater_ids: As they stand in the log.

        Raises:
            StoreError: The database cannot be written.
        """
        wanted = list(dict.fromkeys(rater_ids))
        there = self.pseudonyms()
        if not set(wanted) <= there.keys():
            with self._writing() as tx:
                there = _give(tx, wanted)
        return {one: there[one] for one in wanted}

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
            _give(tx, [rater_id])
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


def _give(tx: Transaction, wanted: Iterable[str]) -> dict[str, str]:
    """All pseudonyms, once each of these raters has one."""
    there = _pseudonyms(tx)
    new = [one for one in wanted if one not in there]
    given = zip(new, range(len(there) + 1, 2**31), strict=False)
    made = {rater_id: f"Rater {number}" for rater_id, number in given}
    now = datetime.now(tz=UTC)
    tx.insert(
        raters,
        (
            {"rater_id": r, "pseudonym": name, "kind": "human", "added_at": now}
            for r, name in made.items()
        ),
    )
    return there | made


def _pseudonyms(tx: Transaction) -> dict[str, str]:
    rows = tx.rows(sa.select(raters).where(raters.c.project_id == tx.project_id))
    return {row["rater_id"]: row["pseudonym"] for row in rows}
