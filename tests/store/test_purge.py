import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from tests.store.making import (
    AT,
    basis,
    decision,
    events_of,
    give,
    judgement,
    model,
    prediction,
    record,
    run,
    track,
    video_summary,
)

from feltline.errors import StoreError
from feltline.store import Mention, PersonName, Store, Suggested, TrackEdit
from feltline.store.event_log import NewEvent, append_one
from feltline.store.purging import PURGED
from feltline.store.rows import pack
from feltline.store.schema import METADATA, legacy_arrays, projects
from feltline.store.team_schema import audit_batches

ANNA = "a11a" * 16
NAME = "Anna Müller 2019-04.mp4"
LEFT = "a removed video may have left bytes in the file; open the project again"
TRACES = [
    NAME,
    "/patients/anna/",
    ANNA,
    "she looks tired",
    "Anna M.",
    "tell nobody",
]


def fill(store):
    """A video to be purged, another one, and notes that speak of both."""
    store.add_video(
        record(NAME, content_hash=ANNA, location=f"/patients/anna/{NAME}"),
        [track(NAME), track(NAME, track_id=1, n=30)],
    )
    store.add_video(record("b.mp4", n_frames=50), [track("b.mp4", n=50)])
    secret = {"video_id": NAME}
    give(store, judgement(**secret, comment="she looks tired"))
    give(store, judgement(video_id="b.mp4", comment="as in the other, a bit"))
    give(store, decision(9, **secret, comment="tell nobody"), found=1)
    store.undo(rater="me")
    edit = TrackEdit(kind="split", track_id=0, frame=4, other_track_id=2, **secret)
    store.edit_track(edit, rater="me")
    person = PersonName(track_id=0, name="Anna M.", **secret)
    store.name_person(person, found_track_id=0, rater="me")
    store.set_threshold(0.7, rater="me")
    store.note("video", rater="me", detail={**secret, "faces": 2})
    videos = [NAME, "b.mp4"]
    detail = {
        "videos": {NAME: [1, None], "b.mp4": [2]},
        "path": f"/patients/anna/{NAME}",
    }
    store.note("export", rater="me", detail=detail)
    store.save_prediction_run(
        run(options={"videos": videos, "seed": 3}),
        {(NAME, 0): prediction(), ("b.mp4", 0): prediction(n=50, seed=1)},
    )
    store.save_basis(basis(), videos=videos)
    store.save_model(model())
    store.save_summaries([video_summary(name, [0]) for name in videos])
    for_later = [
        Suggested(video_id=name, track_id=0, frame=1, rank=rank, reason="far")
        for rank, name in enumerate(videos)
    ]
    store.save_suggestions(for_later)


def texts_of(store):
    """Everything that stands in the database, as text."""
    with store._reading() as tx:
        return "\n".join(
            repr(row)
            for table in METADATA.sorted_tables
            for row in tx.execute(sa.select(table))
        )


def test_a_purge_leaves_no_row_and_no_word(empty):
    fill(empty)
    assert all(trace in texts_of(empty) for trace in TRACES)
    last = empty.last_event_id()
    purged = empty.purge_video(NAME, rater="lead")
    assert purged.removed == {
        "judgements": 2,
        "track_edits": 1,
        "persons": 1,
        "notes": 1,
        "events": 6,
        "imported_predictions": 1,
        "suggestions": 1,
        "tracks": 2,
        "video_summaries": 2,
        "track_summaries": 2,
        "videos": 1,
    }
    assert (purged.bases, purged.models) == (("b1",), ("m1",))
    assert (purged.rewritten, purged.mentions) == (2, ())
    said = texts_of(empty)
    assert [trace for trace in TRACES if trace in said] == []
    (purge,) = empty.events(after=last)
    assert (purge.event_id, purge.kind, purge.rater) == (last + 1, "purge", "lead")
    assert purge.detail["removed"] == purged.removed
    assert empty.check() == []


def comparison(video_id, other_video_id):
    """The row of a comparison of two videos' first faces."""
    own = {"video_id": video_id, "track_id": 0, "found_track_id": 0, "frame": 2}
    other = {f"other_{name}": value for name, value in own.items()}
    other["other_video_id"] = other_video_id
    said = {"dimension": "valence", "answer": "first", "purpose": "work"}
    return own | other | said | {"active_s": None}


def team_event(store, kind, about, /, **detail):
    """Append a change of several raters, as the log keeps it."""
    event = NewEvent(rater="me", kind=kind, video_id=about, detail=detail)
    with store._writing() as tx:
        return append_one(tx, event)


def test_a_purge_takes_comparisons_with_it_that_stand_on_another_video(empty):
    fill(empty)
    kept = team_event(empty, "comparison", "b.mp4", **comparison("b.mp4", "b.mp4"))
    gone = team_event(empty, "comparison", "b.mp4", **comparison("b.mp4", NAME))
    team_event(empty, "comparison", NAME, **comparison(NAME, "b.mp4"))
    taken = empty.undo(rater="me", event_id=gone)
    back = empty.undo(rater="me", event_id=taken)
    removed = empty.purge_video(NAME).removed
    assert removed["comparisons"] == 2
    assert [trace for trace in TRACES if trace in texts_of(empty)] == []
    there = {event.event_id for event in empty.events()}
    assert kept in there
    assert not {gone, taken, back} & there
    assert empty.check() == []


def test_a_purge_takes_the_video_out_of_what_was_reopened(empty):
    fill(empty)
    batch = {"batch_id": 1, "model_id": "m1", "state": "reopened", "threshold": 0.8}
    batch |= {"bound": 0.1, "risk": 0.05, "opened_event_id": 3, "n_accepted": 9}
    with empty._writing() as tx:
        tx.insert(audit_batches, [batch | {"created_at": AT}])
    reopened = {"batch_id": 1, "videos": [NAME, "b.mp4"], "least_confidence": 0.9}
    number = team_event(empty, "reopening", None, **reopened)
    assert empty.purge_video(NAME).rewritten == 3
    assert empty.event(number).detail["videos"] == ["b.mp4"]


def test_comments_on_frames_that_mention_a_purged_video_are_reported(empty):
    fill(empty)
    comment = dict.fromkeys(("track_id", "found_track_id", "reply_to"))
    comment |= {"frame": 2, "is_question": True, "mentions": ["you"]}
    for video_id, text in ((NAME, "tell nobody"), ("b.mp4", f"as in {NAME}?")):
        number = team_event(
            empty, "frame-comment", video_id, video_id=video_id, text=text, **comment
        )
    purged = empty.purge_video(NAME)
    assert purged.removed["frame_comments"] == 1
    assert purged.mentions == (Mention(event_id=number, video_id="b.mp4", rater="me"),)


def test_a_purge_leaves_everything_else(empty):
    fill(empty)
    empty.purge_video(NAME)
    assert empty.video_names() == ["b.mp4"]
    (kept,) = empty.judgements()
    assert kept.judgement.comment == "as in the other, a bit"
    assert empty.threshold() == 0.7
    assert empty.imported_tracks("r1") == [("b.mp4", 0)]
    (imported,) = empty.prediction_runs()
    assert imported.options == {"videos": [PURGED, "b.mp4"], "seed": 3}
    assert [s.video_id for s in empty.suggestions()] == ["b.mp4"]
    notes = [e.detail for e in empty.events() if e.kind == "export"]
    assert notes == [{"videos": {PURGED: [1, None], "b.mp4": [2]}, "path": PURGED}]
    give(empty, judgement(video_id="b.mp4"))
    with pytest.raises(StoreError, match="no video 'Anna"):
        empty.purge_video(NAME)


def test_what_people_say_is_never_rewritten(empty):
    """Folders of pictures have names as plain as this one."""
    empty.add_video(record("happy"), [track("happy")])
    empty.add_video(record("b.mp4"), [track("b.mp4")])
    comments = ["not happy at all", "unhappy", "Happy?", ""]
    said = [judgement(video_id="b.mp4", comment=one) for one in comments]
    numbers = give(empty, *said, judgement(video_id="happy", comment="happy"))
    empty.note("report", rater="", detail={"title": "happy", "video": "happy"})
    purged = empty.purge_video("happy")
    assert [s.judgement for s in empty.judgements()] == said
    assert purged.mentions == tuple(
        Mention(event_id=numbers[i], video_id="b.mp4", rater="me") for i in (0, 2)
    )
    (note,) = (e.detail for e in empty.events() if e.kind == "report")
    assert note == {"title": "happy", "video": PURGED}


def test_a_purged_video_can_be_added_again(empty):
    fill(empty)
    empty.purge_video(NAME)
    video = record(NAME, content_hash=ANNA)
    empty.add_video(video, [track(NAME)])
    assert empty.find_content(ANNA) == NAME
    assert empty.judgements(video_id=NAME) == []
    assert events_of(empty.judgements()) == [2]


def bytes_of(path):
    """All files of a SQLite database, by name."""
    return {file.name: file.read_bytes() for file in path.parent.glob(f"{path.name}*")}


def test_a_purge_leaves_no_byte_on_the_disk(file_url):
    path = Path(file_url.removeprefix("sqlite:///"))
    with Store.create(file_url, project_id="p", name="") as store:
        fill(store)
        old = {
            "track_id": -1,
            "arrays": pack({"time_s": np.random.default_rng(0).random(5000)}),
        }
        with store._writing() as tx:
            tx.insert(legacy_arrays, [{"video_id": NAME, **old}])
        with store._reading() as tx:
            blobs = [
                blob[60:]
                for table in ("legacy_arrays", "imported_predictions")
                for (blob,) in tx.execute(
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


def test_a_disk_without_room_to_clean_the_file_is_told_as_it_is(file_url, monkeypatch):
    """The rows are gone: "nothing was saved" would be wrong; and reading goes on."""

    def full(_store):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with Store.create(file_url, project_id="p", name="") as store:
        fill(store)
        with monkeypatch.context() as patch:
            patch.setattr(Store, "_vacuum", full)
            with pytest.raises(StoreError, match=r"rows are removed, .* make room on"):
                store.purge_video(NAME)
            with Store.open(file_url, project_id="p") as other:  # opens all the same
                assert other.video_names() == ["b.mp4"]
                assert other.check() == [LEFT]
        with Store.open(file_url, project_id="p") as again:
            assert again.check() == []


def test_a_purge_that_was_killed_goes_on_when_the_project_is_opened(file_url):
    path = Path(file_url.removeprefix("sqlite:///"))
    with Store.create(file_url, project_id="p", name="") as store:
        fill(store)
        with store._writing() as tx:  # as a purge before its cleaning
            tx.execute(sa.update(projects).values(needs_scrub=True))
    with closing(sqlite3.connect(path)) as other:
        (before,) = other.execute("PRAGMA freelist_count").fetchone()
        other.execute("DELETE FROM imported_predictions")
        other.commit()
        (free,) = other.execute("PRAGMA freelist_count").fetchone()
        assert free > before
    with Store.open(file_url, project_id="p") as store:
        assert store.check() == []
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA freelist_count").fetchone() == (0,)
