import itertools
import signal
import threading
import time
from contextlib import closing

import numpy as np
import pytest

from feltline.errors import VideoError
from feltline.video import Frame, read_frames
from feltline.video.prefetch import prefetched


def frame(number, side=4):
    rgb = np.zeros((side, side, 3), np.uint8)
    return Frame(frame=number, time_s=number / 25, rgb=rgb)


def alive():
    return [t for t in threading.enumerate() if t.name == "feltline-video"]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert alive() == []


class Endless:
    """A source without end that counts what was taken from it."""

    def __init__(self, side=4):
        self.made = 0
        self.is_closed = False
        self.side = side

    def __call__(self, stopped):
        try:
            while not stopped.is_set():
                self.made += 1
                yield frame(self.made - 1, self.side)
        finally:
            self.is_closed = True


def wait_until_steady(source):
    before = -1
    while source.made != before:
        before = source.made
        time.sleep(0.05)


def interrupt_after(frames):
    next(frames)
    raise KeyboardInterrupt


def test_order_is_kept():
    frames = prefetched(lambda _: iter([frame(k) for k in range(100)]))
    assert [f.frame for f in frames] == list(range(100))


def test_no_more_than_a_few_frames_wait():
    source = Endless()
    with closing(prefetched(source)) as frames:
        assert next(frames).frame == 0
        wait_until_steady(source)
        assert source.made <= 1 + 8 + 1
    assert source.is_closed


def test_fewer_frames_wait_if_they_are_huge():
    source = Endless(side=3300)  # 31 MiB each
    with closing(prefetched(source)) as frames:
        next(frames)
        wait_until_steady(source)
        assert source.made <= 1 + 3 + 1


def test_closing_before_the_first_frame_starts_nothing():
    source = Endless()
    frames = prefetched(source)
    frames.close()
    assert source.made == 0


def test_leaving_a_loop_ends_the_thread():
    source = Endless()
    for found in prefetched(source):
        if found.frame == 3:
            break
    assert alive() == []
    assert source.is_closed


def test_interrupting_the_consumer_ends_the_thread():
    source = Endless()
    started = time.perf_counter()
    with pytest.raises(KeyboardInterrupt), closing(prefetched(source)) as frames:
        interrupt_after(frames)
    assert time.perf_counter() - started < 2
    assert source.is_closed


def test_an_interrupt_while_waiting_ends_the_thread():
    release = threading.Event()

    def slow(stopped):
        yield frame(0)
        stopped.wait(10)
        release.set()

    frames = prefetched(slow)
    next(frames)
    with pytest.raises(KeyboardInterrupt):
        frames.throw(KeyboardInterrupt)
    assert release.is_set()


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals")
def test_ctrl_c_while_waiting_for_a_frame():
    def stuck(stopped):
        yield frame(0)
        stopped.wait(10)

    frames = prefetched(stuck)
    next(frames)
    main = threading.main_thread().ident
    timer = threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT))
    # Where a shell runs the tests in the background, Ctrl-C is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    started = time.perf_counter()
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            next(frames)
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.perf_counter() - started < 5


def test_errors_arrive_after_the_frames_before_them():
    def failing(_):
        yield frame(0)
        yield frame(1)
        raise VideoError("damaged")

    frames = prefetched(failing)
    assert [f.frame for f in itertools.islice(frames, 2)] == [0, 1]
    with pytest.raises(VideoError, match="damaged"):
        next(frames)


def test_decoding_stops_promptly_while_passing_over_frames(clips):
    with closing(read_frames(clips.path("b-frames"))) as frames:
        next(frames)
    assert alive() == []


def test_two_readers_at_once(clips):
    one, other = read_frames(clips.path("b-frames")), read_frames(clips.path("hevc"))
    for left, right in zip(one, other, strict=True):
        assert left.frame == right.frame
