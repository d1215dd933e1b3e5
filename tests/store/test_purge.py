import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from tests.store.making import estimate, label, record, review, run, track

from feltline.errors import StoreError
from feltline.store import PersonName, Store, Suggested, TrackEdit
from feltline.store.purging import PURGED
from feltline.store.schema import METADATA, projects

NAME = "Anna Müller 2019-04.mp4"
LEFT = "a removed video may have left bytes in the file; open the project again"
TRACES = [
    NAME,
    "/patients/anna/",
    "content-of-anna",
    "she looks tired",
    "Anna M.",
    "tell nobody",
]


def fill(store):
    """A video to be purged, another one, and notes that speak of both."""
    store.add_video(
        record(NAME, content_hash="content-of-anna", location=f"/patients/anna/{NAME}"),
        [track(NAME), track(NAME, track_id=1, n=30)],
    )
    other = record("b.mp4", n_frames=50, time_s=np.arange(50) / 30)
    store.add_video(other, [track("b.mp4", n=50)])
    secret = {"video_id": NAME}
    store.give_label(
        label(**secret, comment="she looks tired"),
        found_track_id=0,
        review=review(**secret, comment="tell nobody"),
    )
    store.give_label(
        label(video_id="b.mp4", comment=f"as in {NAME}, a"), found_track_id=0
    )
    store.give_review(review(9, **secret), found_track_id=1)
    store.undo(rater="me")
    edit = TrackEdit(kind="split", track_id=0, frame=4, other_track_id=2, **secret)
    store.edit_track(edit, rater="me")
    person = PersonName(track_id=0, name="Anna M.", **secret)
    store.name_person(person, found_track_id=0, rater="me")
    store.set_threshold(0.7, rater="me")
    store.note("video", rater="me", detail={**secret, "faces": 2})
    videos = [NAME, "b.mp4"]
    store.note("export", rater="me", detail={"videos": videos, NAME: [1, None]})
    store.save_run(
        run(options={"videos": videos, "seed": 3}),
        {(NAME, 0): estimate(), ("b.mp4", 0): estimate(n=50, seed=1)},
    )
    for_later = [
        Suggested(video_id=name, track_id=0, frame=1, rank=rank, reason="far")
        for rank, name in enumerate(videos)
    ]
    store.save_suggestions(for_later)


def texts_of(store):
    """Everything that stands in the database, as text."""
    with store._project.reading() as connection:
        return "\n".join(
            repr(row)
            for table in METADATA.sorted_tables
            for row in connection.execute(sa.select(table))
        )


def test_a_purge_leaves_no_row_and_no_word(empty):
    fill(empty)
    assert all(trace in texts_of(empty) for trace in TRACES)
    last = empty.last_event_id()
    counts = empty.purge_video(NAME, rater="lead")
    assert counts == {
        "labels": 1,
        "reviews": 2,
        "track_edits": 1,
        "persons": 1,
        "thresholds": 0,
        "notes": 1,
        "events": 6,
        "estimates": 1,
        "suggestions": 1,
        "tracks": 2,
        "video_arrays": 1,
        "videos": 1,
        "rewritten": 3,
    }
    said = texts_of(empty)
    assert [trace for trace in TRACES if trace in said] == []
    purge = empty.events(after=last)
    assert [(e.event_id, e.kind, e.rater) for e in purge] == [
        (last + 1, "purge", "lead")
    ]
    assert purge[0].detail == {"removed": counts}
    assert empty.check() == []


def test_a_purge_leaves_everything_else(empty):
    fill(empty)
    empty.purge_video(NAME)
    assert empty.video_names() == ["b.mp4"]
    (kept,) = empty.labels()
    assert kept.label.comment == f"as in {PURGED}, a"
    assert empty.threshold() == 0.7
    assert empty.estimate_keys("r1") == [("b.mp4", 0)]
    assert empty.run("r1").options == {"videos": [PURGED, "b.mp4"], "seed": 3}
    assert [s.video_id for s in empty.suggestions()] == ["b.mp4"]
    notes = [e.detail for e in empty.events() if e.kind == "export"]
    assert notes == [{"videos": [PURGED, "b.mp4"], PURGED: [1, None]}]
    empty.give_label(label(video_id="b.mp4"), found_track_id=0)
    with pytest.raises(StoreError, match="no video 'Anna"):
        empty.purge_video(NAME)


def test_a_purged_video_can_be_added_again(empty):
    fill(empty)
    empty.purge_video(NAME)
    video = record(NAME, content_hash="content-of-anna")
    empty.add_video(video, [track(NAME)])
    assert empty.find_content("content-of-anna") == NAME
    assert empty.labels(video_id=NAME) == []


def test_a_short_name_is_taken_out_of_words_only_where_it_stands_alone(empty):
    empty.add_video(record("a", location="x"), [])
    empty.add_video(record("a b", location="y"), [])
    empty.note("run", rater="", detail={"said": "a great day: a.", "videos": ["a b"]})
    empty.purge_video("a")
    detail = empty.events()[0].detail
    assert detail == {
        "said": f"{PURGED} great day: {PURGED}.",
        "videos": ["a b"],  # the name of another video
    }


def bytes_of(path):
    """All files of a SQLite database, by name."""
    return {file.name: file.read_bytes() for file in path.parent.glob(f"{path.name}*")}


def test_a_purge_leaves_no_byte_on_the_disk(file_url):
    path = Path(file_url.removeprefix("sqlite:///"))
    with Store.create(file_url, project_id="p", name="") as store:
        fill(store)
        with store._project.reading() as connection:
            blobs = [
                blob[60:]
                for table in ("tracks", "video_arrays", "estimates")
                for (blob,) in connection.execute(
                    sa.select(METADATA.tables[table].c.arrays).where(
                        METADATA.tables[table].c.video_id == NAME
                    )
                )
            ]
        # Parts that lie within one page of the file.
        parts = [
            blob[at : at + 200] for blob in blobs for at in range(0, len(blob), 900)
        ]
        parts += [trace.encode() for trace in TRACES]
        before = b"".join(bytes_of(path).values())
        assert sum(part in before for part in parts) > 0.7 * len(parts)
        size = len(before)
        store.purge_video(NAME)
        after = bytes_of(path)
        assert "project.db-wal" in after  # it is looked at, too
        held = b"".join(after.values())
        assert [part for part in parts if part in held] == []
        assert len(held) < size
        assert store.check() == []


def test_a_reader_that_holds_on_is_named_and_the_next_opening_goes_on(
    file_url, monkeypatch
):
    monkeypatch.setattr("feltline.store.connect.LOCK_WAIT_S", 0.1)
    path = Path(file_url.removeprefix("sqlite:///"))
    with Store.create(file_url, project_id="p", name="") as store:
        fill(store)
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM videos").fetchall()
            with pytest.raises(StoreError, match="still holds traces of them, because"):
                store.purge_video(NAME)
            assert store.video_names() == ["b.mp4"]
            assert store.check() == [LEFT]
            with Store.open(file_url, project_id="p") as other:  # opens all the same
                assert other.video_names() == ["b.mp4"]
            assert NAME.encode() in b"".join(bytes_of(path).values())
        with Store.open(file_url, project_id="p") as again:
            assert again.check() == []
            held = b"".join(bytes_of(path).values())
            assert [trace for trace in TRACES if trace.encode() in held] == []


def test_a_purge_that_was_killed_goes_on_when_the_project_is_opened(file_url):
    path = Path(file_url.removeprefix("sqlite:///"))
    with Store.create(file_url, project_id="p", name="") as store:
        fill(store)
        with store._project.writing() as connection:  # as a purge before its cleaning
            connection.execute(sa.update(projects).values(needs_scrub=True))
    with closing(sqlite3.connect(path)) as other:
        (before,) = other.execute("PRAGMA freelist_count").fetchone()
        other.execute("DELETE FROM estimates")
        other.commit()
        (free,) = other.execute("PRAGMA freelist_count").fetchone()
        assert free > before
    with Store.open(file_url, project_id="p") as store:
        assert store.check() == []
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA freelist_count").fetchone() == (0,)
