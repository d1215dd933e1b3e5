"""One pass of reading: hash, facts and frame index at once."""

import hashlib

import numpy as np
import pytest
from tests.video.conftest import Recipe, encode

from feltline.errors import VideoError
from feltline.video import (
    content_hash,
    frame_times,
    read_frame,
    read_frames,
    read_some,
    scan_video,
)
from feltline.video.index import frame_index
from feltline.video.scan import HashedFile


def test_a_scan_says_what_the_parts_say(clip):
    _, path = clip
    scan = scan_video(path)
    assert scan.facts.content_hash == content_hash(path)
    np.testing.assert_array_equal(scan.time_s, frame_times(path))
    index = frame_index(path)
    assert scan.index is not None
    assert scan.index.time_base == index.time_base
    for name in ("pts", "packet_pts", "is_key"):
        np.testing.assert_array_equal(getattr(scan.index, name), getattr(index, name))


def test_frames_are_read_by_a_known_index_without_another_demux(clips, monkeypatch):
    path = clips.path("open-gop")
    whole, index = list(read_frames(path)), scan_video(path).index

    def no(_path):
        raise AssertionError

    for module in ("video_file", "browser_support"):
        monkeypatch.setattr(f"feltline.video.{module}.frame_index", no)
    again = list(read_frames(path, index=index))
    assert [f.rgb.tobytes() for f in again] == [f.rgb.tobytes() for f in whole]
    one = read_frame(path, 13, index=index)
    assert one.rgb.tobytes() == whole[13].rgb.tobytes()
    some = list(read_some(path, [3, 20], index=index))
    assert [f.frame for f in some] == [3, 20]


def test_pictures_have_a_scan_too(clips, tmp_path):
    for number in range(3):
        clips.picture(tmp_path / f"{number}.png", number)
    scan = scan_video(tmp_path, image_rate_hz=10.0)
    assert scan.facts.content_hash == content_hash(tmp_path)
    assert scan.index is None
    assert scan.time_s.tolist() == [0.0, 0.1, 0.2]
    assert scan.facts.duration_s == pytest.approx(0.3)


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\0\0\0\x18ftypmp42"])
def test_what_is_no_video_is_refused(tmp_path, content):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=r"a\.mp4"):
        scan_video(path)
    with pytest.raises(VideoError, match="no video at"):
        scan_video(tmp_path / "gone.mp4")


@pytest.mark.parametrize("seed", range(20))
def test_the_hash_does_not_depend_on_the_order_of_reading(tmp_path, seed, monkeypatch):
    monkeypatch.setattr("feltline.video.scan._GAP", 50)
    rng = np.random.default_rng(seed)
    content = rng.bytes(1000)
    path = tmp_path / "a"
    path.write_bytes(content)
    with HashedFile(path) as file:
        for _ in range(rng.integers(0, 12)):
            at, size = rng.integers(0, 1000), rng.integers(0, 300)
            file.seek(int(at))
            assert file.read(int(size)) == content[at : at + size]
        assert file.hexdigest() == hashlib.sha256(content).hexdigest()


def test_a_file_is_read_little_more_than_once(clips, monkeypatch):
    path = clips.path("with-sound")
    read = []
    genuine = HashedFile.read

    def counting(self, size=-1):
        data = genuine(self, size)
        read.append(len(data))
        return data

    monkeypatch.setattr(HashedFile, "read", counting)
    scan_video(path)
    assert sum(read) < 1.5 * path.stat().st_size + 2 * 32768


def test_a_place_that_is_not_there_does_not_end_the_reading(tmp_path):
    """As with files that FFmpeg opens itself: a damaged file may point anywhere."""
    path = encode(tmp_path / "it.wmv", Recipe(codec="wmv2", count=5))
    whole = bytearray(path.read_bytes())
    whole[53] = 0x7F  # the size of an object in its head
    path.write_bytes(whole)
    assert scan_video(path).time_s.tolist() == frame_times(path).tolist()
    with HashedFile(path) as file:
        assert file.seek(-1) < 0
        assert file.read(4) == whole[:4]
        assert file.hexdigest() == hashlib.sha256(whole).hexdigest()
