import errno
from fractions import Fraction

import av
import numpy as np
import pytest

from feltline.errors import InputError, SetupError, ShapeError, VideoError
from feltline.video import VideoWriter, frame_times, read_frames


def picture_kind(path):
    """Codec and pixel format of a video file."""
    with av.open(str(path)) as container:
        codec = container.streams.video[0].codec_context
        return codec.codec.canonical_name, codec.pix_fmt


def write(path, rgbs, times=None, rate=25):
    height, width, _ = rgbs[0].shape
    with VideoWriter(path, width=width, height=height, rate=rate) as writer:
        for at, rgb in enumerate(rgbs):
            writer.write(rgb, None if times is None else times[at])
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".m4v"])
def test_frames_come_back(clips, tmp_path, suffix):
    rgbs = [clips.draw(k, 128, 96) for k in range(20)]
    frames = list(read_frames(write(tmp_path / f"out{suffix}", rgbs)))
    assert [clips.number_in(f.rgb) for f in frames] == list(range(20))
    assert [f.time_s for f in frames] == pytest.approx(np.arange(20) / 25, abs=1e-3)
    assert picture_kind(tmp_path / f"out{suffix}") == ("h264", "yuv420p")
    assert [p.name for p in tmp_path.iterdir()] == [f"out{suffix}"]


def test_colours_come_back(tmp_path):
    colours = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (255, 255, 255), (0, 0, 0)]
    rgbs = [np.full((64, 64, 3), colour, np.uint8) for colour in colours]
    for frame in read_frames(write(tmp_path / "out.mp4", rgbs)):
        wanted = np.array(colours[frame.frame])
        assert np.abs(frame.rgb.astype(int) - wanted).max() <= 6


@pytest.mark.parametrize("first", [0.0, 2.5])
def test_times_given_are_kept(tmp_path, first):
    times = first + np.cumsum([0.0, 0.04, 0.033, 0.5, 0.001, 1 / 3, 0.04, 0.04])
    rgbs = [np.full((32, 32, 3), 20 * k, np.uint8) for k in range(len(times))]
    path = write(tmp_path / "out.mp4", rgbs, times.tolist())
    # Players begin where the file does.
    assert frame_times(path) == pytest.approx(times - first, abs=1 / 90_000)


def test_a_frame_without_time_follows_the_last(tmp_path):
    rgbs = [np.zeros((32, 32, 3), np.uint8)] * 3
    path = write(tmp_path / "out.mp4", rgbs, [1.0, None, 2.0], rate=10)
    assert frame_times(path) == pytest.approx([0.0, 0.1, 1.0], abs=1e-4)


@pytest.mark.parametrize("rate", [30, 29.97, Fraction(30000, 1001), 0.5])
def test_rates(tmp_path, rate):
    rgbs = [np.zeros((32, 32, 3), np.uint8)] * 4
    path = write(tmp_path / "out.mp4", rgbs, rate=rate)
    assert frame_times(path) == pytest.approx(np.arange(4) / float(rate), abs=1e-4)


@pytest.mark.parametrize("size", [(127, 95), (1, 1), (33, 32)])
def test_odd_sides_are_made_even_by_repeating_the_edge(tmp_path, size):
    width, height = size
    rgb = np.full((height, width, 3), 180, np.uint8)
    path = write(tmp_path / "out.mp4", [rgb])
    frame = next(iter(read_frames(path)))
    assert frame.rgb.shape == (height + height % 2, width + width % 2, 3)
    assert np.abs(frame.rgb.astype(int) - 180).max() <= 6


def test_the_index_stands_before_the_pictures(tmp_path):
    path = write(tmp_path / "out.mp4", [np.zeros((32, 32, 3), np.uint8)])
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("distance", [1, 5])
def test_key_frames_for_players_that_seek(clips, tmp_path, distance):
    path = tmp_path / "out.mp4"
    with VideoWriter(path, width=128, height=96, rate=25, key_every=distance) as writer:
        for number in range(20):
            writer.write(clips.draw(number, 128, 96))
    assert [clips.number_in(f.rgb) for f in read_frames(path)] == list(range(20))
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    keys = [at for at, packet in enumerate(packets) if packet.is_keyframe]
    assert max(np.diff([*keys, 20])) <= distance
    assert all(packet.pts == packet.dts for packet in packets)


def test_a_distance_of_key_frames_out_of_range(tmp_path):
    with pytest.raises(VideoError, match="every 0 frames; the distance is from 1"):
        VideoWriter(tmp_path / "out.mp4", width=8, height=8, rate=25, key_every=0)


@pytest.mark.parametrize(
    ("name", "width", "height", "rate"),
    [
        ("out.mp4", 0, 8, 25),
        ("out.mp4", 8, -1, 25),
        ("out.mp4", 8, 8, 0),
        ("out.mp4", 8, 8, float("nan")),
        ("out.txt", 8, 8, 25),
        ("out", 8, 8, 25),
    ],
)
def test_what_cannot_be_written(tmp_path, name, width, height, rate):
    with pytest.raises(VideoError, match=r"out.*(sizes are from 1|\.mp4)"):
        VideoWriter(tmp_path / name, width=width, height=height, rate=rate)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        VideoWriter(tmp_path / "no" / "out.mp4", width=8, height=8, rate=25)


@pytest.fixture
def old(tmp_path):
    """A file at the place to be written, which only a whole video may replace."""
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")
    yield path
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]


def test_a_frame_of_another_shape(old):
    shape = r"uint8 of shape \(32, 48, 3\), but is uint8 of shape \(48, 32, 3\)"
    with (
        pytest.raises(ShapeError, match=shape),
        VideoWriter(old, width=48, height=32, rate=25) as writer,
    ):
        writer.write(np.zeros((48, 32, 3), np.uint8))


def write_both(writer, rgb, time_s):
    writer.write(rgb, 0.5)
    writer.write(rgb, time_s)


@pytest.mark.parametrize("time_s", [0.5, 0.3, -1.0, float("nan")])
def test_a_time_out_of_order(old, time_s):
    rgb = np.zeros((32, 32, 3), np.uint8)
    with (
        pytest.raises(VideoError, match=r"does not come after|times are from 0"),
        VideoWriter(old, width=32, height=32, rate=25) as writer,
    ):
        write_both(writer, rgb, time_s)


def write_and_interrupt(writer):
    writer.write(np.zeros((32, 32, 3), np.uint8))
    raise KeyboardInterrupt


def test_an_interrupt_leaves_nothing_half_written(old):
    with (
        pytest.raises(KeyboardInterrupt),
        VideoWriter(old, width=32, height=32, rate=25) as writer,
    ):
        write_and_interrupt(writer)


def test_no_frame_at_all(old):
    with (
        pytest.raises(VideoError, match="no frame was given"),
        VideoWriter(old, width=32, height=32, rate=25),
    ):
        pass


def test_writing_outside_the_block(old):
    writer = VideoWriter(old, width=32, height=32, rate=25)
    with pytest.raises(VideoError, match="inside a `with` block"):
        writer.write(np.zeros((32, 32, 3), np.uint8))


class FailingStream:
    """Stands in for the encoder, where a failed write would show as well."""

    def __init__(self, code):
        self._code = code

    def encode(self, _):
        av.error.err_check(-self._code)


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (errno.ENOSPC, SetupError, "the disk is full"),
        (errno.EIO, VideoError, "could not be written"),
    ],
)
def test_a_disk_that_fails(old, code, kind, message):
    with (
        pytest.raises(kind, match=message),
        VideoWriter(old, width=32, height=32, rate=25) as writer,
    ):
        fail(writer, code)


def fail(writer, code):
    container, _ = writer._output
    writer._output = container, FailingStream(code)
    writer.write(np.zeros((32, 32, 3), np.uint8))


def test_without_the_encoder(tmp_path, monkeypatch):
    monkeypatch.setattr(av, "codecs_available", {"mpeg4"})
    with pytest.raises(SetupError, match="no libx264 encoder"):
        VideoWriter(tmp_path / "out.mp4", width=32, height=32, rate=25)
