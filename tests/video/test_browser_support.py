import shutil
import struct
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from tests.video.conftest import CLOSED, Recipe, encode, x264

from feltline.errors import VideoError
from feltline.video import browser_plays, frame_times

PLAYED = {
    *("b-frames", "key-frames-only", "short-gops", "one-frame", "with-sound"),
    *("rotated", "rotated-back", "upside-down", "vp8-hidden-frames"),
}


def test_which_clips_browsers_play(clip, clips):
    recipe, path = clip
    name = next(name for name, known in clips.recipes.items() if known is recipe)
    assert browser_plays(path) == (name in PLAYED)


@pytest.mark.parametrize(
    ("recipe", "plays"),
    [
        (x264(CLOSED, suffix=".m4v"), True),
        (x264(CLOSED, suffix=".mov"), True),
        (x264(CLOSED, suffix=".mkv"), False),
        (x264(CLOSED, pix_fmt="yuvj420p"), True),
        (x264(CLOSED, pix_fmt="yuv422p"), False),
        (x264(CLOSED, pix_fmt="yuv420p10le"), False),
        (x264(f"{CLOSED}:interlaced=1:tff=1"), False),
        (Recipe(codec="mpeg4"), False),
        (Recipe(codec="libvpx-vp9", suffix=".webm"), True),
        (Recipe(codec="libvpx-vp9", suffix=".mp4"), True),
        (Recipe(codec="mpeg4", suffix=".mov"), False),
    ],
    ids=str,
)
def test_containers_codecs_and_pixels(tmp_path, recipe, plays):
    assert browser_plays(encode(tmp_path / f"it{recipe.suffix}", recipe)) == plays


VARYING = np.cumsum([0, *([31, 35, 33, 34, 66, 33, 100] * 4)])[:24].tolist()


@pytest.mark.parametrize(
    ("stamps", "codec_options", "plays"),
    [
        ([k * 40 for k in range(24)], CLOSED, True),
        ([1 + k * 40 for k in range(24)], CLOSED, True),
        ([3 + k * 40 for k in range(24)], CLOSED, False),
        ([500 + k * 40 for k in range(24)], CLOSED, False),
        (VARYING, "bframes=0", True),
        # Reordered frames at a varying rate: key frames lag by varying times.
        (VARYING, CLOSED, False),
        # The file claims to end before its last frame.
        ([*range(0, 920, 40), 2000], "bframes=3:keyint=250", False),
    ],
)
def test_times(tmp_path, stamps, codec_options, plays):
    recipe = replace(
        x264(codec_options), time_base=Fraction(1, 1000), stamps=stamps, count=24
    )
    assert browser_plays(encode(tmp_path / "it.mp4", recipe)) == plays


def write(path, *, matrix=None, shape=None, streams=1, options=None):
    """A clip with something odd about it."""
    with av.open(str(path), "w", options=options or {}) as container:
        made = [container.add_stream("libx264", rate=25) for _ in range(streams)]
        for stream in made:
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            stream.codec_context.max_b_frames = 0
            if matrix is not None:
                stream.set_display_matrix(matrix)
            if shape is not None:
                stream.sample_aspect_ratio = shape
        for number in range(4):
            for stream in made:
                frame = av.VideoFrame(64, 48, "yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(frame))
        for stream in made:
            container.mux(stream.encode(None))
    return path


ONE, PART = 1 << 16, 1 << 30


@pytest.mark.parametrize(
    ("a", "b", "c", "d", "plays"),
    [
        (1, 0, 0, 1, True),
        (0, 1, -1, 0, True),
        (-1, 0, 0, -1, True),
        (0, -1, 1, 0, True),
        (-1, 0, 0, 1, False),
        (1, 0, 0, -1, False),
        (0, 1, 1, 0, False),
        (2, 0, 0, 2, False),
    ],
)
def test_turned_pictures_play_and_mirrored_ones_do_not(tmp_path, a, b, c, d, plays):
    matrix = (a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, PART)
    assert browser_plays(write(tmp_path / "it.mp4", matrix=matrix)) == plays


def test_oblong_pixels_do_not(tmp_path):
    assert browser_plays(write(tmp_path / "square.mp4", shape=Fraction(1)))
    assert not browser_plays(write(tmp_path / "wide.mp4", shape=Fraction(4, 3)))


def test_two_pictures_or_fragments_do_not(tmp_path):
    assert browser_plays(write(tmp_path / "one.mp4"))
    assert not browser_plays(write(tmp_path / "two.mp4", streams=2))
    fragments = {"movflags": "frag_keyframe+empty_moov"}
    assert not browser_plays(write(tmp_path / "parts.mp4", options=fragments))


@pytest.mark.parametrize("skipped", [1, 5, 8])
def test_an_edit_list_that_hides_frames_does_not(clips, tmp_path, skipped):
    data = bytearray(clips.path("short-gops").read_bytes())
    entry = data.index(b"elst") + 12
    length, start = struct.unpack(">Ii", data[entry : entry + 8])
    ticks = skipped * 12800 // 25
    data[entry : entry + 8] = struct.pack(">Ii", length, start + ticks)
    path = tmp_path / "edited.mp4"
    path.write_bytes(data)
    assert len(frame_times(path)) < 24
    assert not browser_plays(path)


def test_a_cut_file_does_not(tmp_path):
    # Its index stands at the front, so it can be opened.
    whole = write(tmp_path / "whole.mp4", options={"movflags": "+faststart"})
    assert browser_plays(whole)
    path = tmp_path / "cut.mp4"
    with av.open(str(whole)) as container:
        *_, last = (p.pos for p in container.demux(video=0) if p.size)
    path.write_bytes(whole.read_bytes()[:last])
    assert not browser_plays(path)


def test_a_wrong_suffix_does_not(clips, tmp_path):
    for name, wrong in (("b-frames", "it.webm"), ("vp8-hidden-frames", "it.mp4")):
        path = tmp_path / wrong
        shutil.copy(clips.path(name), path)
        assert not browser_plays(path)


def test_pictures_do_not(clips, tmp_path):
    picture = clips.picture(tmp_path / "one.png", 1)
    assert not browser_plays(picture)
    assert not browser_plays(tmp_path)


def test_what_is_no_video(clips, tmp_path):
    (tmp_path / "it.mp4").write_text("no video")
    for path in (tmp_path / "it.mp4", tmp_path / "missing.mp4", clips.sound()):
        with pytest.raises(VideoError, match=path.name):
            browser_plays(path)
