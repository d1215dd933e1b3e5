import numpy as np
import pytest

from feltline.formats import FacesOfVideo
from feltline.types import Estimate, FaceTrack


def track_of(video_id, track_id, frames):
    n = len(frames)
    frame = np.array(frames, np.int64)
    return FaceTrack(
        video_id=video_id,
        track_id=track_id,
        frame=frame,
        time_s=frame / 25.0,
        box_xyxy=np.tile(np.array([10, 20, 50, 80], np.float32), (n, 1))
        + 100 * track_id,
        quality=np.full(n, 0.75, np.float32),
    )


def estimate_of(track, human=()):
    n = len(track)
    rng = np.random.default_rng(0)
    affect = rng.uniform(-1, 1, (n, 2)).astype(np.float32)
    expression = np.full((n, 8), np.nan, np.float32)
    expression[0] = np.eye(8)[3]
    evidence = np.full((n, 3), -1, np.int32)
    evidence[:, 0] = track.frame[0]
    return Estimate(
        run_id="abc",
        method="gp",
        affect=affect,
        low=np.maximum(affect - 0.1, -1).astype(np.float32),
        high=np.full((n, 2), np.nan, np.float32),
        coverage=0.9,
        tolerance=0.2,
        confidence=rng.uniform(0, 1, n).astype(np.float32),
        expression=expression,
        is_human=np.isin(track.frame, human),
        evidence=evidence,
        calibration="made up",
    )


@pytest.fixture
def talk():
    """Ten frames; face 0 in all but frame 9, face 1 in frames 6 to 8."""
    return FacesOfVideo(
        video_id="talk.mp4",
        n_frames=10,
        frame=np.arange(10, dtype=np.int64),
        time_s=np.arange(10) / 25.0,
        tracks=(
            track_of("talk.mp4", 0, range(9)),
            track_of("talk.mp4", 1, range(6, 9)),
        ),
    )


@pytest.fixture
def walk():
    """Thirty frames of which every fifth was looked at; one face."""
    frame = np.arange(0, 30, 5, dtype=np.int64)
    return FacesOfVideo(
        video_id="walk.mov",
        n_frames=30,
        frame=frame,
        time_s=frame / 25.0,
        tracks=(track_of("walk.mov", 0, range(0, 30, 5)),),
    )
