"""Several threads, stores and programs on one project."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from time import process_time

import pytest
from tests.store.making import (
    give,
    judgement,
    prediction,
    record,
    run,
    track,
)

from feltline.errors import StoreError
from feltline.store import Store, TrackEdit
from feltline.store import predictions as results
from feltline.store.rows import columns_of
from feltline.store.schema import videos

THREADS, EACH = 8, 12


def write_some(store, rater):
    return [
        give(store, judgement(i, rater=rater), client_id=f"{rater} {i}")[0]
        for i in range(EACH)
    ]


def test_threads_that_write_at_once_lose_nothing(store):
    raters = [f"rater {i}" for i in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        numbers = list(pool.map(lambda rater: write_some(store, rater), raters))
    assert all(mine == sorted(mine) for mine in numbers)
    assert sorted(chain.from_iterable(numbers)) == list(range(1, THREADS * EACH + 1))
    stored = store.judgements()
    assert [s.event_id for s in stored] == list(range(1, THREADS * EACH + 1))
    for rater, mine in zip(raters, numbers, strict=True):
        assert [s.event_id for s in stored if s.judgement.rater == rater] == mine
    assert store.raters() == sorted(raters)


@pytest.mark.usefixtures("store")
def test_stores_that_write_at_once_lose_nothing(url):
    stores = [Store.open(url, project_id="p") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        names = [f"rater {i}" for i in range(4)]
        numbers = list(pool.map(write_some, stores, names))
    assert sorted(chain.from_iterable(numbers)) == list(range(1, 4 * EACH + 1))
    for other in stores:
        assert len(other.judgements()) == 4 * EACH
        other.close()


def test_the_same_change_sent_by_many_threads_is_one(store):
    with ThreadPoolExecutor(8) as pool:
        numbers = pool.map(
            lambda _: give(store, judgement(), client_id="c")[0],
            range(24),
        )
    assert set(numbers) == {1}
    assert store.last_event_id() == 1


def test_one_of_two_that_take_a_track_number_gets_it(store):
    def split(frame):
        edit = TrackEdit(
            video_id="a.mp4", kind="split", track_id=0, frame=frame, other_track_id=2
        )
        try:
            return str(store.edit_track(edit, rater="me"))
        except StoreError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        first, *others = sorted(pool.map(split, [10, 20, 30, 40]))
    assert first == "1"
    assert all("number 2 of a.mp4 is taken" in refusal for refusal in others)
    assert len(store.track_edits()) == 1


def test_the_same_run_saved_by_two_at_once_is_there_whole(store, url, monkeypatch):
    """Both have begun before one is done; the later one must not undo the earlier."""
    made = {("a.mp4", 0): prediction(seed=1), ("b.mp4", 0): prediction(n=50, seed=2)}
    begun, first_done = threading.Barrier(2), threading.Event()
    at_hand = threading.local()

    def slow_pack(arrays):
        if not hasattr(at_hand, "waited"):
            at_hand.waited = True
            begun.wait(30)
            if at_hand.is_second:
                assert first_done.wait(30)
        return packed(arrays)

    packed = results.pack  # type: ignore[attr-defined]
    monkeypatch.setattr(results, "pack", slow_pack)

    def save(own, *, is_second):
        at_hand.is_second = is_second
        try:
            return own.save_prediction_run(run(), made)
        finally:
            first_done.set()

    with Store.open(url, project_id="p") as other, ThreadPoolExecutor(2) as pool:
        first = pool.submit(save, store, is_second=False)
        second = pool.submit(save, other, is_second=True)
        assert (first.result(), second.result()) == (True, False)
    assert store.prediction_runs() == [run()]
    assert store.imported_tracks("r1") == sorted(made)
    assert store.check() == []


def test_two_imports_at_once_enter_each_row_once(store, url):
    """Both have read the file before one of them writes."""
    rows = [judgement(i, origin="import") for i in range(60)]
    with Store.open(url, project_id="p") as other, ThreadPoolExecutor(4) as pool:
        stores = (store, other, store, other)
        pool.map(lambda one: give(one, *rows, unless_known=True), stores)
    assert [s.judgement for s in store.judgements()] == rows


def test_readers_see_whole_states_while_others_write(store):
    stop = threading.Event()

    def write():
        while not stop.is_set():
            give(store, judgement(3), judgement(4))
            store.undo(rater="me")

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            for _ in range(25):
                end = store.last_event_id()
                first = [s.event_id for s in store.judgements(at=end)]
                # Two labels, then an undo of the second; never one label alone.
                assert end % 3 != 1
                kept = [n for n in range(1, end + 1) if n % 3 == 1]
                assert first == (kept if end % 3 == 0 else [*kept, end])
                assert [s.event_id for s in store.judgements(at=end)] == first
        finally:
            stop.set()
        writing.result()


def test_two_that_make_one_project_at_once(url):
    def make(_):
        try:
            return Store.create(url, project_id="p", name="One")
        except StoreError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(make, range(4)))
    stores = [one for one in made if isinstance(one, Store)]
    assert len(stores) == 1
    assert stores[0].name == "One"
    stores[0].close()


def test_two_that_make_one_project_each_in_one_file_at_once(url):
    """As two `init` of one folder: each with an id of its own."""

    def make(number):
        try:
            return Store.create(url, project_id=f"p{number}", name="", is_alone=True)
        except StoreError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(make, range(4)))
    (first,) = (one for one in made if isinstance(one, Store))
    refused = [one for one in made if isinstance(one, str)]
    assert all(
        f"holds a project {first.project_id!r} already" in one for one in refused
    )
    first.close()


WRITER = """
import sys
sys.path[:0] = {path!r}
import pytest
from tests.store.making import give, judgement
from feltline.store import Store

store = Store.open({url!r}, project_id="p")
for i in range(10_000):
    (number,) = give(store, judgement(i % 100), client_id=f"c{{i}}")
    print(number, flush=True)
"""


@pytest.mark.usefixtures("store")
def test_what_was_acknowledged_outlives_a_kill(url):
    script = WRITER.format(url=url, path=sys.path)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(15)]
        writer.kill()
        told += [int(line) for line in writer.stdout.read().split()]
    with Store.open(url, project_id="p") as reopened:
        kept = [stored.event_id for stored in reopened.judgements()]
        assert set(told) <= set(kept)
        assert kept == list(range(1, len(kept) + 1))
        assert reopened.check() == []
        # The browser sends what it got no answer for once more.
        again = give(reopened, judgement(), client_id="c3")
        assert again == [4]


def test_a_sqlite_commit_is_on_the_disk(file_url):
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    with (
        Store.create(file_url, project_id="p", name="") as store,
        store._reading() as tx,
    ):
        said = {
            name: tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in (*names, "secure_delete")
        }
    assert said == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "secure_delete": 1,
    }


def test_many_videos_are_listed_in_a_moment(empty):
    n = 2000
    with empty._writing() as tx:
        many = [columns_of(record(f"{i:05}.mp4"), videos) for i in range(n)]
        tx.insert(videos, many)
    begun = process_time()
    assert len(empty.videos()) == n
    assert process_time() - begun < 2
    assert len(empty.video_names()) == n
    empty.add_video(record("one more.mp4"), [track("one more.mp4")])
