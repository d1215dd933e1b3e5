import io
import threading
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.video.conftest import RECIPES, Clips
from tests.video.test_damage import blank

from feltline.errors import ShapeError, VideoError
from feltline.server import frame_images as module
from feltline.server.disk_cache import DiskCache
from feltline.server.frame_images import FrameImages
from feltline.server.video_folders import Original
from feltline.video import read_frame, read_some, scan_video

ONE, TWO = "aa" * 32, "bb" * 32
BOX = np.array([40, 30, 80, 70], np.float32)


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    return Clips(tmp_path_factory.mktemp("clips"), RECIPES)


@pytest.fixture
def path(clips):
    return clips.path("b-frames")


@pytest.fixture
def images(tmp_path):
    return FrameImages(cache_of(tmp_path))


@pytest.fixture
def readings(monkeypatch):
    """The frames of each reading of a video, in turn."""
    made = []

    def noting(path, frames, *, index):
        made.append(list(frames))
        return read_some(path, made[-1], index=index)

    monkeypatch.setattr(module, "read_some", noting)
    return made


def cache_of(tmp_path, max_bytes=10**6, **rest):
    return DiskCache(tmp_path / "pictures", max_bytes, **rest)


def of(path, content_hash):
    return Original(path, content_hash, "talk")


def opened(jpeg):
    return np.asarray(Image.open(io.BytesIO(jpeg))).astype(int)


def together(*calls):
    """Runs calls in threads at once; their results, or what they raised."""
    found: list[Any] = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(at):
        barrier.wait()
        try:
            found[at] = calls[at]()
        except Exception as error:  # noqa: BLE001 - it is looked at
            found[at] = error

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return found


def test_a_thumbnail_shows_the_frame(images, path, clips):
    for number in (0, 7, 23):
        small = opened(images.thumbnail(of(path, ONE), number, 128))
        assert small.shape == (96, 128, 3)
        assert clips.number_in(small) == number


def test_a_crop_shows_the_face_and_what_is_around_it(images, path):
    crop = opened(images.crop(of(path, ONE), 9, BOX, 60))
    assert crop.shape == (60, 60, 3)
    whole = read_frame(path, 9).rgb.astype(int)
    # The square of 60 pixels around (60, 50), scaled by 1.
    assert np.abs(crop - whole[20:80, 30:90]).mean() < 5


def test_a_picture_is_made_once(images, path, readings):
    first = images.crop(of(path, ONE), 9, BOX, 60)
    assert images.crop(of(path, ONE), 9, BOX, 60) == first
    assert readings == [[9]]


def test_it_is_kept_from_one_start_to_the_next(images, path, readings, tmp_path):
    first = images.thumbnail(of(path, ONE), 9, 60)
    again = FrameImages(cache_of(tmp_path))
    assert again.thumbnail(of(path, ONE), 9, 60) == first
    assert len(readings) == 1


def test_what_differs_in_anything_is_another_picture(images, path, readings):
    images.crop(of(path, ONE), 9, BOX, 60)
    images.crop(of(path, ONE), 9, BOX, 61)
    images.crop(of(path, ONE), 9, BOX + 1, 60)
    images.crop(of(path, ONE), 10, BOX, 60)
    images.crop(of(path, TWO), 9, BOX, 60)
    images.thumbnail(of(path, ONE), 9, 60)
    assert len(readings) == 6


def test_a_sheet_of_one_video_is_read_in_few_goes(images, path, readings, clips):
    calls = [
        lambda k=k: images.thumbnail(of(path, ONE), k, 128) for k in reversed(range(24))
    ]
    found = together(*calls)
    assert [clips.number_in(opened(j)) for j in found] == list(reversed(range(24)))
    # The first comes alone; while it is read, all others gather.
    assert len(readings) <= 4
    assert sorted(k for batch in readings for k in batch) == list(range(24))


def test_those_who_want_the_same_share_it(images, path, readings):
    found = together(*[lambda: images.thumbnail(of(path, ONE), 5, 64)] * 12)
    assert len(set(found)) == 1
    assert readings == [[5]]


def test_one_reading_at_a_time_per_video_and_videos_side_by_side(
    images, path, monkeypatch
):
    inside, most = {ONE: 0, TWO: 0}, []
    both = threading.Event()
    lock = threading.Lock()

    def slow(group):
        with lock:
            inside[group] += 1
            most.append(dict(inside))
            if all(inside.values()):
                both.set()
        # Each of the first two waits for the other, which a common lock would forbid.
        assert both.wait(10)
        with lock:
            inside[group] -= 1

    def reading(where, frames, *, index):
        slow(ONE if where == path else TWO)
        return read_some(path, frames, index=index)

    monkeypatch.setattr(module, "read_some", reading)
    other = path.parent / "other.mp4"
    together(
        *[lambda k=k: images.thumbnail(of(path, ONE), k, 64) for k in range(4)],
        *[lambda k=k: images.thumbnail(of(other, TWO), k, 64) for k in range(4)],
    )
    assert max(max(counts.values()) for counts in most) == 1


def test_a_fault_of_one_is_not_that_of_others(images, path, clips):
    bad_box = np.array([0, 0, np.nan, 9], np.float32)
    found = together(
        lambda: images.crop(of(path, ONE), 3, bad_box, 60),
        lambda: images.thumbnail(of(path, ONE), 99, 64),
        lambda: images.thumbnail(of(path, ONE), 3, 128),
    )
    assert isinstance(found[0], ShapeError)
    assert isinstance(found[1], VideoError)
    assert "cannot be shown" in str(found[1])
    assert clips.number_in(opened(found[2])) == 3


def test_a_damaged_frame(images, clips, tmp_path):
    path = blank(clips.path("key-frames-only"), tmp_path / "hurt.mp4", [3])
    with pytest.raises(VideoError, match=r"it is damaged, or .*hurt\.mp4"):
        images.thumbnail(of(path, ONE), 3, 64)
    assert images.thumbnail(of(path, ONE), 4, 64)


def test_a_missing_video(images, tmp_path):
    for _ in range(2):
        with pytest.raises(VideoError, match="there is no video"):
            images.thumbnail(of(tmp_path / "no.mp4", ONE), 0, 64)


@pytest.mark.parametrize("bad", ["../..", "", "a/b", "A" * 64])
def test_a_hash_that_is_none(images, path, bad, tmp_path):
    with pytest.raises(ShapeError, match="hexadecimal"):
        images.thumbnail(of(path, bad), 0, 64)
    assert not list(tmp_path.rglob("*.jpg"))


def test_what_was_being_made_of_a_video_when_it_was_purged_is_not_kept(
    path, monkeypatch, tmp_path
):
    known = {ONE}
    images = FrameImages(cache_of(tmp_path, is_known=known.__contains__))

    def purging(where, frames, *, index):
        known.clear()
        return read_some(where, frames, index=index)

    monkeypatch.setattr(module, "read_some", purging)
    assert images.thumbnail(of(path, ONE), 3, 64)
    assert not (tmp_path / "pictures" / ONE).exists()


def test_the_bound_holds(path, tmp_path):
    images = FrameImages(cache_of(tmp_path, 20_000))
    for number in range(24):
        images.thumbnail(of(path, ONE), number, 128)
    sizes = [p.stat().st_size for p in (tmp_path / "pictures").rglob("*.jpg")]
    assert 0 < sum(sizes) <= 20_000
    assert len(sizes) < 24


def test_pictures_of_a_folder(images, clips, tmp_path):
    folder = tmp_path / "takes"
    folder.mkdir()
    for number in range(4):
        clips.picture(folder / f"{number}.png", number)
    small = opened(images.thumbnail(of(folder, ONE), 2, 128))
    assert clips.number_in(small) == 2


def test_a_known_index_spares_reading_the_packets(clips, images, monkeypatch):
    path = clips.path("b-frames")
    index = scan_video(path).index

    def no(_path):
        raise AssertionError

    monkeypatch.setattr("feltline.video.video_file.frame_index", no)
    shown = opened(images.thumbnail(of(path, ONE), 9, 128, index=index))
    assert clips.number_in(shown) == 9
    assert images.crop(of(path, ONE), 9, BOX, 60, index=index)
