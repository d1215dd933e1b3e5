import doctest
from typing import Any

import pytest
from tests.store.making import record

import feltline.store
import feltline.store.store
from feltline.errors import ShapeError
from feltline.store import TrackEdit, TrackRecord


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ({"video_id": ""}, "needs a video_id"),
        ({"content_hash": ""}, "needs a video_id and a content_hash"),
        ({"content_hash": "../../elsewhere"}, "a content hash is hexadecimal"),
        ({"content_hash": "ab" * 16 + "/.."}, "a content hash is hexadecimal"),
        ({"content_hash": "ab" * 16 + "\n"}, "a content hash is hexadecimal"),
        ({"n_frames": 0}, "has no frame"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(other, fault):
    with pytest.raises(ShapeError, match=fault):
        record(**other)


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ({"track_id": -1}, "cannot reach"),
        ({"first_frame": 9}, "from frame 9 to 8"),
        ({"n_frames": 0}, "cannot have 0 frames"),
        ({"n_frames": 6}, "cannot have 6 frames from 4 to 8"),
    ],
)
def test_a_track_that_contradicts_itself_is_refused(other, fault):
    sound: dict[str, Any] = {
        "video_id": "a",
        "track_id": 0,
        "n_frames": 5,
        "first_frame": 4,
        "last_frame": 8,
        "first_time_s": 0.16,
        "last_time_s": 0.32,
        "mean_quality": 0.5,
    }
    assert TrackRecord(**sound).n_frames == 5
    with pytest.raises(ShapeError, match=fault):
        TrackRecord(**(sound | other))


@pytest.mark.parametrize(
    ("kind", "frame", "other"),
    [
        ("split", None, 2),
        ("split", 3, None),
        ("merge", 3, 2),
        ("merge", None, None),
        ("ignore", 3, None),
        ("ignore", None, 2),
        ("merge", None, 0),
        ("merge", None, -1),
        ("split", -3, 2),
    ],
)
def test_a_track_edit_that_lacks_something_is_refused(kind, frame, other):
    with pytest.raises(ShapeError):
        TrackEdit(
            video_id="a",
            kind=kind,
            track_id=0,
            frame=frame,
            other_track_id=other,
        )


def test_what_is_public_is_there_and_sorted():
    names = feltline.store.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(feltline.store, name) for name in names)


def test_the_example_of_the_store_runs():
    outcome = doctest.testmod(feltline.store.store)
    assert outcome.attempted > 10
    assert outcome.failed == 0
