import pytest
import sqlalchemy as sa
from tests.store.making import record, track

from feltline.store import Accounts, Store
from feltline.store.accounts_schema import ACCOUNTS
from feltline.store.connect import engine_of, target_of
from feltline.store.schema import METADATA


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """URL of a database that is empty, or not there yet.

    On PostgreSQL tests that begin with a project share a database that has its tables.
    """
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/project.db"
        return
    server = request.getfixturevalue("postgresql")
    if "empty" in request.fixturenames:
        url = request.getfixturevalue("tables_url")
        yield url
        server.clear(url, [table.name for table in reversed(METADATA.sorted_tables)])
    else:
        url = server.new_database()
        yield url
        server.drop(url)


@pytest.fixture(scope="session")
def tables_url(postgresql):
    """URL of a database of the server that has the tables, and no rows."""
    url = postgresql.new_database()
    Store.create(url, project_id="p", name="").close()
    postgresql.clear(url, ["projects"])
    return url


@pytest.fixture
def file_url(tmp_path):
    """URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path}/project.db"


@pytest.fixture
def accounts_url(request, tmp_path, url):
    """URL of accounts that are not there yet; on PostgreSQL beside a project."""
    yield f"sqlite:///{tmp_path}/accounts.db" if url.startswith("sqlite") else url
    if not url.startswith("sqlite") and "empty" in request.fixturenames:
        engine = engine_of(target_of(url))
        ACCOUNTS.metadata.drop_all(engine)
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE feltline_accounts_schema"))
        engine.dispose()


@pytest.fixture
def accounts(accounts_url):
    made = Accounts.open(accounts_url)
    yield made
    made.close()


@pytest.fixture
def empty(url):
    """A new project without a video."""
    with Store.create(url, project_id="p", name="Talks of spring") as store:
        yield store


@pytest.fixture
def store(empty):
    """A project of two videos: a.mp4 shows two faces, b.mp4 one."""
    empty.add_video(record("a.mp4"), [track(), track(track_id=1, first=40, n=20)])
    empty.add_video(record("b.mp4"), [track("b.mp4", n=50)])
    return empty


@pytest.fixture
def new_store(store):
    """Makes one more project of one video in the same database."""
    url, count = store._target.url, iter(range(10_000))
    video, tracks = store.video("a.mp4"), store.found_tracks("a.mp4")
    made: list[Store] = []

    def new():
        other = Store.create(
            url.render_as_string(hide_password=False),
            project_id=f"q{next(count)}",
            name="",
        )
        made.append(other)
        other.add_video(video, tracks)
        return other

    yield new
    for other in made:
        other.close()
