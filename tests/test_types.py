from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from jaxtyping import config

from feltline.errors import FeltlineError, ShapeError
from feltline.types import (
    EXPRESSIONS,
    Embeddings,
    FaceTrack,
    Judgement,
    Observation,
    Prediction,
    track_names,
)


@pytest.fixture
def unchecked():
    """The types' own checks, without the test run's checker before them."""
    before = config.jaxtyping_disable
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", before)


F32, F64, I32, I64 = np.float32, np.float64, np.int32, np.int64


def track(**other):
    given: dict[str, Any] = {
        "video_id": "a.mp4",
        "track_id": 2,
        "frame": np.array([3, 4, 7], I64),
        "time_s": np.array([0.1, 0.2, 0.5]),
        "box_xyxy": np.zeros((3, 4), F32),
        "quality": np.array([0, 0.5, 1], F32),
    }
    return FaceTrack(**(given | other))


def embeddings(**other):
    given: dict[str, Any] = {
        "encoder_id": "e",
        "vector": np.zeros((3, 5), F32),
        "zero_shot_value": np.full((3, 2), np.nan, F32),
        "zero_shot_expression": np.full((3, 8), np.nan, F32),
    }
    return Embeddings(**(given | other))


def prediction(**other):
    given: dict[str, Any] = {
        "model_id": "m",
        "value": np.zeros((3, 2), F32),
        "low": np.full((3, 2), -1, F32),
        "high": np.full((3, 2), 1, F32),
        "confidence": np.array([0, 0.5, 1], F32),
        "class_probability": np.full((3, 8), 1 / 8, F32),
        "evidence": np.full((3, 3), -1, I32),
        "is_observed": np.zeros(3, bool),
    }
    return Prediction(**(given | other))


def observation(**other):
    given: dict[str, Any] = {
        "judgement_id": 1,
        "position": np.array([1, 2, 3], I64),
        "weight": np.full(3, 1 / 3),
        "value": np.array([0.5, np.nan]),
        "expression": -1,
        "rater": "me",
        "noise": "span",
    }
    return Observation(**(given | other))


@pytest.mark.parametrize("build", [track, embeddings, prediction])
def test_good_values_are_taken_and_frozen(build):
    made = build()
    assert len(made) == 3
    with pytest.raises((FrozenInstanceError, TypeError)):
        made.video_id = "other"


SHAPES = [
    (track, "frame", I64, (3, 1)),
    (track, "frame", I32, (3,)),
    (track, "time_s", F64, (4,)),
    (track, "time_s", F32, (3,)),
    (track, "box_xyxy", F32, (3, 5)),
    (track, "box_xyxy", F32, (2, 4)),
    (track, "box_xyxy", F64, (3, 4)),
    (track, "quality", F32, (2,)),
    (track, "quality", F64, (3,)),
    (embeddings, "vector", F32, (3,)),
    (embeddings, "vector", F64, (3, 5)),
    (embeddings, "zero_shot_value", F32, (3, 3)),
    (embeddings, "zero_shot_value", F32, (2, 2)),
    (embeddings, "zero_shot_expression", F32, (3, 7)),
    (embeddings, "zero_shot_expression", F64, (3, 8)),
    (prediction, "low", F32, (2, 2)),
    (prediction, "low", F64, (3, 2)),
    (prediction, "high", F32, (4, 2)),
    (prediction, "confidence", F32, (3, 1)),
    (prediction, "confidence", F64, (3,)),
    (prediction, "class_probability", F32, (2, 8)),
    (prediction, "evidence", I64, (3, 3)),
    (prediction, "evidence", I32, (3,)),
    (prediction, "is_observed", np.int8, (3,)),
    (prediction, "is_observed", np.bool_, (2,)),
    (observation, "position", I32, (3,)),
    (observation, "weight", F64, (2,)),
    (observation, "value", F32, (2,)),
    (observation, "accepted", F64, (3,)),
]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(("build", "name", "dtype", "shape"), SHAPES)
def test_a_wrong_shape_or_type_is_named(build, name, dtype, shape):
    with pytest.raises(ShapeError, match=f"^{name} must be ") as caught:
        build(**{name: np.zeros(shape, dtype)})
    assert f"but is {np.dtype(dtype)} of shape {shape}" in str(caught.value)


def filled(shape, dtype, value):
    array = np.zeros(shape, dtype)
    array[1] = value
    return array


RANGES = [
    (track, "quality", filled(3, F32, 1.5), "1.5"),
    (track, "quality", filled(3, F32, -0.25), "-0.25"),
    (prediction, "value", filled((3, 2), F32, 1.5), "1.5"),
    (prediction, "low", filled((3, 2), F32, -1.5), "-1.5"),
    (prediction, "high", filled((3, 2), F32, 1.5), "1.5"),
    (prediction, "confidence", filled(3, F32, 1.5), "1.5"),
    (prediction, "confidence", filled(3, F32, -0.5), "-0.5"),
    (observation, "value", filled(2, F64, -2.5), "-2.5"),
]


@pytest.mark.parametrize(("build", "name", "array", "shown"), RANGES)
def test_a_value_off_its_scale_is_shown(build, name, array, shown):
    with pytest.raises(ShapeError, match=rf"^{name} must lie in \[.*holds {shown}$"):
        build(**{name: array})


@pytest.mark.parametrize(
    ("name", "last"),
    [("frame", 4), ("frame", 3), ("time_s", 4), ("time_s", 3), ("time_s", np.nan)],
)
def test_frames_and_times_must_rise(name, last):
    array = np.array([3, 4, last], I64 if name == "frame" else F64)
    with pytest.raises(ShapeError, match=f"{name} of track 2 in a.mp4") as caught:
        track(**{name: array})
    assert "is followed by" in str(caught.value)
    assert "at position 2" in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_vectors_must_be_finite(value):
    with pytest.raises(ShapeError, match="vector must be finite, but row 1 is not"):
        embeddings(vector=filled((3, 5), F32, value))


def test_nan_stands_for_unknown_where_it_may():
    nothing = np.full((3, 2), np.nan, F32)
    made = prediction(low=nothing, high=nothing, confidence=np.full(3, np.nan, F32))
    assert np.isnan(made.low).all()


def test_a_zero_shot_prediction_must_know_every_face():
    assert not embeddings().has_zero_shot
    assert embeddings(zero_shot_value=np.zeros((3, 2), F32)).has_zero_shot
    assert not embeddings(zero_shot_value=filled((3, 2), F32, np.nan)).has_zero_shot


def test_an_observation_is_named_by_its_middle_frame():
    assert observation().middle == 2
    one = {"position": np.array([4], I64), "weight": np.ones(1)}
    assert observation(noise="blind", **one).calibrates
    assert not observation(noise="blind", unsure=True, **one).calibrates
    assert not observation(noise="blind").calibrates  # a mean of frames
    none = {"position": np.zeros(0, I64), "weight": np.zeros(0)}
    with pytest.raises(ShapeError, match="weighs at least one frame"):
        observation(**none)


def test_shape_errors_are_feltlines_and_value_errors():
    assert issubclass(ShapeError, FeltlineError)
    assert issubclass(ShapeError, ValueError)
    assert len(EXPRESSIONS) == 8


def test_tracks_are_named_by_number_and_frames():
    assert track_names([track(track_id=0), track()]) == "0 (frames 3-7), 2 (frames 3-7)"


def judgement(**other):
    given: dict[str, Any] = {
        "video_id": "a.mp4",
        "track_id": 2,
        "scope": "span",
        "first_frame": 3,
        "last_frame": 7,
        "value": (-1.0, 1.0),
        "expression": "fear",
        "rater": "me",
        "active_s": 0.0,
    }
    return Judgement(**(given | other))


def test_a_judgement_gives_a_value_a_class_or_a_decision():
    assert judgement(expression=None).has_value
    assert not judgement(value=()).has_value
    assert judgement(value=(None, 0.5)).has_value
    skipped = judgement(value=(), expression=None, decision="skip")
    assert skipped.reviewed == (3, 7)
    assert judgement(reviewed_last_frame=9).reviewed == (3, 9)
    assert judgement() == judgement()
    with pytest.raises(FrozenInstanceError):
        judgement().rater = "you"


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ({"value": (), "expression": None}, "label needs a value or a class"),
        ({"value": (None, None), "expression": None}, "needs a value or a class"),
        ({"decision": "skip"}, "skip gives no value or class"),
        ({"value": (float("nan"), 0.0)}, "must be finite"),
        ({"first_frame": 8}, "a span cannot reach from 8 to 7"),
        ({"first_frame": -1}, "a span cannot reach from -1 to 7"),
        ({"scope": "frame"}, "a frame cannot reach from 3 to 7"),
        ({"reviewed_first_frame": 4}, "a judgement of 3-7 cannot deal with 4-7"),
        ({"active_s": -1.0}, "active_s must be at least 0, but is -1"),
        ({"active_s": float("inf")}, "active_s must be at least 0"),
        ({"track_id": -1}, "a track from 0"),
        ({"rater": ""}, "rater's name"),
    ],
)
def test_a_judgement_that_contradicts_itself_is_refused(other, fault):
    with pytest.raises(ShapeError, match=fault):
        judgement(**other)


def test_a_prediction_of_some_frames_is_in_arrays_of_its_own():
    made = prediction()
    some = made.take(np.array([1, 0]))
    for name in ("value", "low", "confidence", "evidence", "is_observed"):
        whole, part = getattr(made, name), getattr(some, name)
        np.testing.assert_array_equal(part, whole[[1, 0]])
        assert not np.shares_memory(part, whole)
    assert (some.model_id, len(some)) == (made.model_id, 2)
