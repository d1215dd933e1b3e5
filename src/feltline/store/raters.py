"""Raters of a project, each with a pseudonym: shown where no user is behind it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from feltline.store.team_schema import raters
from feltline.store.transactions import Transaction, Transactions

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
                there = _pseudonyms(tx)
                new = [one for one in wanted if one not in there]
                given = zip(new, range(len(there) + 1, 2**31), strict=False)
                made = {rater_id: f"Rater {number}" for rater_id, number in given}
                now = datetime.now(tz=UTC)
                tx.insert(
                    raters,
                    (
                        {
                            "rater_id": rater_id,
                            "pseudonym": pseudonym,
                            "kind": "human",
                            "added_at": now,
                        }
                        for rater_id, pseudonym in made.items()
                    ),
                )
                there |= made
        return {one: there[one] for one in wanted}


def _pseudonyms(tx: Transaction) -> dict[str, str]:
    rows = tx.rows(sa.select(raters).where(raters.c.project_id == tx.project_id))
    return {row["rater_id"]: row["pseudonym"] for row in rows}
