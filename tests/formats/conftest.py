import numpy as np
import pytest

from feltline.formats import FacesOfVideo, TrackRows
from feltline.types import FaceTrack


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


def rows_of(track, human=(), m=2):
    """Rows of the final layer; no upper ends, a class in the first frame only."""
    n = len(track)
    rng = np.random.default_rng(0)
    value = rng.uniform(-1, 1, (n, m)).astype(np.float32)
    expression = np.full(n, -1)
    expression[0] = 3
    certain = np.full(n, np.nan, np.float32)
    certain[0] = 1
    evidence = np.full((n, 3), -1, np.int32)
    evidence[:, 0] = track.frame[0]
    is_human = np.isin(track.frame, human)
    return TrackRows(
        video_id=track.video_id,
        track_id=track.track_id,
        frame=track.frame,
        time_s=track.time_s,
        quality=track.quality,
        layer="final",
        rater=None,
        value=value,
        low=np.maximum(value - 0.1, -1).astype(np.float32),
        high=np.full((n, m), np.nan, np.float32),
        confidence=rng.uniform(0, 1, n).astype(np.float32),
        expression=expression,
        expression_confidence=certain,
        origin=np.where(is_human, 1, 3).astype(np.uint8),
        expression_origin=np.where(expression >= 0, 3, 0).astype(np.uint8),
        model_id="abc",
        evidence=evidence,
        revision=np.zeros(n, np.int64),
        updated_at=np.full(n, 1_700_000_000_000_000, np.int64),
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
