from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from jaxtyping import config

from feltline.errors import FeltlineError, ShapeError
from feltline.types import (
    EXPRESSIONS,
    Embeddings,
    Estimate,
    FaceTrack,
    HumanLabel,
    SupportSet,
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


def support(**other):
    given: dict[str, Any] = {
        "video_id": ("a.mp4", "b.mp4", "a.mp4"),
        "track_id": np.array([2, 2, 0], I64),
        "frame": np.array([3, 4, 5], I64),
        "affect": np.array([[-1, 1], [0, 0], [0.5, 0.5]], F32),
        "expression": np.array([-1, 0, 7], I64),
        "rater": ("me", "you", "me"),
    }
    return SupportSet(**(given | other))


def estimate(**other):
    given: dict[str, Any] = {
        "run_id": "r",
        "method": "gp",
        "affect": np.zeros((3, 2), F32),
        "low": np.full((3, 2), -1, F32),
        "high": np.full((3, 2), 1, F32),
        "coverage": 0.9,
        "tolerance": 0.2,
        "confidence": np.array([0, 0.5, 1], F32),
        "expression": np.full((3, 8), 1 / 8, F32),
        "is_human": np.zeros(3, bool),
        "evidence": np.full((3, 3), -1, I32),
        "calibration": "shipped",
    }
    return Estimate(**(given | other))


@pytest.mark.parametrize("build", [track, embeddings, support, estimate])
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
    (support, "track_id", I64, (2,)),
    (support, "track_id", I32, (3,)),
    (support, "frame", I64, (4,)),
    (support, "frame", F64, (3,)),
    (support, "affect", F32, (3, 3)),
    (support, "affect", F64, (3, 2)),
    (support, "expression", I64, (2,)),
    (support, "expression", I32, (3,)),
    (estimate, "affect", F32, (3, 3)),
    (estimate, "affect", F64, (3, 2)),
    (estimate, "low", F32, (2, 2)),
    (estimate, "high", F32, (4, 2)),
    (estimate, "confidence", F32, (3, 1)),
    (estimate, "confidence", F64, (3,)),
    (estimate, "expression", F32, (3, 7)),
    (estimate, "is_human", np.int8, (3,)),
    (estimate, "is_human", np.bool_, (2,)),
    (estimate, "evidence", I64, (3, 3)),
    (estimate, "evidence", I32, (3,)),
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
    (support, "affect", filled((3, 2), F32, 1.25), "1.25"),
    (support, "affect", filled((3, 2), F32, -1.25), "-1.25"),
    (support, "expression", filled(3, I64, 8), "8"),
    (support, "expression", filled(3, I64, -2), "-2"),
    (estimate, "affect", filled((3, 2), F32, 1.5), "1.5"),
    (estimate, "low", filled((3, 2), F32, -1.5), "-1.5"),
    (estimate, "high", filled((3, 2), F32, 1.5), "1.5"),
    (estimate, "confidence", filled(3, F32, 1.5), "1.5"),
    (estimate, "confidence", filled(3, F32, -0.5), "-0.5"),
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
def test_vectors_and_labels_must_be_finite(value):
    with pytest.raises(ShapeError, match="vector must be finite, but row 1 is not"):
        embeddings(vector=filled((3, 5), F32, value))
    with pytest.raises(ShapeError, match="affect of a support set must be finite"):
        support(affect=filled((3, 2), F32, value))


def test_every_label_has_a_rater():
    with pytest.raises(ShapeError, match="rater must name 3 raters, but names 2"):
        support(rater=("me", "you"))


def test_nan_stands_for_unknown_where_it_may():
    nothing = np.full((3, 2), np.nan, F32)
    made = estimate(low=nothing, high=nothing, confidence=np.full(3, np.nan, F32))
    assert np.isnan(made.low).all()


def test_a_zero_shot_prediction_knows_every_face():
    assert not embeddings().has_zero_shot
    assert embeddings(zero_shot_value=np.zeros((3, 2), F32)).has_zero_shot
    assert not embeddings(zero_shot_value=filled((3, 2), F32, np.nan)).has_zero_shot


def test_labels_belong_to_the_track_of_their_video_and_face():
    assert support().of_track(track()).tolist() == [True, False, False]
    assert support().of_track(track(video_id="b.mp4")).tolist() == [False, True, False]
    assert support().of_track(track(track_id=0)).tolist() == [False, False, True]
    none = SupportSet(
        video_id=(),
        track_id=np.zeros(0, I64),
        frame=np.zeros(0, I64),
        affect=np.zeros((0, 2), F32),
        expression=np.zeros(0, I64),
        rater=(),
    )
    assert len(none) == 0
    assert none.of_track(track()).shape == (0,)


def test_shape_errors_are_feltlines_and_value_errors():
    assert issubclass(ShapeError, FeltlineError)
    assert issubclass(ShapeError, ValueError)
    assert len(EXPRESSIONS) == 8


def test_tracks_are_named_by_number_and_frames():
    assert track_names([track(track_id=0), track()]) == "0 (frames 3-7), 2 (frames 3-7)"


def human(**other):
    given: dict[str, Any] = {
        "video_id": "a.mp4",
        "track_id": 2,
        "scope": "span",
        "first_frame": 3,
        "last_frame": 7,
        "valence": -1.0,
        "arousal": 1.0,
        "expression": "fear",
        "rater": "me",
        "active_s": 0.0,
        "shown_run_id": None,
    }
    return HumanLabel(**(given | other))


def test_a_human_label_is_a_value_or_an_expression():
    assert human(expression=None).valence == -1
    assert human(valence=None, arousal=None).expression == "fear"
    assert human() == human()
    with pytest.raises(FrozenInstanceError):
        human().valence = 0.5


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ({"valence": None}, "both valence and arousal, or neither"),
        ({"arousal": None}, "both valence and arousal, or neither"),
        ({"valence": None, "arousal": None, "expression": None}, "or an expression"),
        ({"valence": 1.01}, "valence must lie in .* but is 1.01"),
        ({"arousal": float("nan")}, "arousal must lie in .* but is nan"),
        ({"expression": "joy"}, "no expression 'joy'"),
        ({"first_frame": 8}, "a span cannot reach from 8 to 7"),
        ({"first_frame": -1}, "a span cannot reach from -1 to 7"),
        ({"scope": "frame"}, "a frame cannot reach from 3 to 7"),
        ({"active_s": -1.0}, "active_s must be at least 0, but is -1"),
        ({"active_s": float("inf")}, "active_s must be at least 0"),
        ({"track_id": -1}, "a track from 0"),
        ({"rater": ""}, "the name of its rater"),
    ],
)
def test_a_human_label_that_contradicts_itself_is_refused(other, fault):
    with pytest.raises(ShapeError, match=fault):
        human(**other)
