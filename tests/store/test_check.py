import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.store.making import (
    basis,
    decision,
    give,
    hash_of,
    judgement,
    model,
    prediction,
    record,
    run,
    track,
)

from feltline.store import Store
from feltline.store.schema import (
    events,
    imported_predictions,
    judgements,
    label_schemas,
    models,
    projects,
)
from feltline.types import DEFAULT_SCHEMA


@pytest.fixture
def sound(store):
    give(store, judgement())
    give(store, decision())
    store.undo(rater="me")
    store.set_threshold(0.7, rater="me")
    store.note("export", rater="", detail={})
    store.save_prediction_run(run(), {("a.mp4", 0): prediction()})
    store.save_basis(basis(), videos=["a.mp4"])
    store.save_model(model())
    assert store.check() == []
    return store


def damage(store, *statements):
    with store._writing() as tx:
        for statement in statements:
            tx.execute(statement)


def test_an_event_that_says_nothing_is_found(sound):
    damage(sound, sa.delete(judgements))
    assert sound.check() == [
        "event 1 is a judgement, but judgements lacks its row",
        "event 2 is a judgement, but judgements lacks its row",
    ]


def test_a_label_schema_that_is_lost_is_found(sound):
    """The default one would stand in for it, and nobody would know."""
    sound.set_label_schema(DEFAULT_SCHEMA, rater="lead")
    damage(sound, sa.delete(label_schemas))
    assert sound.check() == [
        "event 7 is a label-schema, but label_schemas lacks its row"
    ]


def test_an_undo_of_nothing_is_found(sound):
    damage(sound, sa.update(events).where(events.c.kind == "undo").values(undoes=None))
    assert sound.check() == ["event 3 is an undo, but names no earlier event"]


def test_a_log_that_goes_on_after_its_end_is_found(sound):
    damage(sound, sa.update(projects).values(last_event_id=2))
    assert sound.check() == ["the log reaches to event 6, but its end is at 2"]


def test_arrays_that_cannot_be_read_are_found(sound):
    damage(
        sound,
        sa.update(models).values(arrays=b"nothing"),
        sa.update(imported_predictions).values(arrays=b"nothing"),
    )
    said = sound.check()
    assert len(said) == 2
    where = "imported_predictions (run_id r1, video_id a.mp4, track_id 0)"
    assert f"arrays of {where}" in said[0]
    assert "arrays of models (model_id m1)" in said[1]


def test_rows_that_went_astray_are_found(file_url):
    with Store.create(file_url, project_id="p", name="") as store:
        store.add_video(record(), [track()])
        give(store, judgement())
        path = Path(file_url.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(path)) as other:  # heeds no foreign keys
            other.execute("DELETE FROM events")
            other.commit()
        assert store.check() == [
            "row 1 of judgements refers to a row of events that is missing",
            "judgements holds a row of event 1, which is missing",
        ]


def test_a_damaged_file_is_found(file_url):
    path = Path(file_url.removeprefix("sqlite:///"))
    with Store.create(file_url, project_id="p", name="") as store:
        store.add_video(record(), [track(n=100)])
    with closing(sqlite3.connect(path)) as other:
        (page,) = other.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'tracks'"
        ).fetchone()
    whole = bytearray(path.read_bytes())
    whole[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(whole)
    with Store.open(file_url, project_id="p") as store:
        said = store.check()
    assert any(f"{path} is damaged; stop using it" in one for one in said)


def test_an_index_that_contradicts_its_table_is_found(file_url):
    path = Path(file_url.removeprefix("sqlite:///"))
    with Store.create(file_url, project_id="p", name="") as store:
        store.add_video(record(), [])
    whole = path.read_bytes()
    content = hash_of("a.mp4").encode()
    assert whole.count(content) == 2  # in the table and in its index
    path.write_bytes(whole.replace(content, content[::-1], 1))
    with Store.open(file_url, project_id="p") as store:
        said = store.check()
    assert said
    assert all(one.startswith("the file is damaged: ") for one in said)
