"""What people change: labels, reviews, repairs, names, the threshold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.event_log import NewEvent, append, earlier, repeated
from feltline.store.integrity import Places
from feltline.store.log_rules import CHANGES, UNDO
from feltline.store.schema import (
    labels,
    notes,
    persons,
    reviews,
    thresholds,
    to_json,
    track_edits,
)
from feltline.store.values import PersonName, Review, ThresholdSet, TrackEdit
from feltline.types import HumanLabel

__all__ = [
    "Given",
    "edit_track",
    "give_labels",
    "give_review",
    "name_person",
    "note",
    "set_threshold",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A label on its way into the store.

    Attributes:
        label: What was said.
        found_track_id: Found track that it stands on.
        client_id: Name that the browser gave it.
        review: What it answers an estimate with; part of the same event.
        review_found_track_id: Found track that shows the frame of the review, which
            may be another part of a merged face than the label's first frame is in.
    """

    label: HumanLabel
    found_track_id: int
    client_id: str | None = None
    review: Review | None = None
    review_found_track_id: int | None = None


def give_labels(
    connection: sa.Connection, project_id: str, given: Sequence[Given]
) -> list[int]:
    """Write labels that were not written before; an event each."""
    new = [_event_of(one) for one in given]
    known = earlier(connection, project_id, new)
    fresh: list[int] = []
    for i, event in enumerate(new):
        if event.client_id is None:
            fresh.append(i)
        elif event.client_id not in known:
            fresh.append(i)
            known[event.client_id] = 0  # its number follows; one twice in the list
    places = Places(connection, project_id)
    for i in fresh:
        _check_label(places, given[i])
    numbers = append(connection, project_id, [new[i] for i in fresh])
    _insert_labels(
        connection,
        project_id,
        [(number, given[i]) for number, i in zip(numbers, fresh, strict=True)],
    )
    number_of = dict(zip(fresh, numbers, strict=True))
    known |= {new[i].client_id or "": number for i, number in number_of.items()}
    return [
        number_of[i] if event.client_id is None else known[event.client_id]
        for i, event in enumerate(new)
    ]


def _event_of(given: Given) -> NewEvent:
    return NewEvent(
        rater=given.label.rater,
        kind="label",
        client_id=given.client_id,
        video_id=given.label.video_id,
    )


def _check_label(places: Places, given: Given) -> None:
    label, review = given.label, given.review
    places.check(label.video_id, label.last_frame, given.found_track_id)
    if review is None:
        return
    same = (review.video_id, review.track_id, review.rater)
    if same != (label.video_id, label.track_id, label.rater):
        raise StoreError(
            f"a label of {label.rater} for track {label.track_id} of {label.video_id} "
            f"came with a review of {review.rater} for track {review.track_id} of "
            f"{review.video_id}; send them apart"
        )
    _check_review(places, review, _review_found(given))


def _review_found(given: Given) -> int:
    """The found track that a label's review stands on: the label's if none is named."""
    named = given.review_found_track_id
    return given.found_track_id if named is None else named


def _check_review(places: Places, review: Review, found_track_id: int) -> None:
    """Raise unless the found track may show the frame that was reviewed."""
    places.check(review.video_id, review.last_frame, found_track_id)
    places.check_seen(review.video_id, review.frame, found_track_id)


def _insert_labels(
    connection: sa.Connection,
    project_id: str,
    numbered: Sequence[tuple[int, Given]],
) -> None:
    if not numbered:
        return
    rows = [
        {
            "project_id": project_id,
            "event_id": event_id,
            "found_track_id": one.found_track_id,
            **_columns(one.label, labels),
        }
        for event_id, one in numbered
    ]
    connection.execute(sa.insert(labels), rows)
    answers = [
        _review_row(project_id, event_id, one.review, _review_found(one))
        for event_id, one in numbered
        if one.review is not None
    ]
    if answers:
        connection.execute(sa.insert(reviews), answers)


def _review_row(
    project_id: str, event_id: int, review: Review, found_track_id: int
) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "event_id": event_id,
        "found_track_id": found_track_id,
        **_columns(review, reviews),
    }


def _columns(value: object, table: sa.Table) -> dict[str, Any]:
    """The fields of a value that the table has a column for."""
    names = [column.name for column in table.columns]
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def _write(
    connection: sa.Connection,
    project_id: str,
    event: NewEvent,
    table: sa.Table,
    detail: Mapping[str, Any],
) -> int:
    """Write one event and what it says."""
    (number,) = append(connection, project_id, [event])
    row = {"project_id": project_id, "event_id": number, **detail}
    connection.execute(sa.insert(table), row)
    return number


def give_review(
    connection: sa.Connection,
    project_id: str,
    review: Review,
    *,
    found_track_id: int,
    client_id: str | None,
) -> int:
    """Write a review that comes without a label."""
    event = NewEvent(
        rater=review.rater,
        kind="review",
        client_id=client_id,
        video_id=review.video_id,
    )
    known = repeated(connection, project_id, event)
    if known is not None:
        return known
    _check_review(Places(connection, project_id), review, found_track_id)
    detail = {"found_track_id": found_track_id, **_columns(review, reviews)}
    return _write(connection, project_id, event, reviews, detail)


def edit_track(
    connection: sa.Connection,
    project_id: str,
    edit: TrackEdit,
    *,
    rater: str,
    client_id: str | None,
) -> int:
    """Write a repair of a track."""
    event = NewEvent(
        rater=rater, kind="track-edit", client_id=client_id, video_id=edit.video_id
    )
    known = repeated(connection, project_id, event)
    if known is not None:
        return known
    Places(connection, project_id).check_edit(edit)
    detail = _columns(edit, track_edits)
    return _write(connection, project_id, event, track_edits, detail)


def name_person(
    connection: sa.Connection,
    project_id: str,
    person: PersonName,
    *,
    found_track_id: int,
    rater: str,
    client_id: str | None,
) -> int:
    """Write who a track shows."""
    event = NewEvent(
        rater=rater, kind="person", client_id=client_id, video_id=person.video_id
    )
    known = repeated(connection, project_id, event)
    if known is not None:
        return known
    Places(connection, project_id).check(person.video_id, 0, found_track_id)
    detail = {"found_track_id": found_track_id, **_columns(person, persons)}
    return _write(connection, project_id, event, persons, detail)


def set_threshold(
    connection: sa.Connection,
    project_id: str,
    value: float,
    *,
    rater: str,
    client_id: str | None,
) -> int:
    """Write a new threshold."""
    event = NewEvent(rater=rater, kind="threshold", client_id=client_id)
    known = repeated(connection, project_id, event)
    if known is not None:
        return known
    detail = {"value": ThresholdSet(value=value).value}
    return _write(connection, project_id, event, thresholds, detail)


def note(
    connection: sa.Connection,
    project_id: str,
    kind: str,
    *,
    rater: str,
    detail: Mapping[str, Any],
) -> int:
    """Write an audit event; `detail["video_id"]` says which video it is about.

    That video must be there: one that was purged meanwhile is named no more.
    """
    if kind in (*CHANGES, UNDO):
        raise StoreError(f"{kind} is a kind of change; a note needs another kind")
    to_json(detail)  # raises before anything is written
    about = detail.get("video_id")
    if isinstance(about, str):
        Places(connection, project_id).check_frame(about, 0)
    event = NewEvent(
        rater=rater, kind=kind, video_id=about if isinstance(about, str) else None
    )
    return _write(connection, project_id, event, notes, {"detail": dict(detail)})
