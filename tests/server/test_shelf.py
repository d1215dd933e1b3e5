import logging
import os
import threading

import pytest

from feltline.errors import ShapeError
from feltline.server.disk_cache import Shelf

ONE, TWO = "aa" * 32, "bb" * 32


def put(shelf, group, name, data):
    shelf.put(group, name, data, era=shelf.era(group))


def names(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path, 1000)


def test_what_was_put_is_there(shelf, tmp_path):
    assert shelf.get(ONE, "a.jpg") is None
    put(shelf, ONE, "a.jpg", b"one")
    put(shelf, TWO, "a.jpg", b"other")
    assert shelf.get(ONE, "a.jpg") == b"one"
    assert shelf.get(TWO, "a.jpg") == b"other"
    assert shelf.n_bytes == 8
    assert names(tmp_path) == [f"{ONE}/a.jpg", f"{TWO}/a.jpg"]
    put(shelf, ONE, "a.jpg", b"anew")
    assert shelf.get(ONE, "a.jpg") == b"anew"
    assert shelf.n_bytes == 9


def test_files_are_for_their_owner_only(shelf, tmp_path):
    put(shelf, ONE, "a.jpg", b"face")
    assert (tmp_path / ONE / "a.jpg").stat().st_mode & 0o777 == 0o600


def test_the_longest_unused_go_first(shelf, tmp_path):
    for name in ("a", "b", "c"):
        put(shelf, ONE, f"{name}.jpg", bytes(300))
    assert shelf.get(ONE, "a.jpg") is not None
    put(shelf, TWO, "d.jpg", bytes(300))
    assert names(tmp_path) == [f"{ONE}/a.jpg", f"{ONE}/c.jpg", f"{TWO}/d.jpg"]
    assert shelf.get(ONE, "b.jpg") is None
    assert shelf.n_bytes == 900


def test_what_is_too_large_is_not_kept(shelf, tmp_path):
    put(shelf, ONE, "a.jpg", bytes(1001))
    assert names(tmp_path) == []
    assert shelf.n_bytes == 0


def test_the_order_of_use_outlives_the_process(shelf, tmp_path):
    for at, name in enumerate(("a", "b", "c")):
        put(shelf, ONE, f"{name}.jpg", bytes(300))
        os.utime(tmp_path / ONE / f"{name}.jpg", (at, at))
    shelf.get(ONE, "a.jpg")
    again = Shelf(tmp_path, 1000)
    assert again.n_bytes == 900
    put(again, ONE, "d.jpg", bytes(300))
    assert names(tmp_path) == [f"{ONE}/{name}.jpg" for name in "acd"]


def test_a_smaller_bound_holds_from_the_start(shelf, tmp_path):
    for name in ("a", "b", "c"):
        put(shelf, ONE, f"{name}.jpg", bytes(300))
    assert Shelf(tmp_path, 500).n_bytes == 300
    assert len(names(tmp_path)) == 1


def test_what_a_killed_process_left_is_removed(shelf, tmp_path):
    put(shelf, ONE, "a.jpg", b"one")
    (tmp_path / ONE / ".x.part").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("somebody's own")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.jpg").write_bytes(b"somebody's own")
    assert Shelf(tmp_path, 1000).n_bytes == 3
    assert names(tmp_path) == [f"{ONE}/a.jpg", "notes.txt", "other/a.jpg"]


def test_forgetting_leaves_nothing_of_the_group(shelf, tmp_path):
    put(shelf, ONE, "a.jpg", b"one")
    put(shelf, ONE, "b.jpg", b"two")
    put(shelf, TWO, "a.jpg", b"other")
    assert shelf.forget(ONE) == 6
    assert not (tmp_path / ONE).exists()
    assert shelf.get(ONE, "a.jpg") is None
    assert shelf.get(TWO, "a.jpg") == b"other"
    assert shelf.n_bytes == 5
    assert shelf.forget(ONE) == 0


def test_what_was_being_made_when_its_group_was_forgotten_is_not_kept(shelf, tmp_path):
    era = shelf.era(ONE)
    shelf.forget(ONE)
    shelf.put(ONE, "a.jpg", b"late", era=era)
    assert shelf.get(ONE, "a.jpg") is None
    assert list(tmp_path.iterdir()) == []
    put(shelf, ONE, "a.jpg", b"new")
    assert shelf.get(ONE, "a.jpg") == b"new"


def test_what_others_deleted_is_missing(shelf, tmp_path):
    put(shelf, ONE, "a.jpg", b"one")
    (tmp_path / ONE / "a.jpg").unlink()
    assert shelf.get(ONE, "a.jpg") is None
    assert shelf.n_bytes == 0


@pytest.mark.parametrize("group", ["..", "", "a/b", "AA" * 32, "xyz" * 10])
def test_no_other_folder_is_forgotten(shelf, group):
    with pytest.raises(ShapeError, match="hexadecimal"):
        shelf.forget(group)


def test_a_folder_that_cannot_be_written_is_a_warning(tmp_path, caplog):
    (tmp_path / "pictures").write_text("in the way")
    shelf = Shelf(tmp_path / "pictures", 1000)
    with caplog.at_level(logging.WARNING):
        put(shelf, ONE, "a.jpg", b"one")
    assert "cannot be kept" in caplog.text
    assert shelf.get(ONE, "a.jpg") is None


def test_many_threads_keep_within_bounds(tmp_path):
    shelf = Shelf(tmp_path, 2000)
    faults = []

    def work(seed):
        for k in range(60):
            name = f"{(seed * 7 + k) % 25}.jpg"
            found = shelf.get(ONE, name)
            if found not in (None, name.encode() * 20):
                faults.append((name, found))
            put(shelf, ONE, name, name.encode() * 20)
            if k % 20 == 19:
                shelf.forget(ONE)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert shelf.n_bytes <= 2000
    files = [p for p in (tmp_path / ONE).glob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) == shelf.n_bytes
    assert all(p.suffix == ".jpg" for p in files)
