from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feltline.errors import InputError, NothingToLabelError, ShapeError
from feltline.fewshot import Choices, LabelOptions, fill, label_tracks
from feltline.fewshot.gp import posterior as states
from feltline.fewshot.gp.conditioning import shipped_for
from feltline.fewshot.gp.kernel import closeness

ARRAYS = ("affect", "low", "high", "confidence", "expression", "is_human", "evidence")


def assert_alike(got, wanted, tracks):
    """The same estimates, whatever order the work was done in."""
    for number in range(tracks):
        a, b = got.estimate(number), wanted.estimate(number)
        assert (a is None) == (b is None)
        if a is None or b is None:
            continue
        for name in ARRAYS:
            np.testing.assert_allclose(
                getattr(a, name), getattr(b, name), atol=2e-6, err_msg=name
            )
        assert (a.run_id, a.calibration, a.method) == (
            b.run_id,
            b.calibration,
            b.method,
        )


def taken(support, at):
    """The labels at these places."""
    return type(support)(
        video_id=tuple(support.video_id[i] for i in at),
        track_id=support.track_id[at],
        frame=support.frame[at],
        affect=support.affect[at],
        expression=support.expression[at],
        rater=tuple(support.rater[i] for i in at),
    )


def rows_of(support, track):
    return taken(support, np.flatnonzero(support.of_track(track)))


def put(a, b):
    return type(a)(
        video_id=a.video_id + b.video_id,
        track_id=np.concatenate([a.track_id, b.track_id]),
        frame=np.concatenate([a.frame, b.frame]),
        affect=np.concatenate([a.affect, b.affect]),
        expression=np.concatenate([a.expression, b.expression]),
        rater=a.rater + b.rater,
    )


def choices_of(track, rows):
    return Choices(
        video_id=(track.video_id,) * len(rows),
        track_id=np.full(len(rows), track.track_id, np.int64),
        frame=np.array([frame for frame, _ in rows], np.int64),
        expression=np.array([chosen for _, chosen in rows], np.int64),
    )


@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("change", ["add", "replace", "remove", "last", "two raters"])
def test_exchanging_labels_is_as_good_as_a_full_refit(make, prior, change):
    tracks, seen, support = make.project(5, prior=prior, tracks=3, labels=9)
    support = replace(support, expression=np.arange(9) % 8)
    strange = [np.linspace(0, 1.4, len(t), dtype=np.float32) for t in tracks]
    number = 1
    track = tracks[number]
    own = rows_of(support, track)
    others = taken(support, np.flatnonzero(~support.of_track(track)))
    new = {
        "add": put(own, make.support([(track, int(track.frame[20]), 0.4, -0.6)])),
        "replace": replace(own, affect=-own.affect, expression=own.expression[::-1]),
        "remove": taken(own, np.array([0, 2])),
        "last": make.support([]),
        "two raters": put(own, replace(own, affect=own.affect / 2, rater=("you",) * 3)),
    }[change]
    base = fill(tracks, seen, support, run_id="a", strangeness=strange)
    theta = base.posterior.hyperparameters
    got = base.with_track_labels(number, new, "a+7")
    wanted = fill(
        tracks,
        seen,
        put(others, new),
        run_id="a+7",
        around=theta,
        strangeness=strange,
        learn=False,
    )
    assert_alike(got, wanted, 3)
    np.testing.assert_array_equal(got.posterior.hyperparameters, theta)
    np.testing.assert_allclose(
        got.posterior.residual, wanted.posterior.residual, atol=1e-8
    )
    assert got.run_id == "a+7"
    assert len(got.support) == len(others) + len(new)
    assert base.run_id == "a"
    assert len(base.support) == 9, "the first one is left as it was"


def test_the_very_last_label_may_be_taken_back(make):
    tracks, seen, _ = make.project(1, prior=True)
    support = make.support([(tracks[1], 9, 0.5, 0.5)])
    none = make.support([])
    empty = fill(tracks, seen, none)
    assert_alike(
        fill(tracks, seen, support, around=shipped_for(seen), learn=False)
        .with_track_labels(1, none, "")
        .with_track_labels(0, none, ""),
        empty,
        2,
    )
    assert_alike(
        empty.with_track_labels(1, support, "r"),
        fill(tracks, seen, support, run_id="r", learn=False),
        2,
    )


@settings(max_examples=8, deadline=None)
@given(
    moves=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 29), st.booleans()),
        min_size=1,
        max_size=6,
    )
)
def test_any_way_to_the_same_labels_ends_in_the_same_place(make, moves):
    tracks, seen, _ = make.project(6, prior=True, tracks=3)
    filling = fill(tracks, seen, make.support([]))
    labels: dict[int, dict[int, tuple[float, float]]] = {i: {} for i in range(3)}
    for number, at, gone in moves:
        if gone and labels[number]:
            labels[number].popitem()
        else:
            labels[number][at] = (at / 30, -number / 3)
        track = tracks[number]
        rows = [(track, int(track.frame[p]), *v) for p, v in labels[number].items()]
        filling = filling.with_track_labels(number, make.support(rows), "r")
    rows = [
        (track, int(track.frame[p]), *v)
        for track, mine in zip(tracks, labels.values(), strict=True)
        for p, v in mine.items()
    ]
    wanted = fill(tracks, seen, make.support(rows), run_id="r", learn=False)
    assert_alike(filling, wanted, 3)


@pytest.mark.parametrize("prior", [False, True])
def test_label_tracks_is_a_filling_looked_at_once(make, prior):
    tracks, seen, support = make.project(2, prior=prior)
    options = LabelOptions(coverage=0.7, tolerance=0.1)
    once = label_tracks(tracks, seen, support, options, run_id="r")
    kept = fill(tracks, seen, support, options, run_id="r")
    for number, a in enumerate(once):
        b = kept.estimate(number)
        assert a is not None
        assert b is not None
        for name in ARRAYS:
            np.testing.assert_allclose(getattr(a, name), getattr(b, name), atol=1e-6)
        assert (b.coverage, b.tolerance) == (0.7, 0.1)
    assert kept.support is support


def test_before_any_label_the_encoder_speaks_alone(make):
    tracks, seen, _ = make.project(1, prior=True)
    filling = fill(tracks, seen, make.support([]), run_id="none")
    for number, track in enumerate(tracks):
        got = filling.estimate(number)
        assert got is not None
        assert not got.is_human.any()
        assert (got.evidence == -1).all()
        assert (got.confidence > 0).all()
        assert (got.confidence < 1).all()
        assert got.calibration.startswith("shipped residuals")
        assert len(got) == len(track)


def test_without_opinion_and_label_there_is_no_estimate_but_a_confidence(make):
    tracks, seen, _ = make.project(1)
    filling = fill(tracks, seen, make.support([]))
    assert filling.estimate(0) is None
    assert filling.estimate(1) is None
    sure = filling.confidence_at(0, np.arange(5))
    assert (sure > 0).all()
    assert (sure < 0.8).all()
    told = filling.with_track_labels(0, make.support([(tracks[0], 3, 0.1, 0.1)]), "r")
    assert told.estimate(0) is not None
    assert told.estimate(1) is None


def test_confidence_of_some_frames_is_that_of_the_estimate(make):
    quality = np.linspace(0, 1, 40)
    track, seen = make.track(quality=quality), make.embeddings(prior=True)
    strange = [np.linspace(0.5, 1.5, 40, dtype=np.float32)]
    support = make.support([(track, 4, 0.5, 0.1), (track, 33, -0.2, 0.1)])
    filling = fill([track], [seen], support, strangeness=strange)
    whole = filling.estimate(0)
    assert whole is not None
    assert whole.confidence[4] == 1
    at = np.array([39, 4, 0, 12, 12, 33, 7])
    np.testing.assert_allclose(
        filling.confidence_at(0, at), whole.confidence[at], atol=1e-6
    )
    assert filling.confidence_at(0, np.array([4]))[0] == 1


def test_calibration_follows_the_labels(make):
    tracks, seen, support = make.project(1, tracks=9, n=8, labels=27)
    filling = fill(tracks, seen, support)
    assert filling.calibration.words.startswith("leave-one-label-out")
    fewer = filling.with_track_labels(4, make.support([]), "r")
    assert fewer.calibration.words.startswith("shipped")
    again = fewer.with_track_labels(4, rows_of(support, tracks[4]), "r")
    np.testing.assert_allclose(again.calibration.reach, filling.calibration.reach)
    more = put(
        rows_of(support, tracks[4]),
        make.support([(tracks[4], int(tracks[4].frame[0]), -1, 1)]),
    )
    moved = filling.with_track_labels(4, more, "r").calibration
    assert np.abs(moved.reach - filling.calibration.reach).max() > 1e-3


@pytest.mark.parametrize("prior", [False, True])
def test_a_class_without_a_value_teaches_classes_alone(make, prior):
    tracks, seen, support = make.project(3, prior=prior, labels=6)
    at = 12
    chosen = choices_of(tracks[0], [(int(tracks[0].frame[at]), 4)])
    plain = fill(tracks, seen, support)
    told = fill(tracks, seen, support, choices=chosen)
    before, after = plain.estimate(0), told.estimate(0)
    assert before is not None
    assert after is not None
    for name in ("affect", "low", "high", "confidence", "is_human", "evidence"):
        np.testing.assert_allclose(
            getattr(after, name), getattr(before, name), atol=1e-6
        )
    np.testing.assert_array_equal(after.expression[at], np.eye(8)[4])
    if prior:
        assert (after.expression[:, 4] >= before.expression[:, 4] - 1e-6).all()
        near = closeness(
            plain.posterior.hyperparameters,
            plain.posterior.points[0],
            plain.posterior.points[0].at(np.array([at])),
        )[:, 0]
        near[at] = 0
        closest = int(near.argmax())
        assert after.expression[closest, 4] > before.expression[closest, 4]
    again = plain.with_track_labels(0, rows_of(support, tracks[0]), "", chosen)
    assert_alike(again, told, 2)
    off = told.with_track_labels(0, rows_of(support, tracks[0]), "")
    assert_alike(off, plain, 2)
    assert len(told.choices) == 1
    assert len(off.choices) == 0


def test_classes_of_one_track_alone_are_enough_where_the_encoder_speaks(make):
    tracks, seen, _ = make.project(3, prior=True)
    none = make.support([])
    chosen = choices_of(tracks[1], [(int(tracks[1].frame[0]), 2)])
    got = fill(tracks, seen, none, choices=chosen).estimate(1)
    assert got is not None
    assert got.expression[0, 2] == 1
    assert not got.is_human.any()
    blind, unseen, _ = make.project(3)
    assert fill(blind, unseen, none, choices=chosen).estimate(1) is None


def test_a_class_beside_another_raters_value_counts_with_it(make):
    track, seen = make.track(), make.embeddings()
    support = make.support([(track, 4, 0.5, 0.1), (track, 9, 0, 0)], expression=[3, -1])
    for extra, wanted in (([6], 3), ([6, 6], 6), ([2], 2)):
        chosen = choices_of(track, [(4, c) for c in extra])
        got = fill([track], [seen], support, choices=chosen).estimate(0)
        assert got is not None
        assert got.expression[4].argmax() == wanted
        np.testing.assert_allclose(got.affect[4], [0.5, 0.1])


def test_wrong_choices_are_refused(make):
    track, seen = make.track(), make.embeddings()
    with pytest.raises(ShapeError, match="from 0 to 7"):
        choices_of(track, [(4, 8)])
    with pytest.raises(ShapeError, match="one video, face, frame and class each"):
        replace(choices_of(track, [(4, 1)]), video_id=())
    with pytest.raises(ShapeError, match="names frame 99 of face 0"):
        fill([track], [seen], make.support([]), choices=choices_of(track, [(99, 1)]))


def test_labels_of_another_track_are_refused(make):
    tracks, seen, support = make.project(3)
    filling = fill(tracks, seen, support)
    with pytest.raises(ShapeError, match="no such track"):
        filling.with_track_labels(0, rows_of(support, tracks[1]), "r")


def test_what_cannot_be_filled_is_refused(make):
    track, seen = make.track(), make.embeddings()
    support = make.support([(track, 3, 0, 0)])
    with pytest.raises(InputError, match=r"only the engine \(gp\).*not nearest"):
        fill([track], [seen], support, LabelOptions(method="nearest"))
    with pytest.raises(NothingToLabelError, match="at least one face"):
        fill([], [], make.support([]))


def test_a_track_of_very_many_labels_names_evidence_nearby(make, monkeypatch):
    monkeypatch.setattr(states, "MOST_IN_BLOCK", 6)
    monkeypatch.setattr(states, "CHUNK", 16)
    track, seen = make.track(60), make.embeddings(60)
    frames = list(range(0, 60, 4))
    support = make.support(
        [(track, f, np.sin(f / 9), 0) for f in frames],
        expression=[f // 4 % 8 for f in frames],
    )
    got = fill([track], [seen], support).estimate(0)
    assert got is not None
    np.testing.assert_array_equal(got.evidence[frames, 0], frames)
    assert set(got.evidence.ravel()) <= set(frames)
    assert len(set(got.evidence[31])) == 3
    np.testing.assert_allclose(got.expression.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(got.expression[0], np.eye(8)[0])


def test_a_filling_keeps_looks_but_no_embeddings(make):
    tracks, seen, support = make.project(3)
    filling = fill(tracks, seen, support)
    assert [len(look) for look in filling.looks] == [len(t) for t in tracks]
    held = [getattr(filling, name) for name in filling.__slots__]
    assert not any(isinstance(one, type(seen[0])) for one in held)
