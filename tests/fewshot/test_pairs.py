"""Observations of two tracks: connected tracks are one block of the posterior."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soak import examples

from feltline.errors import InputError, ShapeError
from feltline.fewshot import joined, learn, predict_track, track_posterior
from feltline.fewshot.active.selection import labelled_positions
from feltline.fewshot.gp import observed as states
from feltline.fewshot.gp.features import TrackFeatures
from feltline.fewshot.gp.fit import evidence
from feltline.fewshot.gp.observed import in_stretches
from feltline.types import Observation

CONNECTED = (0, 1, 3)
"""Tracks of `compared` that pairs connect; 2 and 4 are alone."""


def pair(make, tracks, positions, value, **more):
    """How much higher the last track's frame is than the first's."""
    more = {"weight": [-1, 1], "noise": "blind"} | more
    numbers = np.asarray(tracks, np.int64)
    return make.observation(positions, value, track=numbers, **more)


def compared(make, seed=1, *, prior=True, raters=1):
    """Five tracks of one to three raters; 0 is compared with 3, and 3 with 1."""
    project = make.project(seed, prior=prior, tracks=5, n=18, labels=15)
    first, second = project.observations[:2]
    first += [
        make.observation(range(4, 12), [0.2, -0.3], event=50, noise="span"),
        make.observation([3, 15], [0.4, 0.1], event=52, noise="span", weight=[-1, 1]),
        make.observation(6, [np.nan, 0.4], event=60, unsure=True),
    ]
    second += [
        make.observation(11, [np.nan, 0.5], event=53),
        make.observation(14, [0.3, 0.2], event=54, noise="accept"),
        make.observation(16, [0.3, 0.2], event=55, noise="edit"),
        make.observation(range(23), [0.0, 0.1], event=56, noise="clip"),
    ]
    spans = [0, 0, 3, 3, 3], [4, 5, 7, 8, 9]
    mean = [-1 / 2, -1 / 2, 1 / 3, 1 / 3, 1 / 3]
    project.pairs = [
        pair(make, [0, 3], [5, 2], [0.3, -0.5], event=70),
        pair(make, [1, 3], [8, 8], [np.nan, 0.7], event=71, noise="edit"),
        pair(make, *spans, [0.9, np.nan], event=72, noise="span", weight=mean),
        pair(make, [1, 3], [14, 2], [-1.2, 0.1], event=73, noise="accept", unsure=True),
    ]
    several = [*project.observations, project.pairs]
    for k, some in enumerate(several if raters > 1 else []):
        some[:] = [
            replace(one, rater=f"r{(i + k) % raters}") for i, one in enumerate(some)
        ]
    return project


def learnt(project, freedom=0.0, **more):
    rows = zip(project.features, project.observations, project.clips, strict=True)
    more = {"pairs": project.pairs, "schema": project.schema} | more
    return learn(rows, project.prior, freedom=freedom, **more)


def block_of(project, number, connected=CONNECTED):
    """A track before the others of its block, with the pairs that it is given with."""
    if number not in connected:
        return [(project.features[number], project.observations[number])]
    order = [number, *(i for i in connected if i != number)]
    pairs = [
        replace(one, track=np.array([order.index(t) for t in one.track]))
        for one in project.pairs
    ]
    return [
        (project.features[i], [*project.observations[i], *(pairs if not k else [])])
        for k, i in enumerate(order)
    ]


def posterior_of(project, number, model, *, connected=CONNECTED, **more):
    own, *partners = block_of(project, number, connected)
    return track_posterior(model, *own, partners=partners, **more)


@pytest.mark.parametrize("freedom", [0.0, 0.5])
@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("raters", [1, 3])
def test_posterior_is_that_of_one_dense_process(make, naive, prior, freedom, raters):
    project = compared(make, prior=prior, raters=raters)
    model = learnt(project, freedom)
    assert any(one.bias.any() for one in model.rater_effects) == (raters > 1)
    dense = naive(project, model.hyperparameters, model.rater_effects)
    a, b = np.array([0, 4, 9]), np.array([2, 4, 15])
    for number in range(5):
        posterior = posterior_of(project, number, model)
        mean, variance = posterior.predict()
        for j in range(2):
            middle, spread, post = dense.predict(number, j)
            np.testing.assert_allclose(mean[:, j], middle, atol=1e-3)
            np.testing.assert_allclose(variance[:, j], spread, atol=1e-4)
            got = posterior.joint(a, b).covariance[j]
            np.testing.assert_allclose(got, post[np.ix_(a, b)], atol=1e-4)


@pytest.mark.parametrize("seed", [0, 1])
def test_residuals_and_density_are_those_of_the_dense_process(make, naive, seed):
    project = compared(make, seed)
    model = learnt(project)
    dense = naive(project, model.hyperparameters)
    dense.frames = [
        row for i, f in enumerate(project.features) for row in make.frames_of(i, f)
    ]
    blocks = [joined(block_of(project, i)) for i in (0, 2, 4)]
    stretches = [own for block in blocks for own in in_stretches(*block, {})]
    for j, hyper in enumerate(model.hyperparameters):
        assert evidence(hyper, stretches, j)[0] == pytest.approx(
            -dense.log_density(j), abs=1e-5
        )
    posterior, seen = posterior_of(project, 0, model), 0
    (part,) = posterior.stretches
    order = (0, 1, 3)
    for one, closed in zip(part.observed.observations, posterior.residual, strict=True):
        for j in range(2):
            if not one.calibrates or np.isnan(one.value[j]):
                assert np.isnan(closed[j])
                continue
            number = order[one.tracks[0]]
            here = project.observations[number]
            same = next(o for o in here if o.judgement_id == one.judgement_id)
            middle, variance = dense.left_out(number, same, j)
            off = (one.value[j] - middle) / np.sqrt(variance)
            np.testing.assert_allclose(closed[j], off, atol=1e-5)
            seen += 1
    assert seen > 10


def test_a_pair_moves_both_tracks_towards_what_it_says(make):
    project = make.project(3, prior=True, tracks=2, labels=0)
    both: list[tuple[TrackFeatures, list[Observation]]]
    both = [(features, []) for features in project.features]
    said = pair(make, [0, 1], [12, 20], [0.8, -0.8], event=9)
    way = np.array([1, -1])
    for number, sign in ((0, -1), (1, 1)):
        own, other = both[number], both[1 - number]
        one = replace(said, track=said.track if not number else 1 - said.track)
        before = track_posterior(project.prior, *own)
        after = track_posterior(project.prior, own[0], [one], partners=[other])
        moved = (after.predict()[0] - before.predict()[0]) * sign * way
        at = int(said.position[number])
        assert (moved[at] > 0.05).all()
        assert (moved.mean(axis=0) > 0).all()  # its offset, too
        assert (after.predict()[1] <= before.predict()[1] + 1e-6).all()


def test_what_is_said_of_one_track_reaches_what_it_was_compared_with(make):
    """And that by way of a third: 0 with 3, and 3 with 1."""
    project = compared(make)
    model = learnt(project)
    before = posterior_of(project, 1, model).predict()
    project.observations[0].append(make.observation(5, [0.9, 0.9], event=90))
    then = [joined(block_of(compared(make), 1))]
    after = posterior_of(project, 1, model, learnt=then).predict()
    assert np.abs(after[0] - before[0]).max() > 0.005
    assert (after[1] < before[1] + 1e-6).all()


def test_a_block_left_out_of_the_sums_is_one_never_learnt_from(make):
    project = compared(make)
    model, other = learnt(project), compared(make)
    other.pairs = []
    for number in CONNECTED:
        other.observations[number] = []
    without = learnt(other)
    now = project.observations[0][:1]
    then = [joined(block_of(project, 0))]
    got = track_posterior(model, project.features[0], now, learnt=then)
    wanted = track_posterior(without, project.features[0], now, learnt=())
    for mine, theirs in zip(got.predict(), wanted.predict(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)


def test_partners_that_nothing_connects_change_nothing_but_what_is_shared(make):
    project = make.project(4, prior=True, tracks=3, labels=9)
    model = learnt(project)
    every = list(zip(project.features, project.observations, strict=True))
    alone = predict_track(model, *every[0], schema=project.schema)
    beside = predict_track(model, *every[0], partners=every[1:], schema=project.schema)
    for name in ("value", "low", "high", "confidence", "class_probability"):
        np.testing.assert_allclose(
            getattr(beside, name), getattr(alone, name), atol=1e-5
        )
    np.testing.assert_array_equal(beside.evidence, alone.evidence)
    np.testing.assert_array_equal(beside.is_observed, alone.is_observed)


def test_a_pair_never_enters_calibration(make):
    project = make.project(1, tracks=9, n=40, labels=27)
    base = learnt(project)
    assert base.calibration.is_own
    project.pairs = [
        pair(make, [k, k + 1], [5, 6], [1.9, -1.9], event=100 + k) for k in range(8)
    ]
    model = learnt(project)
    assert model.n_judgements == 35
    assert model.calibration.n_judgements == 27
    assert model.calibration.n_clips == 9
    project.observations = [[] for _ in project.observations]
    assert learnt(project).calibration.n_judgements == 0
    assert learnt(project).raters_per_frame == 1


def test_a_pair_labels_no_frame_and_is_no_evidence(make):
    """What names frames stays with judgements of this track alone."""
    project = compared(make)
    project.observations[1].append(
        make.observation(3, [np.nan] * 2, event=80, expression=2)
    )
    model = learnt(project)
    own, *partners = block_of(project, 3)
    posterior = track_posterior(model, *own, partners=partners)
    alone = [o for o in project.observations[3] if o.noise == "blind"]
    at = sorted({o.middle for o in alone})
    assert labelled_positions(posterior).tolist() == at
    got = predict_track(model, *own, partners=partners, schema=project.schema)
    assert np.flatnonzero(got.is_observed).tolist() == at
    assert set(got.evidence.ravel()) <= {-1, *project.tracks[3].frame[at]}
    pairs = [one for one in own[1] if len(one.tracks) > 1]
    unsaid = track_posterior(model, own[0], pairs, partners=partners)
    assert not unsaid.missing.any()
    assert all(not piece.observations for piece in unsaid.pieces())


@settings(max_examples=examples(8), deadline=None)
@given(seed=st.integers(0, 99), flip=st.booleans())
def test_order_of_tracks_and_sides_change_nothing(make, seed, flip):
    """The second less the first is less the first less the second."""
    project = compared(make, 2)
    model = learnt(project)
    before = [posterior_of(project, i, model).predict() for i in range(5)]
    order = np.random.default_rng(seed).permutation(5)
    new_number = np.argsort(order)
    project.pairs = [
        replace(one, track=new_number[one.track]) for one in project.pairs[::-1]
    ]
    if flip:
        project.pairs = [
            replace(one, value=-one.value, weight=-one.weight) for one in project.pairs
        ]
    for name in ("features", "observations", "clips"):
        setattr(project, name, [getattr(project, name)[i] for i in order])
    again = learnt(project)
    for name in ("information", "projection"):
        np.testing.assert_allclose(
            getattr(again.shared, name), getattr(model.shared, name), rtol=1e-9
        )
    moved = [new_number[i] for i in CONNECTED]
    for i, (mean, variance) in zip(new_number, before, strict=True):
        got = posterior_of(project, i, again, connected=moved).predict()
        np.testing.assert_allclose(got[0], mean, atol=1e-5)
        np.testing.assert_allclose(got[1], variance, atol=1e-6)


def test_the_slope_of_the_evidence_of_a_block_is_its_derivative(make):
    project = compared(make)
    stretches = list(in_stretches(*joined(block_of(project, 0)), {}))
    hyper = project.prior.hyperparameters[0]
    vector = hyper.to_vector()

    def value(vector):
        return evidence(hyper.from_vector(vector), stretches, 0)

    numeric = np.array(
        [
            (value(vector + s)[0] - value(vector - s)[0]) / 2e-3
            for s in 1e-3 * np.eye(len(vector))
        ]
    )
    exact = hyper.in_order(value(vector)[1])
    np.testing.assert_allclose(exact, numeric, rtol=2e-3, atol=2e-3)


def test_a_block_too_large_to_solve_is_refused(make, monkeypatch):
    project = compared(make)
    monkeypatch.setattr(states, "MOST_IN_BLOCK", 15)
    with pytest.raises(InputError, match=r"3 tracks .* have 20 .* at most 15"):
        learnt(project)
    project.pairs = []
    assert learnt(project).n_judgements == 22


def test_frames_that_are_not_there_are_named(make):
    project = compared(make)
    project.pairs.append(pair(make, [3, 7], [0, 0], [0.1, 0.1], event=99))
    with pytest.raises(ShapeError, match="pairs weigh track 7, but there are 5"):
        learnt(project)
    project.pairs[-1] = pair(make, [3, 1], [40, 0], [0.1, 0.1], event=99)
    with pytest.raises(ShapeError, match=r"judgement 99 weighs positions \[40  0\]"):
        learnt(project)
    lost = [project.pairs[0]]
    with pytest.raises(ShapeError, match="give all tracks that it weighs"):
        track_posterior(project.prior, project.features[0], lost)
    with pytest.raises(ShapeError, match="a class is said of one track"):
        pair(make, [0, 1], [0, 0], [0.1, 0.1], expression=2)
