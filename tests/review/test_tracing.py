"""The lag that is taken off a trace when it is given."""

from dataclasses import replace

import numpy as np
import pytest

from feltline.review.tracing import first_lag
from feltline.types import Trace


def curve(time_s, late_s=0.0):
    value = np.sin((time_s - late_s) / 7)[:, None]
    return Trace(
        trace_id=0,
        rater="r1",
        time_s=time_s,
        value=value,
        dimensions=("valence",),
        mode="bounded",
    )


def lag_of(trace, level):
    return first_lag(trace, speed=1.0, former=[], level=level)


def test_a_minute_of_a_long_film_is_compared_with_that_minute():
    trace = curve(np.arange(9000, 9060, 0.1), 1.2)
    found = lag_of(trace, curve(np.arange(0, 12_000, 0.5)))
    assert found.method == "model"
    assert found.lag_s == pytest.approx(1.2, abs=0.05)
    # All else of the film says nothing of it.
    short = lag_of(trace, curve(np.arange(8950, 9100, 0.5)))
    assert found.lag_s == pytest.approx(short.lag_s, abs=0.01)


@pytest.mark.parametrize("ends", [(0, 100), (9059, 12_000), (9000.2, 9000.9)])
def test_a_curve_that_hardly_meets_the_trace_says_nothing_of_it(ends):
    trace = curve(np.arange(9000, 9060, 0.1), 1.2)
    first_s, last_s = ends
    level = curve(np.arange(first_s, last_s, 0.5))
    assert lag_of(trace, level).method == "expected"
    assert lag_of(replace(trace, value=trace.value * 0), level).method == "expected"
