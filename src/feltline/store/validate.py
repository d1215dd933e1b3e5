"""Consistency checks of a whole database: its file, log, references and blobs."""

from collections.abc import Callable, Iterator
from typing import Final

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.event_log import EventLog
from feltline.store.log_rules import CHANGES, UNDO
from feltline.store.rows import unpack
from feltline.store.schema import (
    DETAILS,
    bases,
    events,
    imported_predictions,
    legacy_arrays,
    models,
    notes,
    projects,
    traces,
)
from feltline.store.transactions import Transaction

_BLOBS: Final = (
    (legacy_arrays, ("video_id", "track_id")),
    (imported_predictions, ("run_id", "video_id", "track_id")),
    (bases, ("basis_id",)),
    (models, ("model_id",)),
    (traces, ("event_id",)),
)


class Validation(EventLog):
    """Looks for what should not be in a database."""

    def check(self) -> list[str]:
        """What is wrong with the database, a sentence each; empty if nothing is."""
        found: list[str] = []
        checks: tuple[Callable[[Transaction], Iterator[str]], ...] = (
            _of_file,
            _of_log,
            _of_project,
            _of_arrays,
        )
        for check in checks:
            try:
                with self._reading() as tx:
                    found += check(tx)
            except StoreError as error:
                found.append(str(error))
        return found


def _of_file(tx: Transaction) -> Iterator[str]:
    """Faults that SQLite finds by itself; PostgreSQL never lets rows go astray."""
    if tx.connection.dialect.name != "sqlite":
        return
    for (answer,) in tx.connection.exec_driver_sql("PRAGMA integrity_check"):
        if answer != "ok":
            yield f"the file is damaged: {answer}"
    for row in tx.connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is missing"


def _of_log(tx: Transaction) -> Iterator[str]:
    """Changes without their columns, columns without an event, undos of nothing."""
    number_of_event = tx.select(events.c.event_id)
    for kind in (*CHANGES, "label-schema"):
        table = DETAILS[kind]
        bare = number_of_event.where(
            events.c.kind == kind, events.c.event_id.not_in(tx.select(table.c.event_id))
        )
        for number in tx.values(bare):
            yield f"event {number} is a {kind}, but {table.name} lacks its row"
    for table in (*DETAILS.values(), notes):
        orphans = tx.select(table.c.event_id).where(
            table.c.event_id.not_in(number_of_event)
        )
        for number in tx.values(orphans):
            yield f"{table.name} holds a row of event {number}, which is missing"
    odd = number_of_event.where(
        sa.or_(
            sa.and_(events.c.kind == UNDO, events.c.undoes.is_(None)),
            events.c.undoes >= events.c.event_id,
        )
    )
    for number in tx.values(odd):
        yield f"event {number} is an undo, but names no earlier event"


def _of_project(tx: Transaction) -> Iterator[str]:
    row = tx.execute(tx.select(projects)).one()
    numbers = tx.select(events.c.event_id).order_by(events.c.event_id.desc())
    last = tx.value(numbers.limit(1))
    if (last or 0) > row.last_event_id:
        yield f"the log reaches to event {last}, but its end is at {row.last_event_id}"
    if row.needs_scrub:
        yield "a removed video may have left bytes in the file; open the project again"


def _of_arrays(tx: Transaction) -> Iterator[str]:
    """Arrays that cannot be read; one at a time, for there may be very many."""
    for table, key in _BLOBS:
        for row in tx.rows(tx.select(*(table.c[name] for name in key))):
            what = ", ".join(f"{name} {row[name]}" for name in key)
            for blob in tx.values(
                tx.select(table.c.arrays, **row)
            ):  # none, if it was purged
                try:
                    unpack(blob, f"{table.name} ({what})")
                except StoreError as error:
                    yield str(error)
