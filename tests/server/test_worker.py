import logging
import os
import sys
import threading

import pytest

from feltline.server.worker import Background


class Work:
    """Waits for leave to finish each piece; says what it did."""

    def __init__(self):
        self.begun = threading.Semaphore(0)
        self.leave = threading.Semaphore(0)
        self.did = []
        self.niceness = None

    def __call__(self, key, stopped):
        self.niceness = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        self.begun.release()
        while not stopped.is_set():
            if self.leave.acquire(timeout=0.01):
                self.did.append(key)
                return
        self.did.append(f"{key} stopped")

    def wait_begun(self):
        assert self.begun.acquire(timeout=10)


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def background(work):
    background = Background(work, name="feltline-test")
    yield background
    background.close()
    assert "feltline-test" not in [t.name for t in threading.enumerate()]


def finish(work, background, count):
    for _ in range(count):
        work.leave.release()
    for _ in range(1000):
        if len(work.did) >= count and len(background) == 0:
            return
        threading.Event().wait(0.01)
    pytest.fail(f"only {work.did} of {count} were done")


def test_no_thread_without_work(background, work):
    assert len(background) == 0
    assert "feltline-test" not in [t.name for t in threading.enumerate()]
    background.close()
    assert work.did == []


def test_pieces_are_done_in_turn_and_urgent_ones_first(background, work):
    background.add("a", is_urgent=False)
    work.wait_begun()
    for key in ("b", "c", "d"):
        background.add(key, is_urgent=False)
    background.add("d", is_urgent=True)
    background.add("c", is_urgent=False)  # keeps its place
    background.add("a", is_urgent=True)  # is under way
    assert len(background) == 4
    finish(work, background, 4)
    assert work.did == ["a", "d", "b", "c"]


def test_a_piece_can_be_done_again(background, work):
    for _ in range(2):
        background.add("a", is_urgent=False)
        finish(work, background, 1)
    assert work.did == ["a", "a"]


def test_dropping_what_waits(background, work):
    background.add("a", is_urgent=False)
    work.wait_begun()
    background.add("b", is_urgent=False)
    background.drop("b")
    background.drop("unknown")
    finish(work, background, 1)
    assert work.did == ["a"]


def test_dropping_what_is_under_way_waits_for_its_end(background, work):
    background.add("a", is_urgent=False)
    background.add("b", is_urgent=False)
    work.wait_begun()
    background.drop("a")
    assert work.did == ["a stopped"]
    work.wait_begun()
    work.leave.release()
    finish(work, background, 0)
    assert work.did == ["a stopped", "b"]


def test_closing_stops_at_once(background, work):
    background.add("a", is_urgent=False)
    background.add("b", is_urgent=False)
    work.wait_begun()
    background.close()
    assert work.did == ["a stopped"]
    background.add("c", is_urgent=True)
    assert len(background) == 0
    background.close()


def test_a_fault_does_not_end_the_work(caplog):
    done = threading.Event()

    def work(key, _):
        if key == "bad":
            raise ValueError("no good")
        done.set()

    background = Background(work, name="feltline-test")
    with caplog.at_level(logging.ERROR):
        background.add("bad", is_urgent=False)
        background.add("good", is_urgent=False)
        assert done.wait(10)
    background.close()
    assert "feltline-test failed at bad" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="other systems nice processes")
def test_the_thread_stands_back_alone(background, work):
    before = os.getpriority(os.PRIO_PROCESS, 0)
    background.add("a", is_urgent=False)
    finish(work, background, 1)
    assert work.niceness == max(before, 10)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
