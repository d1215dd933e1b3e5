"""Reaction lags of people whose task had a known level (`lag_traces` of the data)."""

import numpy as np
import pytest

from feltline.agreement.reaction_lag import estimate_lags
from feltline.types.traces import Trace

pytestmark = pytest.mark.data


def read(path, number):
    table = np.genfromtxt(path, delimiter=",", skip_header=1)
    table = table[np.isfinite(table).all(axis=1)]
    when, first = np.unique(table[:, 0], return_index=True)
    return Trace(
        trace_id=number,
        rater=str(number),
        time_s=when,
        value=2 * table[first, 1:2] - 1,
        dimensions=("green",),
        mode="bounded",
    )


@pytest.mark.parametrize(("task", "mean"), [("A", 1.5), ("B", 0.4)])
def test_lags_of_people_are_found_with_and_without_the_level(data, task, mean):
    here = data.parent / "lag_traces" / f"Task{task}"
    level = read(here / "objective_truth" / f"Task{task}_normalized_10hz.csv", 0)
    traces = [
        read(here / "annotations_10hz" / f"Task{task}_ann{n}.csv", n)
        for n in range(1, 11)
    ]
    known, relative = estimate_lags(traces, level=level), estimate_lags(traces)
    assert known.lag_s.mean() == pytest.approx(mean, abs=0.2)
    assert relative.relative_s == pytest.approx(known.relative_s, abs=0.3)
