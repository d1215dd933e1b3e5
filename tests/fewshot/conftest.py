from types import SimpleNamespace

import numpy as np
import pytest

from feltline.fewshot.gp.kernel import NAMES
from feltline.types import EXPRESSION_AFFECT, Embeddings, FaceTrack, SupportSet


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


def make_support(rows, *, expression=None, rater=None):
    """Labels from rows of (track, frame, valence, arousal)."""
    k = len(rows)
    return SupportSet(
        video_id=tuple(track.video_id for track, *_ in rows),
        track_id=np.array([track.track_id for track, *_ in rows], np.int64),
        frame=np.array([row[1] for row in rows], np.int64),
        affect=np.array([row[2:4] for row in rows], np.float32).reshape(k, 2),
        expression=np.array([-1] * k if expression is None else expression, np.int64),
        rater=tuple(rater or ["me"] * k),
    )


def make_project(seed=0, *, prior=False, tracks=2, n=30, labels=6):
    """Tracks of different videos, their embeddings and labels spread over them."""
    rng = np.random.default_rng(seed)
    made = [make_track(n + 5 * i, video=f"{i}.mp4", first=i) for i in range(tracks)]
    seen = [
        make_embeddings(len(track), seed=100 * seed + i, prior=prior)
        for i, track in enumerate(made)
    ]
    rows = []
    for k in range(labels):
        track = made[k % tracks]
        frame = int(track.frame[(7 * k + 2) % len(track)])
        rows.append((track, frame, *rng.uniform(-0.7, 0.7, 2)))
    return made, seen, make_support(rows)


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


def naive_points(tracks, embeddings):
    """Every frame of every track: (track number, time, looks, opinions, doubt)."""
    centred = [
        e.vector.astype(np.float64) - e.vector.astype(np.float64).mean(axis=0)
        for e in embeddings
    ]
    scatter = sum(c.T @ c / len(c) for c in centred) / len(centred)
    values, vectors = np.linalg.eigh(scatter)
    keep = [i for i in np.argsort(-values)[:8] if values[i] > 1e-8 * values.max()]
    looks = [c @ vectors[:, keep] * values[keep] ** -0.25 for c in centred]
    size = np.mean([(x**2).sum(axis=1).mean() for x in looks])
    speaks = all(np.isfinite(e.zero_shot_value).all() for e in embeddings)
    made = []
    for number, (track, e) in enumerate(zip(tracks, embeddings, strict=True)):
        said = (
            e.zero_shot_value.astype(np.float64)
            if speaks
            else np.zeros((len(track), 2))
        )
        opinions = [naive_smoothed(track.time_s, said, s) for s in (0, 0.1, 0.3)]
        frames = []
        for i in range(len(track)):
            doubt = np.zeros(2)
            if speaks:
                p = e.zero_shot_expression[i].astype(np.float64)
                mean = p @ EXPRESSION_AFFECT
                doubt = p @ (EXPRESSION_AFFECT - mean) ** 2
            opinion = np.array([o[i] for o in opinions])
            look = looks[number][i] / np.sqrt(size)
            frames.append((number, float(track.time_s[i]), look, opinion, doubt))
        made.append(frames)
    return made


def naive_kernel(theta, a, b, dimension):
    """The documented covariance, entry by entry, noise apart."""
    value = dict(zip(NAMES[:10], np.exp(theta[dimension][:10]), strict=True))
    out = np.zeros((len(a), len(b)))
    for i, (track_a, time_a, look_a, opinion_a, _) in enumerate(a):
        for j, (track_b, time_b, look_b, opinion_b, _) in enumerate(b):
            cov = value["ridge"] * (look_a @ look_b) + value["level"]
            cov += value["slope"] * (opinion_a[:, dimension] @ opinion_b[:, dimension])
            if track_a == track_b:
                u = np.sqrt(3) * abs(time_a - time_b) / value["time_scale_s"]
                far = ((look_a - look_b) ** 2).sum() / value["appearance_scale"] ** 2
                cov += value["offset"] + value["time"] * (1 + u) * np.exp(-u)
                cov += value["appearance"] * np.exp(-far / 2)
            out[i, j] = cov
    return out


def naive_noise(theta, points, dimension):
    noise, doubt = np.exp(theta[dimension][8:10])
    return np.array([noise + doubt * p[4][dimension] for p in points])


def naive_expected(theta, points, dimension):
    return np.array([p[3][:, dimension] @ theta[dimension][10:] for p in points])


@pytest.fixture(scope="session")
def make():
    return SimpleNamespace(
        track=make_track,
        embeddings=make_embeddings,
        support=make_support,
        project=make_project,
    )


@pytest.fixture(scope="session")
def naive():
    return SimpleNamespace(
        points=naive_points,
        kernel=naive_kernel,
        noise=naive_noise,
        expected=naive_expected,
    )
