"""Frames by number, time and picture, held against what ffmpeg decodes."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.soak import IS_SOAK
from tests.video.zoo import SIDE, animals, seen_by_ffmpeg, some_animals

from feltline.video import read_frame, read_frames, scan_video

pytestmark = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="the ffmpeg command is not installed"
)

MOST_OFF_S = 0.001
MOST_OFF_LEVELS = 6.0


def thumbnail(rgb: np.ndarray) -> np.ndarray:
    small = Image.fromarray(rgb).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small, np.float64)


def check(path: Path, filters: str = "", stream: int = 0) -> None:
    """Count, times and pictures are those of ffmpeg, also by number."""
    wanted = seen_by_ffmpeg(path, filters, stream)
    wanted_s = wanted.time_s
    scan = scan_video(path)
    frames = list(read_frames(path, index=scan.index))
    assert [f.frame for f in frames] == list(range(len(wanted_s)))
    assert len(scan.time_s) == len(wanted.thumbnails) == len(frames)
    if path.suffix == ".avi" and scan.facts.codec == "h264":
        # ffmpeg counts in how long its decoder holds frames back.
        wanted_s = wanted_s - wanted_s[0] + scan.time_s[0]
    np.testing.assert_allclose(scan.time_s, wanted_s, atol=MOST_OFF_S)
    assert [f.time_s for f in frames] == scan.time_s.tolist()
    for frame, picture in zip(frames, wanted.thumbnails, strict=True):
        off = np.abs(thumbnail(frame.rgb) - picture).mean()
        assert off <= MOST_OFF_LEVELS, (frame.frame, off)
        assert frame.rgb.shape[1::-1] == (scan.facts.width, scan.facts.height)
    for number in {0, len(frames) // 2, len(frames) - 1}:
        again = read_frame(path, number, index=scan.index)
        assert np.array_equal(again.rgb, frames[number].rgb)


@pytest.mark.parametrize(
    "animal", animals() if IS_SOAK else some_animals(44), ids=lambda a: a.name
)
def test_as_ffmpeg_decodes_it(animal, tmp_path, caplog):
    path = animal.make(tmp_path)
    with caplog.at_level(logging.WARNING):
        check(path, "yadif=deint=interlaced" if animal.trait == "fields" else "")
    assert caplog.text == ""


def test_the_zoo_is_as_large_as_promised():
    assert len(animals()) >= 200
    assert len({animal.breed for animal in some_animals(44)}) >= 40
