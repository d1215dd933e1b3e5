from types import SimpleNamespace

import numpy as np
import pytest

from feltline.fewshot.active.query_track import QueryTrack
from feltline.fewshot.gp.features import TrackFeatures, smoothed, trust_of
from feltline.fewshot.gp.shipped import UNSURE
from feltline.fewshot.labelling import basis_of, features_of
from feltline.fewshot.model import default_model, track_posterior
from feltline.types import (
    DEFAULT_SCHEMA,
    EXPRESSION_AFFECT,
    Basis,
    Embeddings,
    FaceTrack,
    Observation,
)

WIDTH = 3
EXTRA = {"blind": 0.0, "span": 0.005, "clip": 0.01, "edit": 0.005, "accept": 0.02}
EXTRA["trace"] = 0.0


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


def make_embeddings(n=40, *, seed=0, width=6, vector=None, prior=False, encoder="e"):
    """A face that moves smoothly, or `vector`."""
    rng = np.random.default_rng(seed)
    if vector is None:
        phase = np.arange(n)[:, None] / rng.uniform(3, 12, width)
        vector = np.sin(phase + rng.uniform(0, 6, width)) * rng.uniform(0.5, 2, width)
        vector = vector + rng.normal(size=(n, width)) / 10 + rng.normal(size=width)
    n = len(vector)
    own = rng.uniform(-0.8, 0.8, (n, 2)) if prior else np.full((n, 2), np.nan)
    classes = rng.dirichlet(np.ones(8), n) if prior else np.full((n, 8), np.nan)
    return Embeddings(
        encoder_id=encoder,
        vector=np.asarray(vector, np.float32),
        zero_shot_value=own.astype(np.float32),
        zero_shot_expression=classes.astype(np.float32),
    )


def make_observation(  # one judgement of one frame, or of several alike
    position,
    value=(0.1, 0.1),
    *,
    event=1,
    rater="me",
    noise="blind",
    expression=-1,
    **more,
):
    position = np.atleast_1d(np.asarray(position, np.int64))
    weight = more.pop("weight", np.full(len(position), 1 / len(position)))
    return Observation(
        judgement_id=event,
        position=position,
        weight=np.asarray(weight, np.float64),
        value=np.asarray(value, np.float64),
        expression=expression,
        rater=rater,
        noise=noise,
        **more,
    )


def make_project(seed=0, *, prior=False, tracks=2, n=30, labels=6, schema=None):
    """Tracks of different videos, and observations spread over them."""
    rng = np.random.default_rng(seed)
    made = [make_track(n + 5 * i, video=f"{i}.mp4", first=i) for i in range(tracks)]
    seen = [
        make_embeddings(len(track), seed=100 * seed + i, prior=prior)
        for i, track in enumerate(made)
    ]
    schema = schema or DEFAULT_SCHEMA
    basis = basis_of(made, seen)
    features = features_of(made, seen, basis, schema)
    observations: list[list[Observation]] = [[] for _ in made]
    m = len(schema.dimensions)
    for k in range(labels):
        position = (7 * k + 2) % len(made[k % tracks])
        value = rng.uniform(-0.7, 0.7, m)
        observations[k % tracks].append(make_observation(position, value, event=k + 1))
    return SimpleNamespace(
        tracks=made,
        embeddings=seen,
        basis=basis,
        schema=schema,
        features=features,
        observations=observations,
        pairs=[],
        clips=[track.video_id for track in made],
        prior=default_model(
            basis=basis,
            schema=schema,
            has_zero_shot=np.all([f.has_zero_shot for f in features], axis=0).tolist(),
        ),
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
    return default_model(
        basis=Basis(basis_id="b", encoder_id="e", direction=np.zeros((WIDTH, WIDTH))),
        schema=DEFAULT_SCHEMA,
        has_zero_shot=[zero_shot, zero_shot],
        tolerance=tolerance,
    )


def make_query(track, *, model=None, positions=(), among=None, **how):
    """One track to ask about, judged at some positions after nothing was learnt."""
    features = make_features(track, **how)
    model = model or make_model(zero_shot=how.get("zero_shot", False))
    observations = [make_observation(p, event=1 + i) for i, p in enumerate(positions)]
    posterior = track_posterior(model, features, observations, learnt=())
    return QueryTrack(track=track, posterior=posterior, among=among)


def naive_smoothed(time_s, value, scale_s):
    """Gaussian mean over neighbours up to three deviations away, frame by frame."""
    if scale_s == 0:
        return value
    out = np.zeros_like(value)
    for i in range(len(value)):
        weights = [
            np.exp(-(((t - time_s[i]) / scale_s) ** 2) / 2)
            if abs(t - time_s[i]) <= 3 * scale_s + 1e-9
            else 0.0
            for t in time_s
        ]
        out[i] = np.average(value, axis=0, weights=weights)
    return out


def naive_frames(tracks, embeddings):
    """All frames: (track number, time, appearance, zero-shot, ambiguity).

    Written from the documented model alone, frame by frame.
    """
    centred = [
        e.vector.astype(np.float64) - e.vector.astype(np.float64).mean(axis=0)
        for e in embeddings
    ]
    scatter = sum(c.T @ c / len(c) for c in centred) / len(centred)
    values, vectors = np.linalg.eigh(scatter)
    keep = [i for i in np.argsort(-values)[:8] if values[i] > 1e-8 * values.max()]
    appearance = [c @ vectors[:, keep] * values[keep] ** -0.25 for c in centred]
    size = np.mean([(x**2).sum(axis=1).mean() for x in appearance])
    made = []
    for number, (track, e) in enumerate(zip(tracks, embeddings, strict=True)):
        has = np.isfinite(e.zero_shot_value).all()
        own = e.zero_shot_value.astype(np.float64) if has else np.zeros((len(track), 2))
        scales = [naive_smoothed(track.time_s, own, s) for s in (0, 0.1, 0.3)]
        for i in range(len(track)):
            ambiguity = np.zeros(2)
            if has:
                p = e.zero_shot_expression[i].astype(np.float64)
                ambiguity = p @ (EXPRESSION_AFFECT - p @ EXPRESSION_AFFECT) ** 2
            look = appearance[number][i] / np.sqrt(size)
            zero_shot = np.array([s[i] for s in scales])
            made.append((number, float(track.time_s[i]), look, zero_shot, ambiguity))
    return made


def naive_kernel(h, a, b, j):
    """The documented covariance of dimension j, entry by entry, noise apart."""
    out = np.zeros((len(a), len(b)))
    for i, (track_a, time_a, look_a, zero_a, _) in enumerate(a):
        for k, (track_b, time_b, look_b, zero_b, _) in enumerate(b):
            cov = h.ridge * (look_a @ look_b) + h.level
            cov += h.slope * (zero_a[:, j] @ zero_b[:, j])
            if track_a == track_b:
                u = np.sqrt(3) * abs(time_a - time_b) / h.time_scale_s
                far = ((look_a - look_b) ** 2).sum() / h.appearance_scale**2
                cov += h.offset_variance + h.time_variance * (1 + u) * np.exp(-u)
                cov += h.appearance_variance * np.exp(-far / 2)
                cov += h.track_slope * (zero_a[1] @ zero_b[1])
            out[i, k] = cov
    return out


def frames_of(number, features):
    """The same of a track whose features are given."""
    columns = ("time_s", "appearance", "zero_shot", "ambiguity")
    some = [getattr(features, name).astype(np.float64) for name in columns]
    return [(number, *row) for row in zip(*some, strict=True)]


def naive_gain(query, known, candidate, weight=None):
    """Variance a label would take off all frames, by conditioning from scratch."""
    frames = frames_of(0, query.posterior.features)
    weight = np.ones(len(query.track)) if weight is None else weight
    gain = 0.0
    for j, hyper in enumerate(query.posterior.model.hyperparameters):
        noise, left = query.posterior.rater_noise(j), []
        whole = naive_kernel(hyper, frames, frames, j)
        for at in (known, [*known, candidate]):
            cov = whole
            if len(at):
                own = cov[np.ix_(at, at)] + noise * np.eye(len(at))
                cov = cov - cov[:, at] @ np.linalg.solve(own, cov[at])
            left.append(float(np.diag(cov) @ weight))
        gain += left[0] - left[1]
    return gain


def naive_worth(query, known, candidate):
    """That, and the frame's own variance for each frame within a quarter second."""
    features = query.posterior.features
    frames, time_s = frames_of(0, features), features.time_s
    around = sum(abs(t - time_s[candidate]) <= 0.25 + 1e-6 for t in time_s)
    own = 0.0
    for j, hyper in enumerate(query.posterior.model.hyperparameters):
        cov = naive_kernel(hyper, frames, frames, j)
        variance = cov[candidate, candidate]
        if len(known):
            noise = query.posterior.rater_noise(j) * np.eye(len(known))
            weight = np.linalg.solve(cov[np.ix_(known, known)] + noise, cov[known])
            variance -= cov[candidate, known] @ weight[:, candidate]
        own += variance
    return naive_gain(query, known, candidate) + around * own


class NaiveProject:
    """One dense joint Gaussian process over all frames of all tracks, in numpy only.

    Rows are (number of the track, observation); -1 = of several tracks. `effects` of
    raters are those of a model, if there are several.
    """

    gain = staticmethod(naive_gain)
    worth = staticmethod(naive_worth)

    def __init__(self, project, hypers, effects=()):
        self.hypers, self.effects = hypers, {one.rater: one for one in effects}
        self.kernels = {}
        self.frames = naive_frames(project.tracks, project.embeddings)
        lengths = [len(track) for track in project.tracks]
        self.first = np.concatenate([[0], np.cumsum(lengths)])
        self.rows = [
            (number, one)
            for number, some in enumerate(project.observations)
            for one in some
        ] + [(-1, one) for one in project.pairs]

    def weights(self, rows):
        out = np.zeros((len(rows), len(self.frames)))
        for k, (number, one) in enumerate(rows):
            for i, (p, w) in enumerate(zip(one.position, one.weight, strict=True)):
                out[k, self.first[number if number >= 0 else one.track[i]] + p] += w
        return out

    def noise(self, one, j):
        mine, h = self.effects.get(one.rater), self.hypers[j]
        extra = EXTRA[one.noise]
        if mine and one.noise == "accept":
            extra = mine.accept_noise[j]
        return (mine.noise[j] if mine else h.noise) * (
            UNSURE if one.unsure else 1
        ) + extra

    def target(self, rows, w, j):
        """Values without the bias and scale of their raters."""
        out = np.array([o.value[j] for _, o in rows])
        for i, (_, one) in enumerate(rows):
            if mine := self.effects.get(one.rater):
                out[i] = (out[i] - mine.bias[j] * w[i].sum()) / mine.scale[j]
        return out

    def joint(self, j, rows=None):
        """Rows that say something of a dimension, their covariance, mean, W and K."""
        rows = self.rows if rows is None else rows
        rows = [row for row in rows if np.isfinite(row[1].value[j])]
        h, w = self.hypers[j], self.weights(rows)
        if j not in self.kernels:
            self.kernels[j] = naive_kernel(h, self.frames, self.frames, j)
        kernel = self.kernels[j]
        ambiguity = h.ambiguity * np.array([f[4][j] for f in self.frames])
        noise = [self.noise(o, j) for _, o in rows]
        cov = w @ (kernel + np.diag(ambiguity)) @ w.T + np.diag(noise)
        for i, (_, a) in enumerate(rows):
            for k, (_, b) in enumerate(rows):
                if a.trace is not None and a.trace == b.trace:
                    cov[i, k] += 0.09 * np.exp(-abs(a.time_s - b.time_s) / 9.0)
        weights = np.array([h.zero_shot_now, h.zero_shot_near, h.zero_shot_wide])
        mean = np.array([f[3][:, j] @ weights for f in self.frames])
        return rows, cov, mean, w, kernel, ambiguity

    def predict(self, number, j, rows=None):
        """Mean and variance of a new label per frame, covariance of the curve."""
        rows, cov, mean, w, kernel, ambiguity = self.joint(j, rows)
        here = slice(self.first[number], self.first[number + 1])
        value = self.target(rows, w, j)
        gain = kernel[here] @ w.T @ np.linalg.inv(cov) if rows else np.zeros((1, 0))
        post = kernel[here, here] - (gain @ w @ kernel[:, here] if rows else 0)
        middle = mean[here] + (gain @ (value - w @ mean) if rows else 0)
        return middle, np.diag(post) + ambiguity[here] + self.hypers[j].noise, post

    def left_out(self, number, one, j):
        """Mean and variance of an observation from those of other frames."""
        rows, cov, mean, w, _, _ = self.joint(j)
        others = [
            i
            for i, (n, o) in enumerate(rows)
            if n != number or list(o.position) != list(one.position)
        ]
        at = next(i for i, (_, o) in enumerate(rows) if o is one)
        value = self.target(rows, w, j) - w @ mean
        gain = cov[at, others] @ np.linalg.inv(cov[np.ix_(others, others)])
        middle = (w @ mean)[at] + gain @ value[others]
        return middle, cov[at, at] - gain @ cov[others, at]

    def log_density(self, j):
        """Of the observations, without the constant."""
        rows, cov, mean, w, _, _ = self.joint(j)
        off = self.target(rows, w, j) - w @ mean
        return -(off @ np.linalg.inv(cov) @ off + np.linalg.slogdet(cov)[1]) / 2


@pytest.fixture(scope="session")
def make():
    return SimpleNamespace(
        track=make_track,
        embeddings=make_embeddings,
        observation=make_observation,
        project=make_project,
        features=make_features,
        model=make_model,
        query=make_query,
        frames_of=frames_of,
    )


@pytest.fixture(scope="session")
def naive():
    return NaiveProject
