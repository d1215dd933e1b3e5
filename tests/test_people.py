"""Roles, traces, and what an observation of a trace must name."""

from itertools import pairwise
from typing import Any, get_args

import numpy as np
import pytest

from feltline.errors import ShapeError
from feltline.fewshot.gp.shipped import EXTRA_NOISE
from feltline.types import (
    ROLE_PERMISSIONS,
    NoiseKind,
    Observation,
    Role,
    TokenScope,
    Trace,
)


def test_each_role_may_all_that_the_next_one_may_and_more():
    ladder = [ROLE_PERMISSIONS[role] for role in reversed(get_args(Role))]
    assert all(less < more for less, more in pairwise(ladder))
    assert ladder[-1] == set(get_args(TokenScope))


def test_no_role_of_a_project_gives_a_right_on_the_server():
    assert not any("admin" in given for given in ROLE_PERMISSIONS.values())


def test_every_kind_of_observation_has_a_noise():
    assert set(EXTRA_NOISE) == set(get_args(NoiseKind))


def trace(**other):
    given: dict[str, Any] = {
        "trace_id": 7,
        "rater": "r1",
        "time_s": np.array([0.0, 0.5, 1.0]),
        "value": np.array([[0.0], [0.25], [1.0]]),
        "dimensions": ("arousal",),
        "mode": "bounded",
    }
    return Trace(**(given | other))


def test_a_trace_without_bounds_may_go_beyond_the_unit_scale():
    high = np.array([[0.0], [12.0], [-3.0]])
    assert trace(mode="relative", value=high).value[1, 0] == 12
    with pytest.raises(ShapeError, match=r"must lie in \[-1, 1\], but holds 12"):
        trace(value=high)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"time_s": np.array([0.0, 1.0, 1.0])}, "times of trace 7 do not increase"),
        ({"time_s": np.array([0.0, 1.0, np.nan])}, "not finite"),
        ({"value": np.array([[0.0], [np.nan], [1.0]])}, "not finite"),
        ({"lag_s": float("inf")}, "not finite"),
        ({"dimensions": (), "value": np.zeros((3, 0))}, "at least one sample"),
        ({"time_s": np.zeros(0), "value": np.zeros((0, 1))}, "at least one sample"),
        ({"dimensions": ("a", "a"), "value": np.zeros((3, 2))}, "each dimension once"),
    ],
)
def test_a_trace_that_cannot_be_is_refused(other, why):
    with pytest.raises(ShapeError, match=why):
        trace(**other)


def observation(**other):
    given: dict[str, Any] = {
        "judgement_id": 1,
        "position": np.array([1, 2], np.int64),
        "weight": np.full(2, 0.5),
        "value": np.array([0.5, np.nan]),
        "expression": -1,
        "rater": "me",
        "noise": "trace",
        "trace": 7,
        "time_s": 0.5,
    }
    return Observation(**(given | other))


def test_a_stretch_of_a_trace_serves_no_calibration():
    one = observation(position=np.array([1], np.int64), weight=np.ones(1))
    assert not one.calibrates
    assert not one.is_blind_frame


@pytest.mark.parametrize(
    "other",
    [
        {"noise": "span"},
        {"trace": None},
        {"time_s": None},
        {"noise": "blind", "trace": None},
        {"trace": None, "time_s": None},
    ],
)
def test_trace_time_and_noise_go_together(other):
    with pytest.raises(ShapeError, match="those of a trace have both, others neither"):
        observation(**other)
