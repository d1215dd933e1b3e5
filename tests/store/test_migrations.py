import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from feltline.store.session import Project
from tests.store.making import estimate, label, record, review, run, track

from feltline.errors import StoreError
from feltline.store import PersonName, Store, Suggested, TrackEdit, migrations
from feltline.store.connect import WRITING, engine_of, target_of
from feltline.store.schema import METADATA
from feltline.store.store import _insert_project
from feltline.store.upgrade import VERSION_TABLE, config_of, revision_of, upgrade

FIRST, LAST = "0001", "0002"
MIGRATIONS = Path(migrations.__path__[0])


def fill(store):
    """Something in every table."""
    store.add_video(record(), [track()])
    store.give_label(label(), found_track_id=0, client_id="c1", review=review())
    store.give_review(review(7), found_track_id=0)
    split = TrackEdit(
        video_id="a.mp4", kind="split", track_id=0, frame=3, other_track_id=1
    )
    store.edit_track(split, rater="me")
    person = PersonName(video_id="a.mp4", track_id=0, name="Yuki")
    store.name_person(person, found_track_id=0, rater="me")
    store.set_threshold(0.7, rater="me")
    store.undo(rater="me")
    store.note("export", rater="", detail={"rows": 3})
    store.save_run(run(), {("a.mp4", 0): estimate()})
    store.save_suggestions(
        [Suggested(video_id="a.mp4", track_id=0, frame=3, rank=0, reason="far")]
    )


def rows_of(url):
    """Every row of every table."""
    engine = engine_of(target_of(url))
    with engine.connect() as connection:
        held = {
            name: sorted(map(repr, connection.execute(sa.select(table)).all()))
            for name, table in METADATA.tables.items()
        }
        held["revision"] = [revision_of(connection) or ""]
    engine.dispose()
    return held


def indexes(url):
    engine = engine_of(target_of(url))
    inspector = sa.inspect(engine)
    found = {
        index["name"]
        for table in inspector.get_table_names()
        for index in inspector.get_indexes(table)
        if not index["unique"]
    }
    engine.dispose()
    return found


@pytest.fixture
def old(url):
    """URL of a project whose tables stand at the first revision, with data in them."""
    target = target_of(url)
    engine = engine_of(target, make=True)
    upgrade(engine, target, make=True, to=FIRST)
    _insert_project(engine, target, "p", "Talks")
    with Store(Project(project_id="p", target=target, engine=engine)) as store:
        fill(store)
    return url


def test_opening_upgrades_and_keeps_every_row(old):
    before = rows_of(old)
    assert before["revision"] == [FIRST]
    assert all(before[name] for name in METADATA.tables)
    assert indexes(old) == set()
    with Store.open(old, project_id="p") as store:
        assert store.name == "Talks"
        assert store.labels()[0].label == label()
        assert store.labels(at=2)[0].label == label()
        assert store.check() == []
        store.give_label(label(8), found_track_id=0)
        assert store.undo(rater="me") == store.last_event_id()
    with Store.open(old, project_id="p") as store:
        assert store.last_event_id() == 9
    after = rows_of(old)
    assert after["revision"] == [LAST]
    wanted = {index.name for t in METADATA.tables.values() for index in t.indexes}
    assert indexes(old) == wanted
    for name in METADATA.tables:
        if name != "projects":  # holds the number of the last event
            assert set(before[name]) <= set(after[name]), name


def test_the_migrations_make_the_tables_that_queries_are_written_for(url):
    Store.create(url, project_id="p", name="").close()
    engine = engine_of(target_of(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def migrate(url, to, direction, folder=MIGRATIONS):
    engine = engine_of(target_of(url))
    config = config_of(folder)
    try:
        with (
            engine.connect().execution_options(**{WRITING: True}) as connection,
            connection.begin(),
        ):
            config.attributes["connection"] = connection
            direction(config, to)
    finally:
        engine.dispose()


def test_every_step_can_be_taken_back(old):
    before = rows_of(old)
    migrate(old, "head", command.upgrade)
    migrate(old, FIRST, command.downgrade)
    assert rows_of(old) == before
    assert indexes(old) == set()
    migrate(old, "base", command.downgrade)
    engine = engine_of(target_of(old))
    assert sa.inspect(engine).get_table_names() == [VERSION_TABLE]
    engine.dispose()


def test_a_database_of_a_newer_feltline_is_refused_and_left_alone(url):
    Store.create(url, project_id="p", name="").close()
    engine = engine_of(target_of(url))
    stamp = sa.table(VERSION_TABLE, sa.column("version_num"))
    newer = sa.update(stamp).values(version_num="0917")
    with engine.begin() as connection:
        connection.execute(newer)
    engine.dispose()
    before = rows_of(url)
    wanted = r"newer feltline .*revision 0917.* up to 0002\); update feltline"
    with pytest.raises(StoreError, match=wanted):
        Store.open(url, project_id="p")
    with pytest.raises(StoreError, match=wanted):
        Store.create(url, project_id="q", name="")
    assert rows_of(url) == before


def test_an_upgrade_that_breaks_leaves_the_database_as_it_was(old, tmp_path):
    before = rows_of(old)
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / "v0003_breaks.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        "revision, down_revision = '0003', '0002'\n"
        "def upgrade():\n"
        "    op.create_table('half', sa.Column('n', sa.Integer))\n"
        "    op.execute('DELETE FROM labels')\n"
        "    raise RuntimeError('the power went')\n"
    )
    with pytest.raises(RuntimeError, match="the power went"):
        migrate(old, "head", command.upgrade, folder)
    assert rows_of(old) == before
    engine = engine_of(target_of(old))
    assert "half" not in sa.inspect(engine).get_table_names()
    engine.dispose()


def test_two_programs_that_upgrade_at_once_get_the_same(old):
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: Store.open(old, project_id="p"), range(4)))
    for store in stores:
        assert store.labels()[0].label == label()
        store.close()
    assert rows_of(old)["revision"] == [LAST]


def test_several_projects_share_a_database(url):
    with (
        Store.create(url, project_id="p", name="One") as one,
        Store.create(url, project_id="q", name="Two") as two,
    ):
        assert (one.name, two.name, two.project_id) == ("One", "Two", "q")
    with pytest.raises(StoreError, match="holds a project 'p' already"):
        Store.create(url, project_id="p", name="Again")
    with pytest.raises(StoreError, match="no project 'r'; it holds p, q"):
        Store.open(url, project_id="r")


def test_the_tables_of_another_program_are_left_alone(url):
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
            other.execute("CREATE TABLE labels (words TEXT)")
    else:
        engine = engine_of(target_of(url))
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE labels (words TEXT)"))
        engine.dispose()
    with pytest.raises(StoreError, match="of another program; give another place"):
        Store.create(url, project_id="p", name="")
    with pytest.raises(StoreError, match="another program"):
        Store.open(url, project_id="p")
