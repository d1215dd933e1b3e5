"""Agreement of live rating: before and after lags are removed."""

import numpy as np
import pytest
from tests.project.test_traces import of_lag, rate, wave

from feltline.errors import NothingToLabelError
from feltline.pipeline import agreement_in


def two_raters(project, **other):
    rate(project, curve=wave(0.3), lag=of_lag(0.3), **other)
    rate(project, curve=wave(0.9), lag=of_lag(0.9), rater="ben", **other)


def test_raters_agree_once_their_lags_are_removed(project):
    two_raters(project)
    made = agreement_in(project)
    assert made.values == {}
    valence, arousal = made.traces
    assert (valence.dimension, arousal.dimension) == ("valence", "arousal")
    assert (valence.video_id, valence.track_id) == ("talk.mp4", 0)
    assert valence.ccc == pytest.approx(1, abs=0.01)
    assert valence.ccc_before < 0.95
    assert arousal.pcc == pytest.approx(1, abs=0.01)
    assert arousal.pcc_before < 0.8
    assert valence.lag_s == {"ann": 0.3, "ben": 0.9}
    # Ben speaks of what he saw up to .9 s before the end.
    assert valence.seconds == pytest.approx(2.0, abs=0.21)


def test_one_dimension_alone(project):
    two_raters(project)
    (one,) = agreement_in(project, dimensions=["arousal"]).traces
    assert one.dimension == "arousal"


def test_relative_traces_are_compared_by_their_rise_and_fall(project):
    two_raters(project, mode="relative")
    valence, _ = agreement_in(project).traces
    assert np.isnan(valence.ccc)
    assert valence.pcc > 0.9 > valence.pcc_before or valence.pcc > valence.pcc_before


def test_parts_of_a_rating_count_as_one(project):
    rate(project, curve=wave(0.0), last_s=1.4)
    rate(project, curve=wave(0.0), first_s=1.5)
    rate(project, curve=wave(0.0), rater="ben")
    valence, _ = agreement_in(project).traces
    assert valence.ccc == pytest.approx(1, abs=0.01)
    assert valence.seconds == pytest.approx(2.9, abs=0.21)


def test_who_rates_alone_agrees_with_nobody(project):
    rate(project, curve=wave(0.0))
    with pytest.raises(NothingToLabelError, match="no agreement to measure"):
        agreement_in(project)
