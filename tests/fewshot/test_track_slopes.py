"""A track's own weights on the zero-shot predictions of all dimensions."""

from dataclasses import replace

import numpy as np
import pytest

from feltline.fewshot.gp.kernel import distances, own_covariance, own_gradients
from feltline.fewshot.model import default_model, learn, track_posterior

N = 30


def project_of(make, **hyper):
    """Two tracks of one unchanging look; the zero-shot prediction alone varies."""
    project = make.project(3, prior=True, labels=0)
    project.features[:] = [
        replace(one, appearance=np.zeros_like(one.appearance))
        for one in project.features
    ]
    hypers = tuple(replace(h, **hyper) for h in project.prior.hyperparameters)
    project.prior = default_model(
        basis=project.basis,
        schema=project.schema,
        has_zero_shot=[True, True],
        hyperparameters=hypers,
    )
    return project


def learnt(project):
    rows = zip(project.features, project.observations, project.clips, strict=True)
    return learn(rows, project.prior, schema=project.schema, freedom=0.0)


def test_a_track_that_is_read_the_wrong_way_round_turns_for_itself_alone(make):
    """One person's sneer taken for a smile says nothing of the others' smiles."""
    errors: dict[float, list] = {}
    for variance in (1e-9, 0.3):
        project = project_of(make, track_slope=variance)
        read = [one.zero_shot[:, 1].astype(np.float64) for one in project.features]
        truth = [-read[0], read[1]]
        labelled = [np.argsort(one[:, 0])[[2, 8, -9, -3]] for one in read]
        for number, some in enumerate(labelled):
            project.observations[number] = [
                make.observation(p, truth[number][p], event=10 * number + k + 1)
                for k, p in enumerate(some)
            ]
        model = learnt(project)
        errors[variance] = []
        for number in range(2):
            mean, _ = track_posterior(
                model, project.features[number], project.observations[number]
            ).predict()
            rest = np.setdiff1d(np.arange(len(mean)), labelled[number])
            off = (mean - truth[number])[rest]
            errors[variance].append(np.sqrt((off**2).mean()))
    (wrong_before, right_before), (wrong, right) = errors.values()
    assert wrong < 0.6 * wrong_before
    assert right < right_before


def test_the_other_dimensions_prediction_carries_over_within_the_track(make):
    """Where excitement always is distress, arousal's prediction tells valence."""
    project = project_of(make, track_slope=0.3)
    read = project.features[0].zero_shot[:, 1].astype(np.float64)
    some = np.argsort(read[:, 1])[[1, 5, 10, -11, -6, -2]]
    value = np.stack([-read[:, 1], read[:, 1]], axis=1)
    project.observations[0] = [
        make.observation(p, value[p], event=k + 1) for k, p in enumerate(some)
    ]
    mean, _ = track_posterior(
        learnt(project), project.features[0], project.observations[0]
    ).predict()
    rest = np.setdiff1d(np.arange(N), some)
    assert np.corrcoef(mean[rest, 0], read[rest, 1])[0, 1] < -0.8


def test_without_a_zero_shot_prediction_tracks_have_no_slopes(make):
    project = make.project(2, labels=4)
    spread = []
    for variance in (1e-9, 5.0):
        hypers = tuple(
            replace(h, track_slope=variance) for h in project.prior.hyperparameters
        )
        prior = default_model(
            basis=project.basis,
            schema=project.schema,
            has_zero_shot=[False, False],
            hyperparameters=hypers,
        )
        posterior = track_posterior(
            prior, project.features[0], project.observations[0], learnt=()
        )
        spread.append(posterior.predict())
    np.testing.assert_allclose(spread[0], spread[1], atol=1e-6)


@pytest.mark.parametrize(
    "name", ["offset_variance", "track_slope", "time_variance", "appearance_scale"]
)
def test_gradients_are_those_of_the_covariance(make, name):
    project = make.project(2, prior=True)
    features, step = project.features[0], 1e-2
    apart = distances(features, features, np.float64)
    hyper = project.prior.hyperparameters[0]
    size = getattr(hyper, name)
    low, high = (
        own_covariance(
            replace(hyper, **{name: size * np.exp(sign * step)}), features, apart
        )
        for sign in (-1, 1)
    )
    got = own_gradients(hyper, features, apart)[name]
    np.testing.assert_allclose(got, (high - low) / (2 * step), atol=2e-5)
