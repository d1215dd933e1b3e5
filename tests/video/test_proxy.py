import threading

import av
import numpy as np
import pytest
from tests.video.test_damage import blank
from tests.video.test_writer import picture_kind

from feltline.errors import InputError, VideoError
from feltline.video import (
    StoppedError,
    browser_plays,
    frame_times,
    read_frames,
    scan_video,
    write_proxy,
)

TICK_S = 1 / 90_000


def numbers(clips, path, turn=0):
    return [
        clips.number_in(np.ascontiguousarray(np.rot90(f.rgb, turn)))
        for f in read_frames(path)
    ]


def keys(path):
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    assert all(p.pts == p.dts for p in packets)
    return [at for at, packet in enumerate(packets) if packet.is_keyframe]


def test_frame_k_is_frame_k(clip, clips, tmp_path):
    recipe, path = clip
    out = tmp_path / "proxy.mp4"
    played = write_proxy(path, out)
    times = frame_times(path)
    assert np.array_equal(played, frame_times(out))
    assert np.abs(played - (times - times[0])).max() <= TICK_S
    assert numbers(clips, out, -recipe.rotation // 90) == list(range(recipe.count))
    assert browser_plays(out)
    assert [p.name for p in tmp_path.iterdir()] == ["proxy.mp4"]


@pytest.mark.parametrize(
    ("rate", "distance"), [(25.0, 25), (5.0, 5), (60.0, 30), (0.5, 1), (29.97, 29)]
)
def test_a_key_frame_each_second_and_no_reordering(clips, tmp_path, rate, distance):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(40):
        clips.picture(folder / f"{number:03d}.png", number)
    write_proxy(folder, tmp_path / "proxy.mp4", image_rate_hz=rate)
    found = keys(tmp_path / "proxy.mp4")
    assert found[0] == 0
    assert max(np.diff([*found, 40])) <= distance


@pytest.mark.parametrize(
    ("size", "most_height", "wanted"),
    [
        ((128, 96), 720, (128, 96)),
        ((127, 95), 720, (128, 96)),
        ((128, 96), 48, (64, 48)),
        ((127, 95), 31, (42, 32)),
        ((128, 96), 2, (2, 2)),
    ],
)
def test_sizes(clips, tmp_path, size, most_height, wanted):
    picture = clips.picture(tmp_path / "one.png", 1, size)
    write_proxy(picture, tmp_path / "proxy.mp4", most_height=most_height)
    info = scan_video(tmp_path / "proxy.mp4").facts
    assert (info.width, info.height) == wanted
    assert picture_kind(tmp_path / "proxy.mp4") == ("h264", "yuv420p")


def test_scaling_keeps_places_and_colours(clips, tmp_path):
    picture = clips.picture(tmp_path / "one.png", 21, (254, 190))
    write_proxy(picture, tmp_path / "proxy.mp4", most_height=95)
    small = next(iter(read_frames(tmp_path / "proxy.mp4"))).rgb
    drawn = clips.draw(21, 254, 190)
    means = drawn.reshape(95, 2, 127, 2, 3).mean(axis=(1, 3))
    seen = means[4:-4:9, 4:-4:9]
    shown = small[4:92:9, 4:124:9][: seen.shape[0], : seen.shape[1]]
    assert np.median(np.abs(shown - seen)) < 6


def test_damaged_frames_repeat_the_one_before(clips, tmp_path):
    path = blank(clips.path("b-frames"), tmp_path / "hurt.mp4", [10, 11])
    kept = [frame.frame for frame in read_frames(path)]
    assert len(kept) < 24
    write_proxy(path, tmp_path / "proxy.mp4")
    shown = numbers(clips, tmp_path / "proxy.mp4")
    wanted = [max(k for k in kept if k <= number) for number in range(24)]
    outside = [k for k in range(24) if not 8 <= k < 17]
    assert len(shown) == 24
    assert [shown[k] for k in outside] == [wanted[k] for k in outside]
    for number in set(range(24)) - set(kept):
        assert shown[number] == shown[number - 1]


def test_damage_at_the_end_and_at_the_start(clips, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(10):
        picture = clips.picture(folder / f"{number}.png", number)
        if number in (0, 1, 8, 9):
            picture.write_bytes(b"no picture")
    write_proxy(folder, tmp_path / "proxy.mp4")
    shown = numbers(clips, tmp_path / "proxy.mp4")
    assert shown == [2, 2, *range(2, 8), 7, 7]


def test_nothing_decodable(clips, tmp_path):
    path = blank(clips.path("b-frames"), tmp_path / "hurt.mp4", range(24))
    with pytest.raises(VideoError, match=r"not one frame of .*hurt\.mp4"):
        write_proxy(path, tmp_path / "proxy.mp4")
    assert [p.name for p in tmp_path.iterdir()] == ["hurt.mp4"]


def test_frames_closer_than_a_tick_are_set_apart(clips, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        clips.picture(folder / f"{number}.png", number)
    times = write_proxy(folder, tmp_path / "proxy.mp4", image_rate_hz=1e6)
    assert times == pytest.approx(np.arange(6) * TICK_S, abs=1e-9)
    assert numbers(clips, tmp_path / "proxy.mp4") == list(range(6))


def test_progress(clips, tmp_path):
    told = []
    write_proxy(
        clips.path("b-frames"),
        tmp_path / "proxy.mp4",
        progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(k, 24) for k in range(25)]


def test_stopping_leaves_what_was_there(clips, tmp_path):
    out = tmp_path / "proxy.mp4"
    out.write_bytes(b"old")
    stopped = threading.Event()

    def progress(done, _):
        if done == 5:
            stopped.set()
        assert done < 7

    with pytest.raises(StoppedError, match=r"b-frames\.mp4 was not finished"):
        write_proxy(clips.path("b-frames"), out, progress=progress, stopped=stopped)
    assert out.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["proxy.mp4"]
    assert [t.name for t in threading.enumerate() if "feltline" in t.name] == []


@pytest.mark.parametrize(
    "misread", [lambda times: times + 0.001, lambda times: times[:-1]]
)
def test_other_times_than_written_are_refused(clips, tmp_path, monkeypatch, misread):
    def read(path, **rest):
        times = frame_times(path, **rest)
        return misread(times) if path.parent == tmp_path else times

    monkeypatch.setattr("feltline.video.proxy.frame_times", read)
    with pytest.raises(VideoError, match="reads back with"):
        write_proxy(clips.path("b-frames"), tmp_path / "proxy.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "height"), [("proxy.mkv", 720), ("proxy.mp4", 1)])
def test_what_cannot_be_written(clips, tmp_path, name, height):
    with pytest.raises(VideoError, match=rf"{name}.*end in \.mp4"):
        write_proxy(clips.path("b-frames"), tmp_path / name, most_height=height)


def test_a_folder_that_is_not_there(clips, tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        write_proxy(clips.path("b-frames"), tmp_path / "no" / "proxy.mp4")


def test_a_missing_original(tmp_path):
    with pytest.raises(VideoError, match="there is no video"):
        write_proxy(tmp_path / "no.avi", tmp_path / "proxy.mp4")
    assert list(tmp_path.iterdir()) == []
