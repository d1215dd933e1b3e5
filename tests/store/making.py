"""Values for the tests of the store."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import numpy as np

from feltline.store import (
    N_BINS,
    PredictionRun,
    TrackRecord,
    TrackSummary,
    VideoRecord,
    VideoSummary,
)
from feltline.types import (
    Basis,
    Calibration,
    FaceTrack,
    HyperParameters,
    Judgement,
    Model,
    Prediction,
    RaterEffect,
    SharedWeights,
)

AT = datetime(2026, 5, 17, 9, 30, 0, 123456, tzinfo=UTC)


def hash_of(video_id):
    return hashlib.sha256(video_id.encode(errors="surrogatepass")).hexdigest()


def record(video_id="a.mp4", n_frames=100, **other):
    given: dict[str, Any] = {
        "video_id": video_id,
        "content_hash": hash_of(video_id),
        "location": f"/films/{video_id}",
        "width": 640,
        "height": 480,
        "n_frames": n_frames,
        "duration_s": n_frames / 25,
        "time_base": "1/12800",
        "codec": "h264",
        "encoder_id": "geometry",
        "added_at": AT,
    }
    return VideoRecord(**(given | other))


def face_track(video_id="a.mp4", track_id=0, first=0, n=100):
    frame = np.arange(first, first + n, dtype=np.int64)
    rng = np.random.default_rng([track_id, *video_id.encode(errors="surrogatepass")])
    return FaceTrack(
        video_id=video_id,
        track_id=track_id,
        frame=frame,
        time_s=frame / 25,
        box_xyxy=rng.uniform(0, 480, (n, 4)).astype(np.float32),
        quality=rng.uniform(0, 1, n).astype(np.float32),
    )


def track(video_id="a.mp4", track_id=0, first=0, n=100):
    return TrackRecord.of(face_track(video_id, track_id, first, n))


def judgement(frame=5, **other):
    given: dict[str, Any] = {
        "video_id": "a.mp4",
        "track_id": 0,
        "scope": "frame",
        "first_frame": frame,
        "last_frame": frame,
        "value": (0.25, -0.5),
        "rater": "me",
        "active_s": 1.5,
    }
    return Judgement(**(given | other))


def decision(frame=5, kind="reject", **other):
    return judgement(frame, value=(), decision=kind, **other)


def give(store, *judgements, found=0, client_id=None, **options):
    """Numbers of the events of judgements that are saved together."""
    given = [(one, found, client_id) for one in judgements]
    return [saved.event_id for saved in store.give_judgements(given, **options)]


def events_of(stored):
    return [one.event_id for one in stored]


def prediction(run_id="r1", n=100, seed=0):
    rng = np.random.default_rng(seed)
    value = rng.uniform(-0.8, 0.8, (n, 2)).astype(np.float32)
    classes = rng.dirichlet(np.ones(8), n).astype(np.float32)
    classes[0] = np.nan
    return Prediction(
        model_id=run_id,
        value=value,
        low=value - np.float32(0.1),
        high=value + np.float32(0.1),
        confidence=rng.uniform(0, 1, n).astype(np.float32),
        class_probability=classes,
        evidence=np.empty((n, 0), np.int32),
        is_observed=np.zeros(n, bool),
    )


def run(run_id="r1", **other):
    given: dict[str, Any] = {
        "run_id": run_id,
        "event_id": 0,
        "created_at": AT,
        "method": "affect-net",
        "options": {"views": ["a", "b"], "seed": None},
    }
    return PredictionRun(**(given | other))


def basis(basis_id="b1", seed=0):
    direction = np.random.default_rng(seed).standard_normal((12, 3))
    return Basis(basis_id=basis_id, encoder_id="geometry", direction=direction)


def model(model_id="m1", *, seed=0, n_dimensions=2, **other):
    rng = np.random.default_rng(seed)
    m = n_dimensions
    numbers = [HyperParameters.from_vector(rng.standard_normal(14)) for _ in range(m)]
    given: dict[str, Any] = {
        "model_id": model_id,
        "basis_id": "b1",
        "encoder_id": "geometry",
        "schema_version": "s1",
        "hyperparameters": tuple(numbers),
        "shared": SharedWeights(
            information=rng.standard_normal((m, 5, 5)),
            projection=rng.standard_normal((m, 5)),
        ),
        "calibration": Calibration(
            residual_quantiles=np.cumsum(rng.uniform(0.1, 1, (m, 7)), axis=1),
            source="your own judgements, left out one by one",
            is_own=True,
            n_judgements=12,
            n_clips=3,
        ),
        "rater_effects": tuple(
            RaterEffect(
                rater=rater,
                bias=rng.standard_normal(m),
                scale=rng.uniform(0.5, 2, m),
                noise=rng.uniform(0, 1, m),
                accept_noise=rng.uniform(0, 1, m),
                n_judgements=4,
                n_repeated_accepts=2,
                n_unlike_accepts=1,
            )
            for rater in ("me", "you")
        ),
        "raters_per_frame": 1.5,
        "tolerance": 0.2,
        "coverage": 0.9,
        "n_judgements": 12,
        "code_version": "0.1",
        "learnt_from_event": 0,
    }
    return Model(**(given | other))


def track_summary(track_id=0, seed=0, **other):
    rng = np.random.default_rng([seed, track_id])
    counts = rng.integers(0, 9, N_BINS)
    given: dict[str, Any] = {
        "track_id": track_id,
        "n_frames": 100,
        "n_reviewed": 3,
        "confidence_counts": counts,
        "error_sums": counts * rng.uniform(0, 1, N_BINS),
        "second_counts": rng.integers(0, 3, N_BINS),
        "best_gain": 1.25,
        "n_items": 2.5,
        "items": ({"frame": 7, "reason": "least sure", "gain": 1.25},),
    }
    return TrackSummary(**(given | other))


def video_summary(video_id="a.mp4", tracks=(0, 1), seed=0, **other):
    given: dict[str, Any] = {
        "video_id": video_id,
        "model_id": "m1",
        "revision": 0,
        "threshold": 0.8,
        "tracks": tuple(track_summary(number, seed) for number in tracks),
    }
    return VideoSummary(**(given | other))


def same(one, other):
    """Whether two values hold the same, arrays and missing numbers included."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        assert all(same(*pair) for pair in zip(one, other, strict=True))
    elif hasattr(one, "__slots__"):
        for name in one.__slots__:
            assert same(getattr(one, name), getattr(other, name)), name
    else:
        assert one == other
    return True
