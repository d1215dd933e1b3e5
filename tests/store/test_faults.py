"""Whatever goes wrong in a database is a sentence, and never tells a password."""

import os
import shutil
import sqlite3
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.store.making import give, judgement, record, track

from feltline.errors import FeltlineError, SetupError, StoreError
from feltline.store import Store
from feltline.store.connect import _set_up, engine_of, target_of
from feltline.store.db_errors import explaining
from feltline.store.schema import notes, projects

PASSWORD = "open sesame/1"  # noqa: S105 - a test of where it does not go
SPELLED = ("open sesame", "open+sesame", "open%20sesame", "sesame")


def all_of(error):
    """What an error says, and what all errors say that it came from."""
    return "".join(traceback.format_exception(error))


def path_of(url):
    return Path(url.removeprefix("sqlite:///"))


@pytest.fixture
def closed(file_url):
    """URL of a SQLite project of one video that nobody has open."""
    with Store.create(file_url, project_id="p", name="") as store:
        store.add_video(record(), [track()])
    return file_url


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("feltline.store.connect.LOCK_WAIT_S", 0.2)
    monkeypatch.setattr("feltline.store.db_errors.LOCK_WAIT_S", 0.2)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "cannot be read"),
        ("project.db", "cannot be read"),
        ("postgresql://me:open%20sesame%2F1@host:port/x", "cannot be read"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite://host/a.db", "needs a file"),
        ("sqlite:a.db", "needs a file"),
        ("sqlite+pysqlite:///a.db", r"no project in 'sqlite\+pysqlite'"),
        ("mysql://me:open%20sesame%2F1@host/x", "no project in 'mysql'"),
        ("postgresql+asyncpg://host/x", r"no project in 'postgresql\+asyncpg'"),
        ("postgresql://me:open%20sesame%2F1@host", "names no database"),
    ],
)
def test_a_url_of_something_else_is_refused(url, fault, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for way in (
        lambda: Store.open(url, project_id="p"),
        lambda: Store.create(url, project_id="p", name=""),
    ):
        with pytest.raises(StoreError, match=fault) as raised:
            way()
        assert not any(word in all_of(raised.value) for word in SPELLED)
    assert list(tmp_path.iterdir()) == []


def test_plain_postgresql_is_spoken_through_psycopg():
    for scheme in ("postgresql", "postgresql+psycopg"):
        target = target_of(f"{scheme}://me:open%20sesame%2F1@host:5433/talks")
        assert target.url.drivername == "postgresql+psycopg"
        assert target.place == "PostgreSQL database talks on host"
        assert "sesame" not in repr(target)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:open%20sesame%2F1@/talks?host=/no/such/folder",
        "postgresql:///talks?host=/no/such/folder&password=open+sesame/1&user=me",
    ],
)
def test_a_server_that_is_not_there_is_named_without_the_password(url):
    with pytest.raises(StoreError) as raised:
        Store.open(url, project_id="p")
    said = str(raised.value)
    assert said.startswith("PostgreSQL database talks on /no/such/folder cannot be")
    assert "No such file or directory" in said
    assert not any(word in said for word in SPELLED)


def test_what_a_driver_repeats_of_a_password_is_left_out():
    target = target_of("postgresql://me:open%20sesame%2F1@host/talks")
    faults = [PASSWORD, "open%20sesame%2F1", "open+sesame%2F1"]
    for spelled in faults:
        error = sa.exc.OperationalError(None, None, Exception(f"no {spelled} here"))
        with pytest.raises(StoreError) as raised, explaining(target):
            raise error
        assert str(raised.value).endswith("cannot be reached: no *** here")


def test_a_missing_database_of_a_server_is_a_sentence(postgresql):
    url = postgresql.new_database()
    postgresql.drop(url)
    with pytest.raises(StoreError, match=r'database "test_.*" does not exist'):
        Store.open(url, project_id="p")


def test_without_psycopg_the_package_to_install_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(SetupError, match=r"pip install 'feltline\[server\]'"):
        Store.open("postgresql://host/talks", project_id="p")


def test_an_empty_database_holds_no_project(url):
    if url.startswith("sqlite"):
        path_of(url).touch()
    with pytest.raises(StoreError, match=r"is empty|holds no feltline project"):
        Store.open(url, project_id="p")
    with Store.create(url, project_id="p", name="") as store:
        assert store.check() == []


def test_a_missing_file_is_not_made(file_url):
    with pytest.raises(StoreError, match=r"no project's database at .*project\.db"):
        Store.open(file_url, project_id="p")
    assert not path_of(file_url).exists()


def test_a_missing_folder_is_a_sentence(tmp_path):
    with pytest.raises(StoreError, match=r"folder .*nowhere does not exist"):
        Store.create(f"sqlite:///{tmp_path}/nowhere/a.db", project_id="p", name="")
    with pytest.raises(StoreError, match="no project's database at"):
        Store.open(f"sqlite:///{tmp_path}", project_id="p")
    with pytest.raises(StoreError, match="cannot be opened; check"):
        Store.create(f"sqlite:///{tmp_path}", project_id="p", name="")


def test_a_project_needs_an_id(url):
    with pytest.raises(StoreError, match="needs a project_id"):
        Store.create(url, project_id="", name="")


@pytest.mark.parametrize("name", ["a b.db", "50%25+.db", "#1?mode=memory", "ü@:.db"])
def test_a_file_may_have_any_name(tmp_path, name):
    url = f"sqlite:///{tmp_path}/{name}"
    with Store.create(url, project_id="p", name="") as store:
        assert store.place == f"{tmp_path}/{name}"
    assert [file.name for file in tmp_path.iterdir()] == [name]
    with Store.open(url, project_id="p") as store:
        assert store.check() == []


def test_a_file_that_is_no_database_is_left_alone(file_url):
    path_of(file_url).write_text("valence,arousal\n0.5,0.5\n" * 100)
    before = path_of(file_url).read_bytes()
    for way in (
        lambda: Store.open(file_url, project_id="p"),
        lambda: Store.create(file_url, project_id="p", name=""),
    ):
        with pytest.raises(StoreError, match="is no SQLite database"):
            way()
    assert path_of(file_url).read_bytes() == before


def test_the_database_of_another_program_is_left_as_it_is(file_url):
    with closing(sqlite3.connect(path_of(file_url))) as other:
        other.execute("CREATE TABLE cookies (word TEXT)")
    before = path_of(file_url).read_bytes()
    with pytest.raises(StoreError, match="the database of another program"):
        Store.create(file_url, project_id="p", name="")
    assert path_of(file_url).read_bytes() == before


def test_a_damaged_file_is_a_sentence(closed):
    whole = bytearray(path_of(closed).read_bytes())
    for page in range(3, len(whole) // 4096):  # all but the schema
        whole[page * 4096 : (page + 1) * 4096] = os.urandom(4096)
    path_of(closed).write_bytes(whole)

    def read():
        with Store.open(closed, project_id="p") as store:
            store.found_tracks("a.mp4")
            store.judgements()

    with pytest.raises(StoreError, match="is damaged; stop using it"):
        read()


@pytest.mark.usefixtures("impatient")
def test_a_locked_file_is_a_sentence_and_keeps_nothing(closed):
    with (
        Store.open(closed, project_id="p") as store,
        closing(sqlite3.connect(path_of(closed), isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"locked: another program .* for 0\.2 s"):
            give(store, judgement())
        assert store.judgements() == []  # reading goes on
        other.execute("ROLLBACK")
        assert give(store, judgement()) == [1]


def remove_folder(path):
    shutil.rmtree(path.parent)


def remove_files(path):
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def replace_by_a_backup(path):
    copy = path.with_suffix(".copy")
    shutil.copy(path, copy)
    copy.replace(path)


def move_folder(path):
    path.parent.rename(path.parent.with_name("elsewhere"))


@pytest.mark.parametrize(
    ("happen", "said"),
    [
        (remove_folder, "is gone while the project is open"),
        (remove_files, "is gone while the project is open"),
        (move_folder, "is gone while the project is open"),
        (replace_by_a_backup, "was replaced by another file"),
    ],
)
def test_nothing_is_acknowledged_into_a_file_that_is_gone(tmp_path, happen, said):
    """SQLite would go on writing where nobody will ever read."""
    folder = tmp_path / "talks"
    folder.mkdir()
    url = f"sqlite:///{folder}/project.db"
    with Store.create(url, project_id="p", name="") as store:
        store.add_video(record(), [track()])
        give(store, judgement())
        happen(folder / "project.db")
        for _ in range(2):  # pooled connections, and new ones
            with pytest.raises(StoreError, match=said):
                give(store, judgement(6))
            with pytest.raises(StoreError, match=said):
                store.judgements()
            store._engine.dispose()


def test_a_project_of_a_relative_path_outlives_a_change_of_folder(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with Store.create("sqlite:///project.db", project_id="p", name="") as store:
        store.add_video(record(), [track()])
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert give(store, judgement()) == [1]


def held_file(url):
    other = sqlite3.connect(path_of(url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_waits_for_a_lock_do_not_add_up_and_readers_go_on(closed, monkeypatch):
    """Twelve wait side by side, and the thirty after them not at all."""
    monkeypatch.setattr("feltline.store.connect.LOCK_WAIT_S", 2)
    monkeypatch.setattr("feltline.store.transactions.MAX_WAITING", 12)
    monkeypatch.setattr("feltline.store.transactions.CROWD_WAIT_S", 0.2)
    waits: list[float] = []

    def send(number):
        begun = time.monotonic()
        with pytest.raises(StoreError, match="is locked: another program"):
            give(store, judgement(number), client_id=f"c{number}")
        waits.append(time.monotonic() - begun)

    with (
        Store.open(closed, project_id="p") as store,
        closing(held_file(closed)) as other,
        ThreadPoolExecutor(40) as pool,
    ):
        sent = [pool.submit(send, number) for number in range(42)]
        time.sleep(0.5)
        begun = time.monotonic()
        assert store.judgements() == []
        assert time.monotonic() - begun < 1
        for one in sent:
            one.result()
        other.execute("ROLLBACK")
        assert max(waits) < 3.5
        assert sum(wait < 1.5 for wait in waits) >= 25
        assert give(store, judgement(), client_id="c1") == [1]


def test_a_writer_waits_only_for_what_is_left_of_its_time(closed, monkeypatch):
    monkeypatch.setattr("feltline.store.connect.LOCK_WAIT_S", 1.5)
    with (
        Store.open(closed, project_id="p") as store,
        closing(held_file(closed)),
        ThreadPoolExecutor(3) as pool,
    ):
        begun = time.monotonic()
        sent = [pool.submit(give, store, judgement(n)) for n in range(3)]
        refused = [one.exception() for one in sent]
        assert all(isinstance(one, StoreError) for one in refused)
        assert time.monotonic() - begun < 2.5


def test_a_broken_rule_of_the_tables_is_called_a_fault_of_feltline(url):
    with Store.create(url, project_id="p", name="") as store:
        store.add_video(record(), [track()])
        with (
            pytest.raises(RuntimeError, match=r"a fault of feltline, .* report it"),
            store._writing() as tx,
        ):
            tx.insert(notes, [{"event_id": 7, "detail": {}}])
        assert store.check() == []


@pytest.mark.usefixtures("impatient")
def test_a_locked_project_of_a_server_is_a_sentence(postgresql):
    url = postgresql.new_database()
    with Store.create(url, project_id="p", name="") as store:
        store.add_video(record(), [track()])
        with postgresql.connected(store._target.url.database) as other:
            other.execute("BEGIN")
            other.execute("SELECT * FROM projects FOR UPDATE")
            with pytest.raises(StoreError, match="is locked: another program"):
                give(store, judgement())
            other.execute("ROLLBACK")
        assert give(store, judgement()) == [1]
    postgresql.drop(url)


@contextmanager
def told_to(store, pragma):
    """Every connection of the store is told something first."""

    def tell(connection, *_):
        connection.execute(f"PRAGMA {pragma}")

    sa.event.listen(store._engine, "checkout", tell)
    yield
    sa.event.remove(store._engine, "checkout", tell)


def test_a_full_disk_is_a_sentence_and_keeps_nothing(closed):
    with Store.open(closed, project_id="p") as store:
        tracks = [track("b.mp4", number) for number in range(900)]
        with (
            told_to(store, "max_page_count = 1"),
            pytest.raises(SetupError, match=r"the disk is full\. Nothing was saved"),
        ):
            store.add_video(record("b.mp4"), tracks)
        assert store.video_names() == ["a.mp4"]
        assert store.check() == []


def test_missing_rights_are_a_sentence(closed):
    with Store.open(closed, project_id="p") as store:
        with (
            told_to(store, "query_only = 1"),
            pytest.raises(SetupError, match="no permission; change its rights"),
        ):
            give(store, judgement())
        with told_to(store, "query_only = 0"):
            assert store.judgements() == []


def test_a_folder_that_cannot_hold_a_log_is_a_sentence(tmp_path):
    with (
        closing(sqlite3.connect(":memory:")) as memory,  # knows no WAL, as NFS does
        pytest.raises(SetupError, match="local disk, or use PostgreSQL"),
    ):
        _set_up(memory, tmp_path / "project.db")


def test_a_server_that_was_started_anew_is_reached_again(postgresql):
    url = postgresql.new_database()
    with Store.create(url, project_id="p", name="") as store:
        store.add_video(record(), [track()])
        name = store._target.url.database
        with postgresql.connected() as other:
            other.execute(CUT, [name])
        assert store.video_names() == ["a.mp4"]

        def change():
            with store._writing() as tx:
                tx.execute(sa.text("UPDATE projects SET name = 'half'"))
                with postgresql.connected() as other:
                    other.execute(CUT, [name])
                tx.execute(sa.text("SELECT 1"))

        with pytest.raises(StoreError, match=r"stopped answering: .* try again"):
            change()
        assert store.name == ""
        assert give(store, judgement()) == [1]
    postgresql.drop(url)


CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


def test_a_number_that_no_database_can_keep_is_a_sentence(url):
    with Store.create(url, project_id="p", name="") as store:
        with pytest.raises(StoreError) as raised:
            store.add_video(record(width=2**70), [])
        assert str(raised.value).startswith(
            (f"a number is too large for {store.place}", store.place)
        )
        assert store.videos() == []


def test_a_project_that_is_gone_takes_no_change(url):
    with Store.create(url, project_id="p", name="") as store:
        with store._writing() as tx:
            tx.execute(sa.delete(projects))
        with pytest.raises(StoreError, match="holds no project 'p' any more"):
            store.set_threshold(0.5, rater="me")


def test_a_time_without_a_zone_is_refused(url):
    with Store.create(url, project_id="p", name="") as store:
        naive = record().added_at.replace(tzinfo=None)
        with pytest.raises(StoreError, match="no time zone; give it in UTC"):
            store.add_video(record(added_at=naive), [])


def test_too_many_requests_at_once_are_a_sentence(file_url):
    target = target_of(file_url)
    with pytest.raises(StoreError, match="no connection left"), explaining(target):
        raise sa.exc.TimeoutError("QueuePool limit reached")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (sa.exc.OperationalError(None, None, Exception("x")), "cannot be reached: x"),
        (
            sa.exc.OperationalError(
                None, None, Exception("x"), connection_invalidated=True
            ),
            "stopped answering: x. Whether the change was saved is not known; "
            "try again",
        ),
        (sa.exc.ProgrammingError(None, None, Exception("x")), "refused a request: x"),
    ],
)
def test_faults_that_carry_no_code_are_told_apart(error, said):
    with (
        pytest.raises(StoreError, match=r"^PostgreSQL database talks") as raised,
        explaining(target_of("postgresql://host/talks")),
    ):
        raise error
    assert str(raised.value).endswith(said)


def test_parameters_of_statements_stay_out_of_messages(url):
    with Store.create(url, project_id="p", name="") as store:
        with (
            pytest.raises(FeltlineError) as raised,
            store._writing() as tx,
        ):
            tx.connection.execute(
                sa.text("INSERT INTO nowhere VALUES (:said)"), {"said": "a secret"}
            )
        assert "a secret" not in all_of(raised.value)


def test_an_engine_is_not_connected_before_it_is_used(file_url):
    engine_of(target_of(file_url)).dispose()
    assert not path_of(file_url).exists()
