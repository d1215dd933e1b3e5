import inspect
import tracemalloc
from itertools import islice
from typing import Any

import numpy as np
import pytest

from feltline.errors import InputError
from feltline.lab.demo import PortraitClip, portrait_clip


def _small(seed: int = 0) -> PortraitClip:
    return portrait_clip(seconds=0.4, width=160, height=120, seed=seed)


def test_clip_has_one_frame_per_label() -> None:
    clip = _small()
    frames = list(clip.frames())
    assert clip.n_frames == len(frames) == len(clip.affect) == 10
    assert clip.rate_hz == 25.0
    for frame in frames:
        assert frame.shape == (120, 160, 3)
        assert frame.dtype == np.uint8


def test_clip_can_be_iterated_again_and_made_again() -> None:
    clip = _small()
    first = np.stack(list(clip.frames()))
    assert np.array_equal(first, np.stack(list(clip.frames())))
    assert np.array_equal(first, np.stack(list(_small().frames())))
    assert np.array_equal(clip.affect, _small().affect)


def test_another_seed_gives_another_clip() -> None:
    assert not np.array_equal(_small(0).affect, _small(1).affect)
    frames = next(_small(0).frames()), next(_small(1).frames())
    assert not np.array_equal(*frames)


def test_two_iterations_at_once_do_not_disturb_each_other() -> None:
    clip = _small()
    alone = np.stack(list(clip.frames()))
    pairs = zip(clip.frames(), clip.frames(), strict=True)
    for frame, (one, other) in zip(alone, pairs, strict=True):
        assert np.array_equal(frame, one)
        assert np.array_equal(frame, other)


def test_noise_differs_from_frame_to_frame_where_nothing_moves() -> None:
    corner = np.stack([frame[-10:, :20] for frame in _small().frames()]).astype(float)
    change = np.diff(corner, axis=0)
    assert 1 < change.std() < 8


def test_frames_are_streamed_in_constant_memory() -> None:
    clip = portrait_clip(seconds=1200.0, width=160, height=120)
    frames = clip.frames()
    assert inspect.isgenerator(frames)
    next(frames)
    tracemalloc.start()
    for _ in islice(frames, 40):
        pass
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 4 * 160 * 120 * 3
    assert peak < 8_000_000
    assert clip.n_frames == 30_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"seconds": 0.0}, "at least one frame"),
        ({"seconds": 0.01}, "at least one frame"),
        ({"rate_hz": 0.0}, "at least one frame"),
        ({"rate_hz": float("nan")}, "at least one frame"),
        ({"seed": -1}, "must be 0 or more"),
        ({"width": 8}, "at least 32 pixels"),
    ],
)
def test_impossible_clips_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        portrait_clip(**arguments)
