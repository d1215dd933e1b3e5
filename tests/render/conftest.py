from collections.abc import Callable

import numpy as np
import pytest

from feltline.render import LabelledTrack
from feltline.types import FaceTrack

Make = Callable[..., LabelledTrack]


def make_labelled(
    frames=range(50),
    *,
    confidence=0.9,
    human=(),
    interval=True,
    box=(60.0, 60.0, 120.0, 140.0),
    track_id=0,
    video_id="clip.mp4",
) -> LabelledTrack:
    frame = np.array(list(frames), np.int64)
    n = len(frame)
    time_s = frame / 25.0
    value = np.stack([0.6 * np.sin(time_s), 0.5 * np.cos(time_s)], 1)
    is_human = np.isin(np.arange(n), list(human))
    # The first row is a person's where there is no interval: types refuses no array of
    # NaN, but numpy warns about one.
    width = np.where(is_human, 0.0, 0.2 if interval else np.nan)[:, None]
    box_xyxy = np.tile(np.array(box, np.float32), (n, 1))
    box_xyxy[:, [0, 2]] += frame[:, None].astype(np.float32)
    track = FaceTrack(
        video_id=video_id,
        track_id=track_id,
        frame=frame,
        time_s=time_s.astype(np.float64),
        box_xyxy=box_xyxy,
        quality=np.ones(n, np.float32),
    )
    return LabelledTrack(
        track=track,
        value=value.astype(np.float32),
        low=(value - width).astype(np.float32),
        high=(value + width).astype(np.float32),
        confidence=np.where(is_human, 1.0, confidence).astype(np.float32),
        is_human=is_human,
        method="gp" if interval else "linear",
        coverage=0.9,
    )


@pytest.fixture
def make() -> Make:
    return make_labelled
