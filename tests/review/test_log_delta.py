"""What a stretch of the log means for those who keep up with it."""

import pytest
from tests.store.making import give, judgement, record, track

from feltline.review.log_delta import read_delta
from feltline.store import Store
from feltline.store.event_log import NewEvent, append_one

FACE = {"track_id": 0, "found_track_id": 0, "frame": 2}
COMPARISON = {
    "video_id": "a.mp4",
    "other_video_id": "a.mp4",
    "dimension": "valence",
    "answer": "same",
    "purpose": "work",
    "active_s": None,
    **FACE,
    **{f"other_{name}": value for name, value in FACE.items()},
}


@pytest.fixture
def store(tmp_path):
    url = f"sqlite:///{tmp_path}/project.db"
    with Store.create(url, project_id="p", name="Talks") as made:
        made.add_video(record(), [track()])
        yield made


def test_a_comparison_is_about_its_video_and_edits_no_track(store):
    (given,) = give(store, judgement())
    event = NewEvent(rater="me", kind="comparison", video_id="a.mp4", detail=COMPARISON)
    with store._writing() as tx:
        number = append_one(tx, event)
    delta = read_delta(store, after=given, until=number)
    assert delta.videos == {"a.mp4": number}
    assert delta.edited == frozenset()
    undo = store.undo(rater="me")
    assert undo is not None
    assert read_delta(store, after=number, until=undo).edited == {"a.mp4"}
