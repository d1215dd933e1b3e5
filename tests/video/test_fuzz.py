"""Mutilated files: a frame index or an error in words, soon, and in little memory."""

import resource
import time
from contextlib import suppress
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.video.conftest import Recipe, encode

from feltline.errors import VideoError
from feltline.video import read_frame, read_frames, scan_video

LONGEST_S = 2.0
MOST_MB = 1000

KINDS = (
    *("b-frames", "open-gop-mkv", "open-gop-ts", "mpeg4-avi", "h264-avi", "vfr"),
    *("vp8-hidden-frames", "with-sound", "hevc-10-bit", "mpeg2-ts", "rotated"),
)

place = st.floats(0, 1, exclude_max=True)
span = st.tuples(place, st.floats(0, 0.3))
mutations = st.lists(
    st.one_of(
        st.tuples(st.just("cut"), span),
        st.tuples(st.just("blank"), span),
        st.tuples(st.just("drop"), span),
        st.tuples(st.just("repeat"), span),
        st.tuples(st.just("noise"), span),
        # Heads are where sizes, counts and times stand.
        st.tuples(st.just("flip"), st.tuples(st.floats(0, 0.05), st.floats(0, 1))),
        st.tuples(st.just("flip"), st.tuples(place, st.floats(0, 1))),
        st.tuples(st.just("high"), st.tuples(place, st.floats(0, 1))),
    ),
    min_size=1,
    max_size=4,
)


def mutilated(data, changes, seed):
    rng = np.random.default_rng(seed)
    for kind, (start, share) in changes:
        at = int(start * len(data))
        to = min(len(data), at + max(1, int(share * len(data))))
        part = data[at:to]
        match kind:
            case "cut":
                data = data[:at]
            case "blank":
                data = data[:at] + bytes(to - at) + data[to:]
            case "drop":
                data = data[:at] + data[to:]
            case "repeat":
                data = data[:to] + part + data[to:]
            case "noise":
                data = data[:at] + rng.bytes(to - at) + data[to:]
            case "flip":
                byte = data[at] ^ (1 << int(share * 7.99)) if data else 0
                data = data[:at] + bytes([byte]) + data[at + 1 :]
            case "high":
                data = data[:at] + b"\xff" * 4 + data[at + 4 :]
        if not data:
            break
    return data


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def use(path):
    """Index and read a file; what it gives must hold together."""
    scan = scan_video(path)
    assert len(scan.time_s) == scan.facts.n_frames
    assert (np.diff(scan.time_s) > 0).all()
    numbers = []
    with suppress(VideoError):
        for frame in read_frames(path, index=scan.index):
            numbers.append(frame.frame)
            assert frame.rgb.shape[1::-1] == (scan.facts.width, scan.facts.height)
    assert numbers == sorted(set(numbers))
    if numbers:
        assert read_frame(path, numbers[-1], index=scan.index) is not None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(KINDS), changes=mutations, seed=st.integers(0, 2**32 - 1))
def test_mutilated_files_are_read_or_refused(clips, tmp_path, kind, changes, seed):
    whole = clips.path(kind)
    path = tmp_path / f"it{whole.suffix}"
    path.write_bytes(mutilated(whole.read_bytes(), changes, seed))
    before_mb, began = peak_mb(), time.process_time()
    with suppress(VideoError):
        use(path)
    assert time.process_time() - began < LONGEST_S
    assert peak_mb() - before_mb < MOST_MB


@pytest.mark.parametrize("width", [20_000, 65_535])
def test_a_picture_of_absurd_size_is_refused(tmp_path, width):
    """The head of a BMP may promise any size; what is in it decides."""
    head = b"BM" + bytes(8) + (54).to_bytes(4, "little")
    size = width.to_bytes(4, "little") * 2
    info = (40).to_bytes(4, "little") + size + b"\1\0\x18\0" + bytes(24)
    path = tmp_path / "it.bmp"
    path.write_bytes(head + info + bytes(1000))
    before_mb = peak_mb()
    with pytest.raises(VideoError, match=r"it\.bmp"):
        scan_video(path)
    assert peak_mb() - before_mb < MOST_MB


def test_a_film_of_absurd_size_is_refused(tmp_path):
    """A few bytes of an animation may claim gigabytes; nothing in it contradicts."""
    path = encode(tmp_path / "it.gif", Recipe(codec="gif", pix_fmt="rgb8", count=3))
    whole = path.read_bytes()
    assert len(scan_video(path).time_s) == 3
    path.write_bytes(whole[:6] + (16_000).to_bytes(2, "little") * 2 + whole[10:])
    before_mb = peak_mb()
    with pytest.raises(VideoError, match=r"it\.gif .*more than 67 million pixels"):
        scan_video(path)
    assert peak_mb() - before_mb < MOST_MB


@pytest.mark.parametrize("side", [8_300, 14_000])
def test_a_picture_of_many_pixels_is_refused_with_words(tmp_path, side):
    path = tmp_path / "it.png"
    Image.new("1", (side, side)).save(path)
    with pytest.raises(VideoError, match=r"it\.png have more than 67 million pixels"):
        scan_video(path)


def test_square_pixels_that_are_too_many_are_refused(tmp_path):
    path = tmp_path / "it.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 4096, 1100, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(16)
        frame = av.VideoFrame(4096, 1100, "yuv420p")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(VideoError, match=r"it\.mkv have more than 67 million pixels"):
        scan_video(path)
