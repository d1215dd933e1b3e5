"""A lead decides between raters: what stands, and what the engine learns from it."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.projects import judgement_of

from feltline.fewshot import observations_of
from feltline.formats import ORIGINS
from feltline.project import SOURCES, annotate, lay_over
from feltline.store import StoredJudgement
from feltline.types import DEFAULT_SCHEMA, FaceTrack

N = 20
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TRACK = FaceTrack(
    video_id="talk.mp4",
    track_id=0,
    frame=np.arange(N, dtype=np.int64),
    time_s=np.arange(N) / 10,
    box_xyxy=np.tile(np.array([0, 0, 9, 9], np.float32), (N, 1)),
    quality=np.ones(N, np.float32),
)
HAPPY, SAD = (DEFAULT_SCHEMA.class_index(name) for name in ("happiness", "sadness"))


def says(rater, frame, value=(), **other):
    return judgement_of(frame, value, rater=rater, **other)


def resolves(frame, value=(), **other):
    return says("lead", frame, value, purpose="resolve", **other)


def log_of(*judgements):
    return [
        StoredJudgement(event_id=at, at=NOW, found_track_id=0, judgement=one)
        for at, one in enumerate(judgements, start=1)
    ]


def standing(*judgements):
    return annotate(TRACK.frame, log_of(*judgements), DEFAULT_SCHEMA)


def learnt(*judgements):
    """Rater, frames, value and class of each observation."""
    return [
        (one.rater, one.position.tolist(), one.value.tolist(), one.expression)
        for one in observations_of(TRACK, log_of(*judgements), DEFAULT_SCHEMA)
    ]


def test_a_resolution_stands_over_earlier_and_later_judgements():
    given_all = (
        says("ann", 5, (0.5, 0.5), expression="happiness"),
        resolves(5, (-0.25, 0.25), expression="sadness"),
        says("ben", 5, (0.75, 0.75), expression="happiness"),
    )
    made = standing(*given_all)
    assert made.value[5].tolist() == [-0.25, 0.25]
    assert made.expression[5] == SAD
    assert (made.value_raters[5], made.class_raters[5]) == (1, 1)
    assert SOURCES[made.value_source[5]] == "frame"
    rows = lay_over(made, None, DEFAULT_SCHEMA)
    assert ORIGINS[rows.origin[5]] == "human"
    # Each rater's own stays, for measures of agreement.
    assert sorted(made.raters) == ["ann", "ben"]
    assert made.raters["ben"].value[5].tolist() == [0.75, 0.75]
    assert learnt(*given_all) == [("lead", [5], [-0.25, 0.25], SAD)]


def test_a_later_resolution_replaces_an_earlier_one_whoever_gives_it():
    both = (
        resolves(5, (0.5, 0.5)),
        says("other", 5, (-0.5, -0.5), purpose="resolve"),
    )
    assert standing(*both).value[5].tolist() == [-0.5, -0.5]
    assert learnt(*both) == [("other", [5], [-0.5, -0.5], -1)]


def test_what_a_resolution_leaves_open_stays_the_raters():
    said = (
        says("ann", 5, (0.5, 0.5), expression="happiness"),
        says("ben", 5, (0.25, 0.25)),
        resolves(5, (-0.25, None)),
    )
    made = standing(*said)
    assert made.value[5].tolist() == [-0.25, 0.375]
    assert made.expression[5] == HAPPY
    by_rater = {rater: value for rater, _, value, _ in learnt(*said)}
    assert np.isnan(by_rater["ann"][0])
    assert by_rater["ann"][1] == 0.5
    assert by_rater["lead"][0] == -0.25


def test_a_resolution_may_reject_and_a_later_one_bring_back():
    rejected = (
        says("ann", 5, (0.5, 0.5)),
        resolves(5, decision="reject"),
        says("ben", 5, (0.5, 0.5)),
    )
    made = standing(*rejected)
    assert made.rejected[5]
    assert not made.has_value[5]
    assert SOURCES[made.value_source[5]] == "set-aside"
    assert learnt(*rejected) == []
    back = (*rejected, resolves(5, (0.1, 0.1)))
    assert standing(*back).value[5].tolist() == [0.1, 0.1]
    assert not standing(*back).rejected[5]
    assert learnt(*back) == [("lead", [5], [0.1, 0.1], -1)]


def test_a_resolution_stands_over_a_rejection():
    said = (
        resolves(5, (0.1, 0.1)),
        says("ann", 5, decision="reject"),
    )
    assert standing(*said).value[5].tolist() == [0.1, 0.1]
    assert learnt(*said) == [("lead", [5], [0.1, 0.1], -1)]


@pytest.mark.parametrize("purpose", ["training", "honeypot"])
def test_practice_and_tests_teach_nothing_and_settle_nothing(purpose):
    known = says("ann", 5, (1.0, 1.0), purpose=purpose, expression="happiness")
    before = says("ann", 5, (0.25, 0.25))
    made = standing(known)
    assert not made.has_value.any()
    assert not made.reviewed.any()
    assert learnt(known) == []
    # Nor do they replace what the rater said in earnest.
    assert standing(before, known).value[5].tolist() == [0.25, 0.25]
    assert learnt(before, known) == learnt(before)


acts = st.lists(
    st.tuples(
        st.sampled_from(["ann", "ben", "lead"]),
        st.integers(0, N - 1),
        st.integers(0, 5),
        st.tuples(*[st.sampled_from((-0.5, 0.25, 0.75))] * 2),
        st.booleans(),
    ),
    max_size=8,
)


def act(rater, first, length, value, rejects):
    last = min(first + length, N - 1)
    return says(
        rater,
        first,
        () if rejects else value,
        last_frame=last,
        scope="span" if first < last else "frame",
        purpose="resolve" if rater == "lead" else "work",
        decision="reject" if rejects else "label",
    )


@settings(max_examples=60)
@given(acts)
def test_a_frame_has_the_value_of_its_last_resolution(acts):
    given_all = [act(*one) for one in acts]
    made = standing(*given_all)
    seen = observations_of(TRACK, log_of(*given_all), DEFAULT_SCHEMA)
    for frame in range(N):
        own = [
            one
            for one in given_all
            if one.purpose == "resolve" and one.first_frame <= frame <= one.last_frame
        ]
        if not own:
            continue
        raters = {one.rater for one in seen if frame in one.position.tolist()}
        if own[-1].decision == "reject":
            assert made.rejected[frame]
            assert not raters
        else:
            assert made.value[frame].tolist() == list(own[-1].value)
            assert raters == {"lead"}
