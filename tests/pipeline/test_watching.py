"""`add --watch`: no single file ends it, and a changed one is tried again."""

import shutil
import threading
import time
from contextlib import contextmanager

import pytest
from PIL import Image

from feltline.errors import SetupError
from feltline.pipeline import add_videos, purge, watch_sources, watching
from feltline.project import Project, stamp_of

LOOK_S, SETTLED_S = 0.02, 0.3


class Ended(BaseException):
    """Ends a watch, as Ctrl-C does."""


class Watched:
    """A folder that is watched in a thread; remembers what was to be added."""

    def __init__(self, folder, add=None, first=(), settled_s=SETTLED_S):
        self._settled_s, self.folder, self.handed, self.said = settled_s, folder, [], []
        self._add, self._first, self._over = add, list(first), threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.error = None

    def _run(self):
        try:
            watch_sources(
                *([str(self.folder)], self._first, self._take),
                say=self.said.append,
                look_every_s=LOOK_S,
                settled_s=self._settled_s,
            )
        except Ended:
            pass
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.error = error

    def _take(self, sources):
        names = [s.removeprefix(f"{self.folder}/") for s in sources]
        self.handed.append(names)
        if self._add is not None:
            self._add(names)

    def wait_for(self, done):
        until = time.monotonic() + 20
        while not done():
            assert self.error is None, self.error
            assert time.monotonic() < until, (self.handed, self.said)
            time.sleep(0.01)

    def look_on(self, seconds=3 * SETTLED_S):
        time.sleep(seconds)
        assert self.error is None
        assert self._thread.is_alive()


@pytest.fixture
def watch(tmp_path, monkeypatch):
    over = threading.Event()
    genuine = time.sleep

    def sleep(seconds):
        genuine(seconds)
        if over.is_set() and threading.current_thread() in threads:
            raise Ended

    monkeypatch.setattr(time, "sleep", sleep)
    threads = []

    @contextmanager
    def started(add=None, folder=None, first=(), **more):
        watched = Watched(folder or tmp_path, add, first, **more)
        threads.append(watched._thread)
        watched._thread.start()
        try:
            yield watched
        finally:
            over.set()
            watched._thread.join(10)
        assert watched.error is None, watched.error

    return started


def test_a_file_that_comes_slowly_is_added_once_it_is_whole(watch, tmp_path):
    with watch() as watched:
        for n in range(12):  # pauses that are shorter than it takes to settle
            with (tmp_path / "a.ts").open("ab") as file:
                file.write(bytes([n]) * 188)
            time.sleep(SETTLED_S / 4)
        assert watched.handed == []
        watched.wait_for(lambda: watched.handed)
        watched.look_on()
    assert watched.handed == [["a.ts"]]


@pytest.mark.parametrize("grows_by", [b"more", b""])
def test_a_file_that_changes_after_it_was_tried_is_tried_again(
    watch, tmp_path, grows_by
):
    """A copy that stalled was never tried again, and stayed out."""
    (tmp_path / "a.mp4").write_bytes(b"half")
    with watch() as watched:
        watched.wait_for(lambda: watched.handed == [["a.mp4"]])
        watched.look_on()
        assert watched.handed == [["a.mp4"]]
        (tmp_path / "a.mp4").write_bytes(b"half" + grows_by)
        watched.wait_for(lambda: watched.handed == [["a.mp4"]] * 2)


def test_files_that_vanish_or_cannot_be_looked_at_end_nothing(watch, tmp_path):
    folder = tmp_path / "incoming"
    folder.mkdir()
    with watch(folder=folder) as watched:
        for _ in range(20):
            (folder / "gone.mp4").write_bytes(b"x")
            time.sleep(LOOK_S / 3)
            (folder / "gone.mp4").unlink()
        (folder / "dead.mp4").symlink_to("nowhere")
        (folder / "loop").symlink_to(".")
        (folder / "self.mp4").symlink_to("self.mp4")
        (folder / "seq").mkdir()
        Image.new("RGB", (8, 8)).save(folder / "seq/1.png")
        watched.wait_for(lambda: watched.handed)
        shutil.rmtree(folder)  # the folder itself
        watched.look_on()
        folder.mkdir()
        (folder / "back.mp4").write_bytes(b"x")
        watched.wait_for(lambda: len(watched.handed) == 2)
    assert watched.handed == [["seq"], ["back.mp4"]]


def test_a_sequence_is_added_when_no_more_pictures_come(watch, tmp_path):
    (tmp_path / "seq").mkdir()
    with watch() as watched:
        for n in range(6):
            Image.new("RGB", (8, 8)).save(tmp_path / f"seq/{n}.png")
            time.sleep(SETTLED_S / 3)
        assert watched.handed == []
        watched.wait_for(lambda: watched.handed == [["seq"]])


@pytest.mark.parametrize("error", [PermissionError(13, "denied"), OSError(5, "I/O")])
def test_a_file_that_may_not_be_read_waits(watch, tmp_path, monkeypatch, error):
    genuine, is_denied = stamp_of, threading.Event()
    is_denied.set()

    def denied(path):
        if path.name == "a.mp4" and is_denied.is_set():
            from feltline.errors import VideoError

            raise VideoError(str(error))
        return genuine(path)

    monkeypatch.setattr(watching, "stamp_of", denied)
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes(b"x")
    with watch() as watched:
        watched.wait_for(lambda: watched.handed == [["b.mp4"]])
        is_denied.clear()
        watched.wait_for(lambda: watched.handed == [["b.mp4"], ["a.mp4"]])


def test_what_goes_wrong_is_said_and_tried_again_one_by_one(watch, tmp_path):
    poison = {"b.mp4"}

    def add(names):
        if poison & set(names):
            raise SetupError("the disk is full")

    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (tmp_path / name).write_bytes(b"x")
    with watch(add, settled_s=0.05) as watched:  # nothing is written to any more
        watched.wait_for(lambda: len(watched.handed) >= 5)
        assert watched.handed[0] == ["a.mp4", "b.mp4", "c.mp4"]
        assert watched.handed[1:4] == [["a.mp4"], ["b.mp4"], ["c.mp4"]]
        assert watched.handed[4:] == [["b.mp4"]]  # and later once more
        poison.clear()
        watched.wait_for(lambda: len(watched.handed) == 6)
        watched.look_on()
    assert watched.handed[5:] == [["b.mp4"]]
    assert watched.said == ["the disk is full; watching goes on"] * 3


def test_what_was_there_before_is_added_at_once_unless_it_was_just_written(
    watch, tmp_path
):
    import os

    for name in ("old.mp4", "new.mp4"):
        (tmp_path / name).write_bytes(b"x")
    os.utime(tmp_path / "old.mp4", (1, 1))
    first = [str(tmp_path / n) for n in ("new.mp4", "old.mp4")]
    with watch(first=first) as watched:
        watched.wait_for(lambda: watched.handed == [["old.mp4"], ["new.mp4"]])


def test_a_stalled_copy_comes_into_the_project_whole(watch, project, tmp_path):
    content = (project.folder / "pair.mp4").read_bytes()
    purge(project, "pair.mp4")
    folder = tmp_path / "incoming"
    folder.mkdir()
    reports = []

    def add(names):
        with Project.open(project.folder) as own:
            reports.append(add_videos(own, [str(folder / n) for n in names]))

    with watch(add, folder=folder) as watched:
        with (folder / "a.mp4").open("wb") as file:
            file.write(content[: len(content) // 2])
            file.flush()
            watched.wait_for(lambda: reports)  # stalled for longer than it waits
            assert list(reports[0].failed) == [str(folder / "a.mp4")]
            file.write(content[len(content) // 2 :])
        watched.wait_for(lambda: len(reports) == 2)
    assert reports[1].added == ["a.mp4"]
