"""Traces in a project: what the engine learns from them, and where they lie."""

import numpy as np
import pytest
from tests.project.test_predicting import predicted
from tests.projects import judge

from feltline.pipeline import propagate
from feltline.project import (
    Predictor,
    is_due,
    learn,
    load_video,
    rebuild,
)
from feltline.project.learning import changed_since
from feltline.project.trace_lags import keep_raters_lags
from feltline.store import GivenTrace, NewTrace, TraceLag, TrackEdit


def rising(time_s):
    """From low to high over the three seconds of talk.mp4, both dimensions alike."""
    return np.column_stack([time_s / 1.5 - 1] * 2)


def given(curve=rising, rate_hz=10.0, first_s=0.0, last_s=2.9, **other):
    """A trace of the face of talk.mp4, which has 15 frames a second."""
    n = round((last_s - first_s) * rate_hz) + 1
    time_s = np.linspace(first_s, last_s, n)
    said = {
        "video_id": "talk.mp4",
        "track_id": 0,
        "first_frame": round(first_s * 15),
        "last_frame": int(last_s * 15),
        "dimensions": ("valence", "arousal"),
        "mode": "bounded",
        "device": "mouse",
        "speed": 1.0,
        "time_s": time_s,
        "value": np.clip(curve(time_s), -1, 1),
        "rater": "ann",
    }
    return GivenTrace(**(said | other))


def rate(project, *, found=0, lag=None, **other):
    """Give a trace; returns the event's number."""
    new = NewTrace(trace=given(**other), found_track_id=found, lag=lag)
    (saved,) = project.store.give_traces([new])
    return saved.event_id


def of_lag(lag_s, method="model"):
    return TraceLag(lag_s=lag_s, low_s=lag_s, high_s=lag_s, method=method)


def observed(project, track_id=0, name="talk.mp4"):
    """Time, first and last frame and value of each stretch that is learnt from."""
    video = load_video(project, name)
    frame = video.track(track_id).frame
    return [
        (one.time_s, int(frame[one.position[0]]), int(frame[one.position[-1]]), *value)
        for one in video.observations_of(track_id)
        if one.noise == "trace"
        for value in [one.value]
    ]


# --- what is learnt


def test_a_trace_changes_the_prediction_of_its_track_and_undo_takes_it_back(project):
    before, beside = predicted(project), predicted(project, name="pair.mp4")
    rate(project)
    after = predicted(project)
    assert after[0, 0] < before[0, 0] - 0.3
    np.testing.assert_array_equal(predicted(project, name="pair.mp4"), beside)
    project.store.undo(rater="ann")
    np.testing.assert_array_equal(predicted(project), before)
    project.store.redo(rater="ann")
    np.testing.assert_array_equal(predicted(project), after)


def test_propagate_learns_from_traces(project):
    before = learn(project)
    beside = predicted(project, name="pair.mp4")
    assert not is_due(project)
    rate(project)
    assert changed_since(project, before) == 1
    assert is_due(project)
    learnt = propagate(project).model
    assert (learnt.n_judgements, changed_since(project, learnt)) == (1, 0)
    assert learnt.model_id != before.model_id
    # What a trace of one face teaches is used for the others.
    assert np.abs(predicted(project, name="pair.mp4") - beside).max() > 0.01
    event = project.store.last_event_id()
    assert learn(project).model_id == learnt.model_id
    assert project.store.last_event_id() == event
    np.testing.assert_allclose(
        predicted(project, rebuild(project, event_id=event), at=event),
        predicted(project),
        atol=1e-9,
    )
    project.store.undo(rater="ann")
    assert is_due(project)
    assert learn(project).model_id == before.model_id


def test_however_often_a_trace_is_sampled_the_prediction_is_the_same(project):
    found = []
    for rate_hz in (5.0, 25.0):
        rate(project, rate_hz=rate_hz)
        found.append(predicted(project))
        project.store.undo(rater="ann")
    assert np.abs(found[0] - found[1]).max() < 0.01


def test_the_lag_is_taken_off(project):
    event = rate(project)
    first = observed(project)
    project.store.set_trace_lag(event, of_lag(1.0))
    later = observed(project)
    # What was said at 2.25 s is of 1.25 s, and what was said before 1 s of nothing.
    at = {round(one[0], 2): one[3] for one in later}
    assert at[1.25] == pytest.approx(2.25 / 1.5 - 1, abs=0.01)
    assert len(later) == len(first) - 2
    np.testing.assert_array_equal(
        predicted(project), predicted(project, Predictor(project))
    )


def test_another_lag_makes_a_model_learn_anew_only_when_it_is_asked(project):
    event = rate(project)
    model = learn(project)
    project.store.set_trace_lag(event, of_lag(0.5, "set"), rater="ann")
    assert not is_due(project)
    assert learn(project).model_id != model.model_id


def test_nothing_is_learnt_from_a_relative_trace(project):
    before, model = predicted(project), learn(project)
    rate(project, mode="relative")
    assert observed(project) == []
    np.testing.assert_array_equal(predicted(project), before)
    assert changed_since(project, model) == 0


def test_one_dimension_alone_says_nothing_of_the_other(project):
    rate(project, dimensions=("arousal",), curve=lambda t: rising(t)[:, :1])
    found = np.array([one[3:] for one in observed(project)])
    assert np.isnan(found[:, 0]).all()
    assert np.isfinite(found[:, 1]).all()


# --- what other answers take off it


def test_what_a_rater_rates_again_replaces_what_was_rated_there(project):
    rate(project)
    rate(project, first_s=1.5, curve=lambda t: 0 * rising(t))
    rate(project, rater="ben")
    video = load_video(project, "talk.mp4")
    by_rater: dict[str, list[tuple[float, float]]] = {"ann": [], "ben": []}
    for one in video.observations_of(0):
        assert one.time_s is not None
        by_rater[one.rater].append((one.time_s, one.value[0]))
    late = [value for at, value in by_rater["ann"] if at > 1.5]
    assert late == [0, 0, 0]
    assert len(by_rater["ann"]) == len(by_rater["ben"])
    project.store.undo(rater="ann")
    assert 0 not in [one[3] for one in observed(project)]


def test_a_later_reject_takes_its_frames_off_a_trace_and_an_earlier_one_does_not(
    project,
):
    reject = {"scope": "span", "first_frame": 0, "last_frame": 14}
    judge(project, 0, decision="reject", **reject)
    rate(project)
    assert min(one[1] for one in observed(project)) < 15
    judge(project, 0, decision="reject", rater="ben", **reject)
    assert min(one[1] for one in observed(project)) >= 15


def test_a_resolution_stands_over_traces_in_the_dimensions_that_it_gives(project):
    span = {"scope": "span", "first_frame": 0, "last_frame": 14}
    judge(project, 0, (0.5, None), purpose="resolve", **span)
    rate(project)
    for _, _, last, valence, arousal in observed(project):
        assert np.isfinite(arousal)
        assert np.isnan(valence) == (last < 15)


# --- track edits


def edit(project, kind, track_id, frame=None, other=None):
    made = TrackEdit(
        video_id="talk.mp4",
        kind=kind,
        track_id=track_id,
        frame=frame,
        other_track_id=other,
    )
    return project.store.edit_track(made, rater="lead")


def test_a_trace_goes_with_a_split_onto_the_track_that_shows_most_of_it(project):
    rate(project)
    split = edit(project, "split", 0, 15, 1)
    video = load_video(project, "talk.mp4")
    (placed,) = video.traces
    assert (placed.track_id, placed.first_frame) == (1, 15)
    assert video.observations_of(0) == []
    assert [round(one[0], 2) for one in observed(project, 1)] == [
        1.25,
        1.75,
        2.25,
        2.68,
    ]
    project.store.undo(rater="lead", event_id=split)
    assert len(observed(project)) == 6


def test_a_trace_says_nothing_of_frames_that_came_to_its_track_later(project):
    edit(project, "split", 0, 15, 1)
    # Rated over the whole video, while the face was marked in the first second only.
    rate(project, last_frame=14)
    edit(project, "merge", 1, other=0)
    (placed,) = load_video(project, "talk.mp4").traces
    assert (placed.track_id, placed.first_frame, placed.last_frame) == (0, 0, 14)
    assert max(one[2] for one in observed(project)) <= 14


def test_a_trace_on_an_ignored_face_is_left_out(project):
    rate(project)
    edit(project, "ignore", 0)
    assert load_video(project, "talk.mp4").traces == ()


# --- lags against other raters


def wave(shift_s):
    def curve(time_s):
        at = time_s - shift_s
        return np.column_stack([np.sin(at * 1.1), np.cos(at * 1.7)]) * 0.6

    return curve


def test_raters_are_compared_before_a_model_is_learnt(project):
    ann = rate(project, curve=wave(0.0), lag=of_lag(0.6))
    ben = rate(project, curve=wave(0.5), lag=of_lag(0.6), rater="ben")
    learn(project)
    lag = {one.trace_event_id: one for one in project.store.trace_lags()}
    assert {one.lag.method for one in lag.values()} == {"raters"}
    assert [one.rater for one in lag.values()] == ["", ""]
    apart = lag[ben].lag.lag_s - lag[ann].lag.lag_s
    assert apart == pytest.approx(0.5, abs=0.2)
    assert np.mean([lag[n].lag.lag_s for n in (ann, ben)]) == pytest.approx(
        0.6, abs=0.1
    )
    assert keep_raters_lags(project) == 0


def test_lags_that_people_set_or_took_back_stay_so(project):
    ann = rate(project, curve=wave(0.0), lag=of_lag(0.6))
    ben = rate(project, curve=wave(0.5), lag=of_lag(0.9), rater="ben")
    project.store.set_trace_lag(ann, of_lag(0.1, "set"), rater="ann")
    assert keep_raters_lags(project) == 1
    (made,) = [o for o in project.store.trace_lags() if o.lag.method == "raters"]
    assert made.trace_event_id == ben
    assert made.lag.lag_s == pytest.approx(0.6, abs=0.05)
    project.store.undo(rater="lead", event_id=made.event_id, of_anyone=True)
    assert keep_raters_lags(project) == 0
    assert [o.lag.lag_s for o in project.store.trace_lags()] == [0.6, 0.9, 0.1]
    rate(project, curve=wave(0.2), lag=of_lag(0.6), rater="cho")
    assert keep_raters_lags(project) >= 1


def test_a_rater_alone_is_compared_with_nobody(project):
    rate(project, curve=wave(0.0))
    rate(project, curve=wave(0.5))
    assert keep_raters_lags(project) == 0
