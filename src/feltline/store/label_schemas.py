"""The label schema of a project: which one is in force, and what fits it."""

from feltline.errors import StoreError
from feltline.store.event_log import EventLog, NewEvent, append_one, latest
from feltline.store.schema import judgements, label_schemas, traces
from feltline.store.transactions import Transaction
from feltline.types import DEFAULT_SCHEMA, Judgement, LabelSchema


class LabelSchemas(EventLog):
    """Which dimensions and classes the project is labelled in, since when."""

    def label_schema(self, at: int | None = None) -> LabelSchema:
        """The schema set last, the default one if none was.

        Args:
            at: As the log stood when this was its last event; None = now.
        """
        with self._reading() as tx:
            return schema_in_force(tx, at)

    def set_label_schema(self, schema: LabelSchema, *, rater: str) -> int:
        """Put a schema in force; returns the event's number.

        Raises:
            StoreError: There are judgements, and the new schema has other dimensions
                or lacks a class of the old one.
        """
        with self._writing() as tx:
            _check_replaceable(tx, schema)
            detail = {"version": schema.version, "schema": schema.to_json()}
            event = NewEvent(rater=rater, kind="label-schema", detail=detail)
            return append_one(tx, event)


def schema_in_force(tx: Transaction, at: int | None = None) -> LabelSchema:
    """The schema set last up to an event, the default one if none was."""
    kept = latest(tx, label_schemas, at)
    return DEFAULT_SCHEMA if kept is None else LabelSchema.from_json(kept["schema"])


def _check_replaceable(tx: Transaction, schema: LabelSchema) -> None:
    """Raise `StoreError` if judgements were given that the schema could not hold."""
    given = [tx.select(t.c.event_id).limit(1) for t in (judgements, traces)]
    if all(tx.value(asked) is None for asked in given):
        return
    old = schema_in_force(tx)
    scales = [[(d.name, d.low, d.high) for d in s.dimensions] for s in (old, schema)]
    if scales[0] != scales[1]:
        raise StoreError(
            f"this project has judgements of {', '.join(old.dimension_names)} already; "
            f"their dimensions and ranges cannot change any more: make a new project"
        )
    lost = sorted(set(old.class_names) - set(schema.class_names))
    if lost:
        raise StoreError(
            f"this project has judgements already, so the class {lost[0]} must stay in "
            f"its label schema; new classes may be added"
        )


def check_judgement(judgement: Judgement, schema: LabelSchema) -> None:
    """Raise `StoreError` unless a judgement fits the label schema."""
    what = f"the judgement of {judgement.rater} on {judgement.video_id}"
    names = schema.dimension_names
    shown = [s.value for s in (judgement.shown, judgement.audited) if s is not None]
    for part in (judgement.value, judgement.touched, *shown):
        if part and len(part) != len(names):
            raise StoreError(
                f"{what} has {len(part)} dimensions, but this project's label schema "
                f"has {len(names)}: {', '.join(names)}"
            )
    for dimension, value in zip(schema.dimensions, judgement.value, strict=False):
        if value is not None and not dimension.low <= value <= dimension.high:
            raise StoreError(
                f"{what} has {dimension.name} {value:g}, but it runs from "
                f"{dimension.low:g} to {dimension.high:g}"
            )
    chosen = judgement.expression
    if chosen is not None and chosen not in schema.class_names:
        raise StoreError(
            f"{what} has the expression {chosen!r}; this project's are "
            f"{', '.join(schema.class_names) or 'none'}"
        )
