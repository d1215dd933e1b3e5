"""Reaction lags of people whose task had a known level (`lag_traces` of the data)."""

import pytest
from benchmarks.bars.rater_traces import read_task

from feltline.agreement.reaction_lag import estimate_lags

pytestmark = pytest.mark.data


@pytest.mark.parametrize(("task", "mean"), [("A", 1.5), ("B", 0.4)])
def test_lags_of_people_are_found_with_and_without_the_level(data, task, mean):
    level, traces = read_task(data.parent, task)
    known, relative = estimate_lags(traces, level=level), estimate_lags(traces)
    assert known.lag_s.mean() == pytest.approx(mean, abs=0.2)
    assert relative.relative_s == pytest.approx(known.relative_s, abs=0.3)
