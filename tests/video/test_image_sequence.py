import logging
import shutil
import struct
from functools import partial

import numpy as np
import pytest

from feltline.errors import VideoError
from feltline.video import (
    FrameSampling,
    content_hash,
    frame_times,
    read_frame,
    read_frames,
    scan_video,
)


@pytest.fixture
def folder(clips, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(10):
        clips.picture(folder / f"{number:03d}.png", number)
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_text("no picture either")
    return folder


@pytest.mark.parametrize("name", ["one.png", "one.jpg", "take-%03d.jpg"])
def test_a_picture_is_a_video_of_one_frame(clips, tmp_path, name):
    path = clips.picture(tmp_path / name, 5, (127, 95))
    (frame,) = read_frames(path)
    assert (frame.frame, frame.time_s, frame.rgb.shape) == (0, 0.0, (95, 127, 3))
    assert clips.number_in(frame.rgb) == 5
    assert np.array_equal(read_frame(path, 0).rgb, frame.rgb)
    assert frame_times(path).tolist() == [0.0]
    info = scan_video(path).facts
    assert (info.width, info.height) == (127, 95)
    assert info.codec == {".png": "png", ".jpg": "mjpeg"}[path.suffix]
    assert info.duration_s == 0
    assert info.average_rate == ""
    with pytest.raises(VideoError, match="its frames are 0-0"):
        read_frame(path, 1)


def test_png_is_exact(clips, tmp_path):
    path = clips.picture(tmp_path / "one.png", 5)
    assert np.array_equal(read_frame(path, 0).rgb, clips.draw(5, 128, 96))


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, -1), (8, 1)])
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_pictures_of_a_turned_camera_are_upright(
    clips, tmp_path, orientation, turns, is_mirrored
):
    path = clips.picture(tmp_path / "one.jpg", 5)
    flat = read_frame(path, 0).rgb
    if is_mirrored:  # 2, 4, 5, 7: first turned, then seen in a mirror
        orientation = {1: 2, 3: 4, 6: 5, 8: 7}[orientation]
    entry = struct.pack("<IHHHIHHI", 8, 1, 0x112, 3, 1, orientation, 0, 0)
    exif = b"Exif\0\0II*\0" + entry
    head = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    data = path.read_bytes()
    path.write_bytes(data[:2] + head + data[2:])
    rgb = read_frame(path, 0).rgb
    wanted = np.rot90(flat, turns)
    assert np.array_equal(rgb, wanted[:, ::-1] if is_mirrored else wanted)
    assert (scan_video(path).facts.width, scan_video(path).facts.height) == (
        rgb.shape[1],
        rgb.shape[0],
    )


def test_a_folder_is_a_video(clips, folder):
    frames = list(read_frames(folder, image_rate_hz=10.0))
    assert [clips.number_in(f.rgb) for f in frames] == list(range(10))
    assert [f.time_s for f in frames] == pytest.approx(np.arange(10) / 10)
    assert frame_times(folder)[9] == 9 / 25
    assert clips.number_in(read_frame(folder, 7).rgb) == 7
    info = scan_video(folder, image_rate_hz=10.0).facts
    assert (info.duration_s, info.average_rate) == (1.0, "10")


def test_a_folder_takes_all_the_options(folder):
    read = partial(
        read_frames, folder, image_rate_hz=10.0, every=FrameSampling(rate_hz=5.0)
    )
    frames = list(read())
    assert [f.frame for f in frames] == [0, 2, 4, 6, 8]
    rest = read(after=frames[1].position)
    assert [f.frame for f in rest] == [4, 6, 8]
    part = read(start_s=0.3, end_s=0.7)
    assert [f.frame for f in part] == [4, 6]


def test_a_damaged_picture_is_left_out(folder, caplog):
    (folder / "003.png").write_bytes(b"damaged")
    (folder / "004.png").write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        numbers = [f.frame for f in read_frames(folder)]
    assert numbers == [0, 1, 2, 5, 6, 7, 8, 9]
    assert "frame 3 of" in caplog.text
    assert "frame 4 of" in caplog.text
    with pytest.raises(VideoError, match="not one frame"):
        read_frame(folder, 3)


def test_a_single_damaged_picture(tmp_path):
    path = tmp_path / "one.png"
    path.write_bytes(b"damaged")
    for use in (scan_video, lambda p: read_frame(p, 0), lambda p: list(read_frames(p))):
        with pytest.raises(VideoError, match=r"the picture .*one\.png cannot be read"):
            use(path)


def test_a_folder_without_pictures(tmp_path):
    for use in (scan_video, frame_times, read_frames, content_hash):
        with pytest.raises(VideoError, match="holds no pictures"):
            use(tmp_path)


def test_the_hash_of_a_folder(folder, tmp_path):
    first = content_hash(folder)
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "notes.txt").unlink()
    assert content_hash(tmp_path / "copy") == first
    (tmp_path / "copy" / "009.png").rename(tmp_path / "copy" / "010.png")
    assert content_hash(tmp_path / "copy") != first


@pytest.mark.data
def test_a_real_picture(data):
    frame = read_frame(data / "multi_face.jpg", 0)
    assert frame.rgb.shape == (667, 1000, 3)
