from types import SimpleNamespace

import numpy as np
import pytest

from feltline.fewshot.active.query_track import QueryTrack
from feltline.fewshot.gp.features import TrackFeatures, smoothed, trust_of
from feltline.fewshot.model import default_model, track_posterior
from feltline.types import DEFAULT_SCHEMA, Basis, FaceTrack, Observation

WIDTH = 3


def make_track(n=40, *, video="a.mp4", face=0, rate=8.0, first=0, quality=None):
    frame = np.arange(first, first + n, dtype=np.int64)
    good = np.ones(n) if quality is None else np.asarray(quality)
    return FaceTrack(
        video_id=video,
        track_id=face,
        frame=frame,
        time_s=frame / rate,
        box_xyxy=np.tile(np.array([0, 0, 64, 64], np.float32), (n, 1)),
        quality=good.astype(np.float32),
    )


def make_features(track, *, seed=0, zero_shot=False, appearance=None, ood_score=None):
    """A face that moves smoothly, or with the given appearance features."""
    rng, n = np.random.default_rng(seed), len(track)
    if appearance is None:
        phase = np.arange(n)[:, None] / rng.uniform(3, 12, WIDTH)
        appearance = np.sin(phase + rng.uniform(0, 6, WIDTH))
        appearance += rng.normal(size=(n, WIDTH)) / 10
    value = rng.uniform(-0.8, 0.8, (n, 2)) if zero_shot else np.zeros((n, 2))
    value = value.astype(np.float32)
    scales = [smoothed(track.time_s, value, s) for s in (0.0, 0.1, 0.3)]
    classes = rng.dirichlet(np.ones(8), n) if zero_shot else np.full((n, 8), np.nan)
    return TrackFeatures(
        frame=track.frame,
        time_s=track.time_s,
        appearance=np.asarray(appearance, np.float32),
        zero_shot=np.stack(scales, axis=1),
        ambiguity=rng.uniform(0, 0.2, (n, 2)).astype(np.float32) * zero_shot,
        trust=trust_of(track.quality, ood_score),
        class_probability=classes.astype(np.float32),
        has_zero_shot=np.full(2, zero_shot),
    )


def make_model(*, zero_shot=False, tolerance=0.2):
    basis = Basis(basis_id="b", encoder_id="e", direction=np.zeros((WIDTH, WIDTH)))
    return default_model(
        basis=basis,
        schema=DEFAULT_SCHEMA,
        has_zero_shot=[zero_shot, zero_shot],
        tolerance=tolerance,
    )


def make_observation(position, value=(0.1, 0.1), *, event=1, noise="blind"):
    at = np.atleast_1d(np.asarray(position, np.int64))
    return Observation(
        judgement_id=event,
        position=at,
        weight=np.full(len(at), 1 / len(at)),
        value=np.array(value, np.float64),
        expression=-1,
        rater="me",
        noise=noise,
    )


def make_query(track, *, model=None, positions=(), among=None, **how):
    """One track to ask about, judged at some positions after nothing was learnt."""
    features = make_features(track, **how)
    model = model or make_model(zero_shot=how.get("zero_shot", False))
    observations = [make_observation(p, event=1 + i) for i, p in enumerate(positions)]
    posterior = track_posterior(model, features, observations, learnt=())
    return QueryTrack(track=track, posterior=posterior, among=among)


def naive_covariance(query, a, b, dimension):
    """The documented covariance of frames of one track, entry by entry, noise apart."""
    theta = query.posterior.model.hyperparameters[dimension]
    f = query.posterior.features
    out = np.zeros((len(a), len(b)))
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            x, y = f.appearance[p].astype(float), f.appearance[q].astype(float)
            s, t = f.zero_shot[p, :, dimension], f.zero_shot[q, :, dimension]
            u = np.sqrt(3) * abs(f.time_s[p] - f.time_s[q]) / theta.time_scale_s
            far = ((x - y) ** 2).sum() / theta.appearance_scale**2
            out[i, j] = (
                theta.ridge * (x @ y)
                + theta.level
                + theta.slope * float(s @ t)
                + theta.offset_variance
                + theta.time_variance * (1 + u) * np.exp(-u)
                + theta.appearance_variance * np.exp(-far / 2)
            )
    return out


def naive_gain(query, known, candidate, weight=None):
    """Variance a label would take off all frames, by conditioning from scratch."""
    every = range(len(query.track))
    weight = np.ones(len(query.track)) if weight is None else weight
    gain = 0.0
    for j in range(2):
        noise = query.posterior.rater_noise(j)
        left = []
        for at in (known, [*known, candidate]):
            cov = naive_covariance(query, every, every, j)
            if len(at):
                own = cov[np.ix_(at, at)] + noise * np.eye(len(at))
                cov = cov - cov[:, at] @ np.linalg.solve(own, cov[at])
            left.append(float(np.diag(cov) @ weight))
        gain += left[0] - left[1]
    return gain


@pytest.fixture(scope="session")
def make():
    return SimpleNamespace(
        track=make_track,
        features=make_features,
        model=make_model,
        observation=make_observation,
        query=make_query,
    )


@pytest.fixture(scope="session")
def naive():
    return SimpleNamespace(covariance=naive_covariance, gain=naive_gain)
