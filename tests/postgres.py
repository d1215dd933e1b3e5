"""A PostgreSQL server for one test session, thrown away afterwards.

Use it in the conftest of any package of tests:

    @pytest.fixture(scope="session")
    def postgresql():
        yield from postgres.server()
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import psycopg.sql
import pytest

LONGEST_START_S = 60


class Server:
    """A running server that listens on a Unix socket only."""

    def __init__(self, sockets: Path) -> None:
        self._sockets = sockets
        self._count = 0

    def new_database(self) -> str:
        """URL of a new, empty database."""
        self._count += 1
        name = f"test_{self._count}"
        with self.connected() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://feltline@/{name}?host={self._sockets}"

    def drop(self, url: str) -> None:
        """Drop a database of `new_database`, whoever still uses it."""
        with self.connected() as connection:
            connection.execute(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def clear(self, url: str, tables: list[str]) -> None:
        """Delete all rows of tables, whoever still uses the database."""
        name = _name(url)
        with self.connected(name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE datname = %s AND pid <> pg_backend_pid()",
                [name],
            )
            for table in tables:
                named = psycopg.sql.Identifier(table)
                connection.execute(psycopg.sql.SQL("DELETE FROM {}").format(named))

    def connected(self, name: str = "postgres") -> psycopg.Connection:
        """A connection outside the store."""
        return psycopg.connect(
            f"host={self._sockets} user=feltline dbname={name}", autocommit=True
        )


def _name(url: str) -> str:
    return url.split("?")[0].rsplit("/", 1)[1]


def server() -> Iterator[Server]:
    """Start a server; skip without one, but fail where CI must have it."""
    programs = _programs()
    if programs is None:
        lack = (
            "PostgreSQL is not installed: initdb and postgres are neither in "
            "/usr/lib/postgresql/*/bin nor on the path (apt-get install postgresql)"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(lack)
        pytest.skip(lack)
    # Short, because the path of a socket holds 107 letters at most; and outside
    # pytest's folder, which only its owner may enter.
    with _folder() as folder, _running(programs, folder):
        yield Server(folder)


def _programs() -> Path | None:
    """Folder of the newest server installed."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    versions = sorted(installed, key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).parent if found and shutil.which("postgres") else None


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="feltline-pg-"))
    owner = _owner()
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> pwd.struct_passwd | None:
    """Who runs the server: it refuses to run as root. None = whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.fail("PostgreSQL does not run as root, and there is no other user")


@contextmanager
def _running(programs: Path, folder: Path) -> Iterator[None]:
    data = folder / "data"
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "max_connections": "200",
        # Thrown away anyway: nothing needs to be on the disk.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    options = [word for k, v in settings.items() for word in ("-c", f"{k}={v}")]
    log = folder / "log"
    with log.open("w") as said:
        making = [f"{programs}/initdb", "-A", "trust", "-U", "feltline", "-E", "UTF8"]
        making += ["--locale=C", "--no-sync", "-D", f"{data}"]
        done = subprocess.run(making, stdout=said, stderr=said, **_as_owner())
        if done.returncode:
            pytest.fail(f"initdb failed:\n{log.read_text()}")
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, *options],
            stdout=said,
            stderr=said,
            **_as_owner(),
        )
        try:
            _wait(process, folder, log)
            yield
        finally:
            process.send_signal(signal.SIGINT)  # does not wait for who is connected
            process.wait(timeout=LONGEST_START_S)


def _as_owner() -> dict:
    owner = _owner()
    home = {"cwd": "/"}
    if owner is None:
        return home
    return home | {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _wait(process: subprocess.Popen, folder: Path, log: Path) -> None:
    until = time.monotonic() + LONGEST_START_S
    while True:
        try:
            psycopg.connect(f"host={folder} user=feltline dbname=postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"PostgreSQL did not start:\n{log.read_text()}")
            time.sleep(0.05)
        else:
            return
