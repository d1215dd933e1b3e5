import logging
import os
import threading

import pytest

from feltline.errors import ShapeError, StoreUnavailableError
from feltline.server.disk_cache import DiskCache

ONE, TWO = "aa" * 32, "bb" * 32


def put(cache, group, name, data):
    cache.put(group, name, data)
    cache.written(group)


def names(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def cache(tmp_path):
    return DiskCache(tmp_path, 1000)


def test_what_was_put_is_there(cache, tmp_path):
    assert cache.get(ONE, "a.jpg") is None
    put(cache, ONE, "a.jpg", b"one")
    put(cache, TWO, "a.jpg", b"other")
    assert cache.get(ONE, "a.jpg") == b"one"
    assert cache.get(TWO, "a.jpg") == b"other"
    assert names(tmp_path) == [f"{ONE}/a.jpg", f"{TWO}/a.jpg"]
    put(cache, ONE, "a.jpg", b"anew")
    assert cache.get(ONE, "a.jpg") == b"anew"


def test_files_are_for_their_owner_only(cache, tmp_path):
    put(cache, ONE, "a.jpg", b"face")
    assert (tmp_path / ONE / "a.jpg").stat().st_mode & 0o777 == 0o600


def test_the_longest_unused_go_first(cache, tmp_path):
    for name in ("a", "b", "c"):
        put(cache, ONE, f"{name}.jpg", bytes(300))
    assert cache.get(ONE, "a.jpg") is not None
    put(cache, TWO, "d.jpg", bytes(300))
    assert names(tmp_path) == [f"{ONE}/a.jpg", f"{ONE}/c.jpg", f"{TWO}/d.jpg"]
    assert cache.get(ONE, "b.jpg") is None


def test_what_is_too_large_is_not_kept(cache, tmp_path):
    put(cache, ONE, "a.jpg", bytes(1001))
    assert names(tmp_path) == []


def test_the_order_of_use_outlives_the_process(cache, tmp_path):
    for at, name in enumerate(("a", "b", "c")):
        put(cache, ONE, f"{name}.jpg", bytes(300))
        os.utime(tmp_path / ONE / f"{name}.jpg", (at, at))
    cache.get(ONE, "a.jpg")
    again = DiskCache(tmp_path, 1000)
    put(again, ONE, "d.jpg", bytes(300))
    assert names(tmp_path) == [f"{ONE}/{name}.jpg" for name in "acd"]


def test_a_smaller_bound_holds_from_the_start(cache, tmp_path):
    for name in ("a", "b", "c"):
        put(cache, ONE, f"{name}.jpg", bytes(300))
    DiskCache(tmp_path, 500)
    assert len(names(tmp_path)) == 1


def test_what_a_killed_process_left_is_removed(cache, tmp_path):
    put(cache, ONE, "a.jpg", b"one")
    (tmp_path / ONE / ".x.part").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("somebody's own")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.jpg").write_bytes(b"somebody's own")
    DiskCache(tmp_path, 1000)
    assert names(tmp_path) == [f"{ONE}/a.jpg", "notes.txt", "other/a.jpg"]


def test_forgetting_leaves_nothing_of_the_group(cache, tmp_path):
    put(cache, ONE, "a.jpg", b"one")
    put(cache, ONE, "b.jpg", b"two")
    put(cache, TWO, "a.jpg", b"other")
    cache.forget(ONE)
    assert not (tmp_path / ONE).exists()
    assert cache.get(ONE, "a.jpg") is None
    assert cache.get(TWO, "a.jpg") == b"other"
    cache.forget(ONE)


def gone(_content_hash):
    return False


def unreachable(_content_hash):
    raise StoreUnavailableError("the database is locked")


@pytest.mark.parametrize("is_known", [gone, unreachable])
def test_what_is_written_of_a_video_that_was_purged_is_not_kept(tmp_path, is_known):
    cache = DiskCache(tmp_path, 1000, is_known)
    put(cache, ONE, "a.jpg", b"late")
    assert list(tmp_path.iterdir()) == []


def test_what_others_deleted_is_missing(cache, tmp_path):
    put(cache, ONE, "a.jpg", b"one")
    (tmp_path / ONE / "a.jpg").unlink()
    assert cache.get(ONE, "a.jpg") is None


@pytest.mark.parametrize("group", ["..", "", "a/b", "AA" * 32, "xyz" * 10])
def test_no_other_folder_is_forgotten(cache, group):
    with pytest.raises(ShapeError, match="hexadecimal"):
        cache.forget(group)


def test_a_folder_that_cannot_be_written_is_a_warning(tmp_path, caplog):
    (tmp_path / "pictures").write_text("in the way")
    cache = DiskCache(tmp_path / "pictures", 1000)
    with caplog.at_level(logging.WARNING):
        put(cache, ONE, "a.jpg", b"one")
    assert "cannot be kept" in caplog.text
    assert cache.get(ONE, "a.jpg") is None


def test_many_threads_keep_within_bounds(tmp_path):
    cache = DiskCache(tmp_path, 2000)
    faults = []

    def work(seed):
        for k in range(60):
            name = f"{(seed * 7 + k) % 25}.jpg"
            found = cache.get(ONE, name)
            if found not in (None, name.encode() * 20):
                faults.append((name, found))
            put(cache, ONE, name, name.encode() * 20)
            if k % 20 == 19:
                cache.forget(ONE)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    files = [p for p in (tmp_path / ONE).glob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) <= 2000
    assert all(p.suffix == ".jpg" for p in files)
