import gc
import hashlib
import itertools
import shutil

import av
import numpy as np
import pytest

from feltline.errors import InputError, VideoError
from feltline.video import (
    FramePosition,
    FrameSampling,
    content_hash,
    frame_times,
    read_frame,
    read_frames,
    scan_video,
)


def same(one, other):
    return (
        one.frame == other.frame
        and one.time_s == other.time_s
        and np.array_equal(one.rgb, other.rgb)
    )


def all_same(some, others):
    return len(some) == len(others) and all(map(same, some, others))


def upright(frame, recipe):
    return np.rot90(frame.rgb, -recipe.rotation // 90)


def test_reading_gives_every_frame_in_order(clip, clips):
    recipe, path = clip
    frames = list(read_frames(path))
    assert [f.frame for f in frames] == list(range(recipe.count))
    numbers = [clips.number_in(upright(f, recipe)) for f in frames]
    assert numbers == list(range(recipe.count))
    assert [f.time_s for f in frames] == frame_times(path).tolist()
    assert all(f.rgb.flags.c_contiguous and f.rgb.dtype == np.uint8 for f in frames)


def test_times_are_those_of_the_file(clip):
    recipe, path = clip
    stamps = recipe.stamps or range(recipe.count)
    wanted = np.array([float(s * recipe.time_base) for s in stamps])
    times = frame_times(path)
    # Some containers start their clock elsewhere; the distances must still be right.
    np.testing.assert_allclose(times - times[0], wanted - wanted[0], atol=1e-3)


def test_a_frame_by_number_is_the_one_read_in_order(clip):
    recipe, path = clip
    frames = list(read_frames(path))
    for number in reversed(range(recipe.count)):
        assert same(read_frame(path, number), frames[number])


def test_resuming_anywhere_equals_reading_on(clip):
    _, path = clip
    frames = list(read_frames(path))
    for frame in frames:
        rest = list(read_frames(path, after=frame.position))
        assert all_same(rest, frames[frame.frame + 1 :])


@pytest.mark.parametrize("every", [FrameSampling(step=5), FrameSampling(rate_hz=7.0)])
@pytest.mark.parametrize("name", ["open-gop", "vfr"])
def test_resuming_keeps_the_rhythm(clips, name, every):
    path = clips.path(name)
    frames = list(read_frames(path, every=every, start_s=0.2))
    assert len(frames) > 2
    for at, frame in enumerate(frames):
        rest = read_frames(path, every=every, start_s=0.2, after=frame.position)
        assert all_same(list(rest), frames[at + 1 :])


@pytest.mark.parametrize("name", ["b-frames", "rotated", "h264-avi", "hevc-10-bit"])
def test_frames_do_not_stay_in_memory(clips, name):
    """Not even until Python looks for objects that refer to one another."""

    def held():
        return sum(isinstance(one, av.VideoFrame) for one in gc.get_objects())

    path = clips.path(name)
    gc.collect()
    before = held()
    gc.disable()
    try:
        assert sum(1 for _ in read_frames(path)) == 24
        # The first one of a reading is asked for its display matrix.
        assert held() - before <= 3
    finally:
        gc.enable()


def test_start_and_end_bound_the_times(clips):
    path = clips.path("b-frames")
    times = [f.time_s for f in read_frames(path, start_s=0.2, end_s=0.4)]
    assert times == pytest.approx([0.2, 0.24, 0.28, 0.32, 0.36])
    numbers = [f.frame for f in read_frames(path, start_s=0.2, end_s=0.4)]
    assert numbers == [5, 6, 7, 8, 9]
    assert list(read_frames(path, start_s=99.0)) == []


def test_steps_count_from_the_first_frame_of_the_file(clips):
    path = clips.path("b-frames")
    frames = read_frames(path, every=FrameSampling(step=4), start_s=0.2)
    assert [f.frame for f in frames] == [8, 12, 16, 20]


def test_a_rate_takes_the_first_frame_at_or_after_each_tick(clips):
    path = clips.path("vfr")
    times = frame_times(path)
    ticks = times[0] + np.arange(100) / 10.0
    wanted = {int(np.argmax(times >= t - 1e-9)) for t in ticks if t <= times[-1] + 1e-9}
    found = [f.frame for f in read_frames(path, every=FrameSampling(rate_hz=10.0))]
    assert found == sorted(wanted)


def test_rotated_video_is_upright(clips):
    path = clips.path("rotated")
    info = scan_video(path).facts
    assert (info.width, info.height) == (96, 128)
    rgb = read_frame(path, 0).rgb
    # Turned counterclockwise, the top left corner (dark) is at the bottom left.
    assert rgb.shape == (128, 96, 3)
    assert rgb[-8, 8].mean() < 60


@pytest.mark.parametrize(
    ("name", "size", "codec"),
    [
        ("b-frames", (128, 96), "h264"),
        ("hevc-10-bit", (128, 96), "hevc"),
        ("odd-size", (127, 95), "h264"),
        ("odd-size-ffv1", (127, 95), "ffv1"),
    ],
)
def test_probe(clips, name, size, codec):
    path = clips.path(name)
    info = scan_video(path).facts
    assert (info.width, info.height) == size
    assert info.codec == codec
    assert info.average_rate == "25"
    assert info.duration_s == pytest.approx(24 / 25, abs=0.05)


@pytest.mark.parametrize("number", [-1, 24, 1000])
def test_a_frame_outside_names_the_last(clips, number):
    with pytest.raises(VideoError, match=rf"no frame {number}: its frames are 0-23"):
        read_frame(clips.path("b-frames"), number)


def test_resuming_in_another_video_is_refused(clips):
    path = clips.path("b-frames")
    with pytest.raises(VideoError, match="the file has changed"):
        read_frames(path, after=FramePosition(frame=3, time_s=7.0))
    with pytest.raises(VideoError, match="no frame 99"):
        read_frames(path, after=FramePosition(frame=99, time_s=7.0))


def test_a_file_that_changed_is_read_anew(clips, tmp_path):
    path = tmp_path / "video.mp4"
    shutil.copy(clips.path("b-frames"), path)
    assert len(frame_times(path)) == 24
    shutil.copy(clips.path("one-frame"), path)
    assert len(frame_times(path)) == 1


def test_times_given_away_are_a_copy(clips):
    path = clips.path("b-frames")
    frame_times(path)[:] = 7.0
    assert frame_times(path)[0] == 0.0


def test_names_that_look_like_protocols_and_patterns(clips, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = type(tmp_path)("http:%03d é.mp4")
    shutil.copy(clips.path("b-frames"), path)
    assert read_frame(path, 3).frame == 3


def test_hash_follows_the_bytes_not_the_name(clips, tmp_path):
    path = clips.path("b-frames")
    assert content_hash(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    shutil.copy(path, tmp_path / "other.mp4")
    assert content_hash(tmp_path / "other.mp4") == content_hash(path)
    assert content_hash(clips.path("open-gop")) != content_hash(path)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_image_rate_out_of_range(tmp_path, rate):
    with pytest.raises(InputError, match="image_rate_hz must be above 0"):
        frame_times(tmp_path, image_rate_hz=rate)


CLIPS = {
    "face_then_cartoon.mov": 169,
    "long_webcam.mp4": 1337,
    "lp_d0.mp4": 78,
    "lp_d13.mp4": 352,
    "lp_d19.mp4": 250,
    "lp_d9.mp4": 587,
    "no_face.mp4": 95,
    "single_face.mp4": 72,
}


@pytest.mark.data
@pytest.mark.parametrize("name", CLIPS)
def test_real_clips(data, name):
    path, count = data / name, CLIPS[name]
    times = frame_times(path)
    assert len(times) == count
    # The whole of a clip is read where it is short, else its first frames.
    head = list(itertools.islice(read_frames(path), 100))
    assert [f.frame for f in head] == list(range(min(count, 100)))
    assert [f.time_s for f in head] == times[:100].tolist()
    for number in {0, 1, len(head) // 2, len(head) - 1}:
        assert same(read_frame(path, number), head[number])
    middle = head[len(head) // 3]
    rest = read_frames(path, after=middle.position, end_s=head[-1].time_s)
    assert all_same(list(rest), head[middle.frame + 1 : -1])
    assert read_frame(path, count - 1).frame == count - 1
    with pytest.raises(VideoError, match=f"0-{count - 1}"):
        read_frame(path, count)


@pytest.mark.data
def test_real_variable_rate(data):
    times = frame_times(data / "face_then_cartoon.mov")
    assert len(set(np.diff(times).round(6))) > 1
    info = scan_video(data / "face_then_cartoon.mov").facts
    assert (info.codec, info.width, info.height) == ("hevc", 960, 540)
