import shutil
import threading
import time

import numpy as np
import pytest
from starlette.exceptions import HTTPException
from tests.video.conftest import RECIPES, Clips
from tests.video.test_damage import blank

from feltline.errors import ShapeError
from feltline.server import proxy_builder as module
from feltline.server.proxy_builder import ProxyBuilder
from feltline.server.proxy_store import ProxyStore
from feltline.server.video_folders import Original
from feltline.video import browser_plays, frame_times, read_frames, write_proxy

ONE, TWO, THREE = "aa" * 32, "bb" * 32, "cc" * 32


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    return Clips(tmp_path_factory.mktemp("clips"), RECIPES)


@pytest.fixture
def original(clips):
    return clips.path("b-frames")


@pytest.fixture
def other(clips):
    return clips.path("hevc")


@pytest.fixture
def make(tmp_path):
    """Makes proxies in one folder, with a record of what they tell."""
    made = []

    def make(is_known=lambda _: True, **rest):
        store = ProxyStore(tmp_path / "proxies", is_known)
        made.append(ProxyBuilder(store, **rest))
        return made[-1]

    yield make
    for proxies in made:
        proxies.close()


class Builder:
    """Stands in for the building of a proxy; waits for leave at its middle."""

    def __init__(self):
        self.begun = threading.Event()
        self.leave = threading.Event()
        self.built = []

    def __call__(self, path, out, **rest):
        self.built.append(path.name)
        stopped, progress = rest["stopped"], rest["progress"]

        def waiting(done, of):
            if done == of // 2:
                self.begun.set()
                while not (self.leave.is_set() or stopped.is_set()):
                    time.sleep(0.01)
            progress(done, of)

        return write_proxy(path, out, **rest | {"progress": waiting})


@pytest.fixture
def builder(monkeypatch):
    builder = Builder()
    monkeypatch.setattr(module, "write_proxy", builder)
    monkeypatch.setattr(module, "_PROGRESS_EVERY_S", 0.0)
    return builder


def of(path, content_hash):
    return Original(path, content_hash, "talk")


def wait_for(holds):
    # Copies are made at a low priority, and a busy machine may let them wait for long.
    until = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def wait(proxies, path, content_hash, *wanted):
    wait_for(lambda: proxies.state(of(path, content_hash)).playback in wanted)
    return proxies.state(of(path, content_hash))


def files(tmp_path):
    folder = tmp_path / "proxies"
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_an_original_that_plays(make, original, tmp_path):
    proxies = make()
    state = proxies.state(of(original, ONE))
    assert (state.playback, state.progress, state.failure) == ("original", 1.0, "")
    assert proxies.file_to_play(of(original, ONE)) == original
    assert np.array_equal(proxies.times(of(original, ONE)), frame_times(original))
    assert proxies.build(of(original, ONE)) == state
    assert proxies.n_waiting == 0
    assert files(tmp_path) == [f"{ONE}/original-1.npy"]


def test_another_gets_a_proxy(make, other, clips, tmp_path):
    proxies = make()
    assert proxies.state(of(other, ONE)).playback == "building"
    state = wait(proxies, other, ONE, "ready", "failed")
    assert (state.playback, state.progress) == ("ready", 1.0)
    proxy = proxies.file_to_play(of(other, ONE))
    assert proxy == tmp_path / "proxies" / ONE / "proxy.mp4"
    assert browser_plays(proxy)
    numbers = [clips.number_in(f.rgb) for f in read_frames(proxy)]
    assert numbers == list(range(24))
    assert np.array_equal(proxies.times(of(other, ONE)), frame_times(proxy))
    assert files(tmp_path) == [f"{ONE}/proxy.mp4", f"{ONE}/times.npy"]


def test_what_is_there_is_there_after_a_restart(
    make, original, other, tmp_path, monkeypatch
):
    proxies = make()
    proxies.state(of(original, ONE))
    proxies.state(of(other, TWO))
    wait(proxies, other, TWO, "ready")
    proxies.close()
    monkeypatch.setattr(module, "browser_plays", None)  # need not be asked
    gone = tmp_path / "gone.mov"  # nor be there
    again = make()
    assert again.state(of(gone, ONE)).playback == "original"
    assert again.state(of(gone, TWO)).playback == "ready"
    assert len(again.times(of(gone, TWO))) == 24
    assert again.file_to_play(of(gone, TWO)).exists()


def test_what_was_not_finished_is_begun_anew(make, other, builder, tmp_path):
    proxies = make()
    proxies.state(of(other, ONE))
    assert builder.begun.wait(10)
    proxies.close()
    assert files(tmp_path) == []
    # As if the process had been killed in the middle.
    (tmp_path / "proxies" / ONE / ".proxy.x.mp4").write_bytes(b"half")
    (tmp_path / "proxies" / ONE / "proxy.mp4").write_bytes(b"without its times")
    builder.leave.set()
    again = make()
    assert again.state(of(other, ONE)).playback == "building"
    wait(again, other, ONE, "ready")
    assert files(tmp_path) == [f"{ONE}/proxy.mp4", f"{ONE}/times.npy"]
    assert builder.built == [other.name] * 2


def test_closing_stops_at_once(make, other, builder):
    proxies = make()
    proxies.state(of(other, ONE))
    assert builder.begun.wait(10)
    began = time.monotonic()
    proxies.close()
    assert time.monotonic() - began < 2
    assert "feltline-proxies" not in [t.name for t in threading.enumerate()]
    assert proxies.state(of(other, TWO)).playback == "building"
    assert proxies.n_waiting == 0


def test_while_it_is_built(make, other, builder):
    events = []
    proxies = make(publish=lambda name, what: events.append((name, what)))
    proxies.state(of(other, ONE))
    assert builder.begun.wait(10)
    wait_for(lambda: 0 < proxies.state(of(other, ONE)).progress < 1)
    assert proxies.state(of(other, ONE)).playback == "building"
    for ask in (proxies.file_to_play, proxies.times):
        with pytest.raises(HTTPException, match="being prepared for playing") as told:
            ask(of(other, ONE))
        assert told.value.status_code == 409
    builder.leave.set()
    wait(proxies, other, ONE, "ready")
    wait_for(lambda: events[-1][1]["done"] == events[-1][1]["of"])
    assert {name for name, _ in events} == {"progress"}
    assert {(n["what"], n["video_id"]) for _, n in events} == {("proxy", "talk")}
    assert events[-1][1] == {"what": "proxy", "video_id": "talk", "done": 1, "of": 1}
    assert all(n["done"] < n["of"] for _, n in events[:-1])


def test_a_video_that_somebody_wants_to_play_goes_first(make, other, builder, clips):
    waiting = [clips.path(name) for name in ("open-gop", "mpeg4-avi")]
    proxies = make()
    proxies.state(of(other, ONE))
    assert builder.begun.wait(10)
    proxies.state(of(waiting[0], TWO))
    proxies.state(of(waiting[1], THREE))
    assert proxies.n_waiting == 3
    with pytest.raises(HTTPException, match="being prepared"):
        proxies.file_to_play(of(waiting[1], THREE))
    builder.leave.set()
    wait(proxies, waiting[0], TWO, "ready")
    assert builder.built == [other.name, waiting[1].name, waiting[0].name]


def test_a_failure_is_said_and_can_be_tried_again(make, clips, tmp_path):
    path = tmp_path / "talk.mov"
    blank(clips.path("hevc"), path, range(24))
    ended, events = [], []
    proxies = make(
        ended=lambda *end: ended.append(end),
        publish=lambda _, what: events.append(what),
    )
    proxies.state(of(path, ONE))
    state = wait(proxies, path, ONE, "failed")
    assert "not one frame of" in state.failure
    with pytest.raises(HTTPException, match="not one frame of") as told:
        proxies.file_to_play(of(path, ONE))
    assert told.value.status_code == 409
    shutil.copy(clips.path("hevc"), path)
    assert proxies.state(of(path, ONE)).playback == "failed"
    assert proxies.build(of(path, ONE)).playback == "building"
    wait(proxies, path, ONE, "ready")
    wait_for(lambda: len(ended) == 2)
    assert [outcome for outcome, _ in ended] == ["failed", "built"]
    assert all(seconds > 0 for _, seconds in ended)
    # A slow machine tells of progress in between.
    wait_for(lambda: sum(what["done"] == what["of"] for what in events) >= 2)


def test_a_failure_can_be_tried_again_at_once(make, clips, tmp_path):
    """Also while the worker still tells of the failure."""
    path, ended = tmp_path / "talk.mov", []
    blank(clips.path("hevc"), path, range(24))

    def again(outcome, _):
        ended.append(outcome)
        if outcome == "failed":
            shutil.copy(clips.path("hevc"), path)
            proxies.build(of(path, ONE))

    proxies = make(ended=again)
    proxies.state(of(path, ONE))
    wait_for(lambda: "built" in ended)
    assert ended == ["failed", "built"]
    assert proxies.state(of(path, ONE)).playback == "ready"


def test_a_missing_original(make, tmp_path):
    proxies = make()
    state = proxies.state(of(tmp_path / "no.mp4", ONE))
    assert state.playback == "failed"
    assert "there is no video" in state.failure


def test_a_fault_of_our_own_is_a_failure(make, other, monkeypatch, caplog):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(module, "write_proxy", broken)
    proxies = make()
    proxies.state(of(other, ONE))
    assert "feltline itself failed" in wait(proxies, other, ONE, "failed").failure
    assert "ZeroDivisionError" in caplog.text


def test_forgetting(make, original, other, builder, tmp_path):
    builder.leave.set()
    proxies = make()
    proxies.state(of(original, ONE))
    proxies.state(of(other, TWO))
    wait(proxies, other, TWO, "ready")
    proxies.forget(TWO)
    assert files(tmp_path) == [f"{ONE}/original-1.npy"]
    assert not (tmp_path / "proxies" / TWO).exists()
    proxies.forget(TWO)


def test_nothing_is_kept_of_a_video_that_was_purged(make, original, other, tmp_path):
    ended = []
    proxies = make(ended=lambda *end: ended.append(end), is_known=lambda _: False)
    assert proxies.state(of(original, ONE)).playback == "original"
    proxies.state(of(other, TWO))
    wait_for(lambda: ended)
    assert list((tmp_path / "proxies").iterdir()) == []


def test_forgetting_what_is_being_built(make, other, builder, tmp_path):
    proxies = make()
    proxies.state(of(other, ONE))
    assert builder.begun.wait(10)
    proxies.forget(ONE)
    assert not (tmp_path / "proxies" / ONE).exists()
    builder.leave.set()
    proxies.state(of(other, TWO))
    wait(proxies, other, TWO, "ready")
    assert files(tmp_path) == [f"{TWO}/proxy.mp4", f"{TWO}/times.npy"]


def test_questions_do_not_wait_for_ever(make, original, monkeypatch):
    monkeypatch.setattr(module, "_MAX_WAIT_S", 0.0)
    proxies = make()
    assert proxies.state(of(original, ONE)).playback == "building"
    assert wait(proxies, original, ONE, "original").progress == 1.0
    # Who wants to play it waits.
    assert proxies.file_to_play(of(original, TWO)) == original


def test_many_questions_wait_no_longer_than_a_few(make, original, monkeypatch):
    """However many videos a list has, they share one allowance."""
    looked, asked = [], []

    def plays(_path):
        looked.append(threading.current_thread())
        time.sleep(0.05)
        return True

    monkeypatch.setattr(module, "browser_plays", plays)
    monkeypatch.setattr(module, "_MAX_WAIT_S", 0.1)
    proxies = make()
    for number in range(20):
        asked.append(proxies.state(of(original, f"{number:064x}")).playback)
    mine = [one for one in list(looked) if one is threading.current_thread()]
    assert 1 <= len(mine) <= 2
    assert asked == ["original"] * len(mine) + ["building"] * (20 - len(mine))
    for number in range(20):
        wait(proxies, original, f"{number:064x}", "original")


def test_what_was_kept_and_is_gone(make, original, tmp_path):
    proxies = make()
    proxies.state(of(original, ONE))
    shutil.rmtree(tmp_path / "proxies" / ONE)
    with pytest.raises(HTTPException, match="is gone; try again") as told:
        proxies.times(of(original, ONE))
    assert told.value.status_code == 409
    assert len(proxies.times(of(original, ONE))) == 24


def test_folders_of_pictures(make, clips, tmp_path):
    folder = tmp_path / "takes"
    folder.mkdir()
    for number in range(5):
        clips.picture(folder / f"{number}.png", number)
    proxies = make(image_rate_hz=10.0)
    proxies.state(of(folder, ONE))
    wait(proxies, folder, ONE, "ready")
    assert proxies.times(of(folder, ONE)) == pytest.approx(np.arange(5) / 10, abs=1e-4)


@pytest.mark.parametrize("bad", ["..", "", "a/b", "A" * 64])
def test_a_hash_that_is_none(make, original, bad):
    proxies = make()
    for ask in (proxies.state, proxies.build, proxies.file_to_play, proxies.times):
        with pytest.raises(ShapeError, match="hexadecimal"):
            ask(of(original, bad))
    with pytest.raises(ShapeError, match="hexadecimal"):
        proxies.forget(bad)
