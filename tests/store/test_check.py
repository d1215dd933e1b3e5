import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.store.making import estimate, label, record, review, run, track

from feltline.store import Store
from feltline.store.schema import estimates, events, labels, projects, tracks


@pytest.fixture
def sound(store):
    store.give_label(label(), found_track_id=0, review=review())
    store.give_review(review(), found_track_id=0)
    store.undo(rater="me")
    store.set_threshold(0.7, rater="me")
    store.note("export", rater="", detail={})
    store.save_run(run(), {("a.mp4", 0): estimate()})
    assert store.check() == []
    return store


def damage(store, *statements):
    with store._project.writing() as connection:
        for statement in statements:
            connection.execute(statement)


def test_an_event_that_says_nothing_is_found(sound):
    damage(sound, sa.delete(labels))
    assert sound.check() == ["event 1 is a label, but labels lacks what it says"]


def test_an_undo_of_nothing_is_found(sound):
    damage(sound, sa.update(events).where(events.c.kind == "undo").values(undoes=None))
    assert sound.check() == ["event 3 is an undo, but names no earlier event"]


def test_a_log_that_goes_on_after_its_end_is_found(sound):
    damage(sound, sa.update(projects).values(last_event_id=2))
    assert sound.check() == ["the log reaches to event 5, but its end is at 2"]


def test_arrays_that_cannot_be_read_are_found(sound):
    one = tracks.c.video_id == "b.mp4"
    damage(
        sound,
        sa.update(tracks).where(one).values(arrays=b"nothing"),
        sa.update(estimates).values(arrays=b"nothing"),
    )
    said = sound.check()
    assert len(said) == 2
    assert "arrays of tracks (video_id b.mp4, track_id 0)" in said[0]
    assert "arrays of estimates (run_id r1, video_id a.mp4, track_id 0)" in said[1]


def test_rows_that_went_astray_are_found(file_url):
    with Store.create(file_url, project_id="p", name="") as store:
        store.add_video(record(), [track()])
        store.give_label(label(), found_track_id=0)
        path = Path(file_url.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(path)) as other:  # heeds no foreign keys
            other.execute("DELETE FROM events")
            other.commit()
        assert store.check() == [
            "row 1 of labels refers to a row of events that is missing",
            "labels holds words of event 1, which is missing",
        ]


def test_a_damaged_file_is_found(file_url):
    path = Path(file_url.removeprefix("sqlite:///"))
    with Store.create(file_url, project_id="p", name="") as store:
        store.add_video(record(n_frames=5000), [track(n=5000)])
    with closing(sqlite3.connect(path)) as other:
        (page,) = other.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'labels'"
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
    assert whole.count(b"hash of a.mp4") == 2  # in the table and in its index
    path.write_bytes(whole.replace(b"hash of a.mp4", b"hash of x.mp4", 1))
    with Store.open(file_url, project_id="p") as store:
        said = store.check()
    assert said
    assert all(one.startswith("the file is damaged: ") for one in said)
