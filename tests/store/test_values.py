import numpy as np
import pytest
from jaxtyping import config
from tests.store.making import record, review

import feltline.store
from feltline.errors import ShapeError
from feltline.store import ThresholdSet, TrackEdit


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ({"video_id": ""}, "needs a video_id"),
        ({"content_hash": ""}, "needs a video_id and a content_hash"),
        ({"n_frames": 0, "time_s": np.zeros(0)}, "has no frame"),
        ({"time_s": np.zeros(7)}, "a time for each of the 100 frames .* holds 7"),
        ({"looked_at": np.array([3, 2])}, "increase within 0-99"),
        ({"looked_at": np.array([-1, 2])}, "increase within 0-99"),
        ({"looked_at": np.array([99, 100])}, "increase within 0-99"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(other, fault):
    given = {"n_frames": 100} | other
    with pytest.raises(ShapeError, match=fault):
        record(**given)


@pytest.fixture
def unchecked():
    """The types' own checks, without the test run's checker before them."""
    before = config.jaxtyping_disable
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", before)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    "other",
    [
        {"time_s": np.zeros(100, np.float32)},
        {"time_s": np.zeros((100, 1))},
        {"looked_at": np.zeros(1, np.int32)},
        {"looked_at": np.zeros((1, 1), np.int64)},
    ],
)
def test_arrays_of_another_type_are_refused(other):
    with pytest.raises(ShapeError, match="of one axis"):
        record(**other)


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ({"first_frame": 6}, "review of frame 5 cannot cover 6-5"),
        ({"last_frame": 4}, "cannot cover 5-4"),
        ({"first_frame": -1}, "cannot cover -1-5"),
        ({"active_s": -0.5}, "at least 0, but is -0.5"),
        ({"active_s": float("inf")}, "at least 0"),
        ({"active_s": float("nan")}, "at least 0"),
        ({"rater": ""}, "name of its rater"),
        ({"track_id": -1}, "track from 0"),
    ],
)
def test_a_review_that_contradicts_itself_is_refused(other, fault):
    with pytest.raises(ShapeError, match=fault):
        review(**other)


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
def test_a_repair_that_lacks_something_is_refused(kind, frame, other):
    with pytest.raises(ShapeError):
        TrackEdit(
            video_id="a",
            kind=kind,
            track_id=0,
            frame=frame,
            other_track_id=other,
        )


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_threshold_is_a_share(value):
    with pytest.raises(ShapeError, match="threshold"):
        ThresholdSet(value=value)


def test_what_is_public_is_there_and_sorted():
    names = feltline.store.__all__
    assert names == sorted(names)
    assert all(hasattr(feltline.store, name) for name in names)
