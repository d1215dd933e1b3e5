"""Values for the tests of the store."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from feltline.store import Review, Run, VideoRecord
from feltline.types import Estimate, FaceTrack, HumanLabel

AT = datetime(2026, 5, 17, 9, 30, 0, 123456, tzinfo=UTC)


def record(video_id="a.mp4", n_frames=100, **other):
    given: dict[str, Any] = {
        "video_id": video_id,
        "content_hash": f"hash of {video_id}",
        "location": f"/films/{video_id}",
        "width": 640,
        "height": 480,
        "n_frames": n_frames,
        "duration_s": n_frames / 25,
        "time_base": "1/12800",
        "codec": "h264",
        "encoder_id": "geometry",
        "added_at": AT,
        "time_s": np.arange(n_frames) / 25,
        "looked_at": np.arange(0, n_frames, 2),
    }
    return VideoRecord(**(given | other))


def track(video_id="a.mp4", track_id=0, first=0, n=100):
    frame = np.arange(first, first + n, dtype=np.int64)
    rng = np.random.default_rng([track_id, *video_id.encode()])
    return FaceTrack(
        video_id=video_id,
        track_id=track_id,
        frame=frame,
        time_s=frame / 25,
        box_xyxy=rng.uniform(0, 480, (n, 4)).astype(np.float32),
        quality=rng.uniform(0, 1, n).astype(np.float32),
    )


def label(frame=5, **other):
    given: dict[str, Any] = {
        "video_id": "a.mp4",
        "track_id": 0,
        "scope": "frame",
        "first_frame": frame,
        "last_frame": frame,
        "valence": 0.25,
        "arousal": -0.5,
        "expression": None,
        "rater": "me",
        "active_s": 1.5,
        "shown_run_id": None,
    }
    return HumanLabel(**(given | other))


def review(frame=5, **other):
    given: dict[str, Any] = {
        "video_id": "a.mp4",
        "track_id": 0,
        "frame": frame,
        "first_frame": frame,
        "last_frame": frame,
        "decision": "reject",
        "run_id": "r1",
        "rater": "me",
        "active_s": 0.75,
    }
    return Review(**(given | other))


def estimate(run_id="r1", n=100, seed=0, **other):
    rng = np.random.default_rng(seed)
    affect = rng.uniform(-0.8, 0.8, (n, 2)).astype(np.float32)
    expression = rng.dirichlet(np.ones(8), n).astype(np.float32)
    expression[0] = np.nan
    given: dict[str, Any] = {
        "run_id": run_id,
        "method": "gp",
        "affect": affect,
        "low": affect - np.float32(0.1),
        "high": affect + np.float32(0.1),
        "coverage": 0.9,
        "tolerance": 0.2,
        "confidence": rng.uniform(0, 1, n).astype(np.float32),
        "expression": expression,
        "is_human": rng.uniform(0, 1, n) < 0.1,
        "evidence": rng.integers(-1, n, (n, 4)).astype(np.int32),
        "calibration": "your own labels, left out one by one",
    }
    return Estimate(**(given | other))


def run(run_id="r1", **other):
    given: dict[str, Any] = {
        "run_id": run_id,
        "event_id": 0,
        "base_run_id": None,
        "created_at": AT,
        "method": "gp",
        "options": {"coverage": 0.9, "views": ["a", "b"], "seed": None},
        "n_labels": 12,
        "calibration": "your own labels, left out one by one",
        "origin": "model",
        "encoder_id": "geometry",
    }
    return Run(**(given | other))


def same(one, other):
    """Whether two values hold the same, arrays and missing numbers included."""
    assert type(one) is type(other)
    for name in one.__slots__:
        a, b = getattr(one, name), getattr(other, name)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype, name
            np.testing.assert_array_equal(a, b, err_msg=name)
        else:
            assert a == b, name
    return True
