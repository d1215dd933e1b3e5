import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from tests.store import released
from tests.store.making import (
    AT,
    decision,
    events_of,
    face_track,
    give,
    judgement,
    record,
    run,
    same,
    track,
)

from feltline.errors import StoreError
from feltline.store import PersonName, Store, Suggested, TrackEdit, migrations
from feltline.store.connect import engine_of, target_of
from feltline.store.migrations.versions import v0004_released_to_models, v0006_teams
from feltline.store.rows import pack
from feltline.store.schema import METADATA
from feltline.store.transactions import writing
from feltline.store.upgrade import VERSION_TABLE, config_of
from feltline.types import Shown

LAST = "0006"
MIGRATIONS = Path(migrations.__path__[0])


def fill(old):
    """Something in every table, and each way in which people said something."""
    old.label(5, client_id="c1", comment="hm", expression="fear")  # 1
    accepted = {
        "first_frame": 8,
        "last_frame": 12,
        "run_id": "r1",
        "decision": "accept",
    }
    old.label(
        10, {"frame": 10, **accepted}, decision="accept", shown_run_id="r1"
    )  # 2: one event
    audit = {"frame": 20, "decision": "edit", "is_audit": True, "comment": "blurred"}
    old.label(20, audit, rater="you")  # 3
    old.review(frame=30, first_frame=28, last_frame=33, run_id="r1", comment="no face")
    old.review(frame=40, decision="unsure", rater="you", found_track_id=1)  # 5
    old.review(frame=50, decision="skip", is_audit=True)  # 6
    old.label(
        60,
        scope="span",
        last_frame=70,
        valence=None,
        arousal=None,
        expression="anger",
        origin="import",
        decision="edit",
        shown_run_id="r2",
    )  # 7
    old.undo(1)  # 8
    old.undo(8)  # 9: a redo
    old.undo(2)  # 10: takes label and review back
    edit = old.event("track-edit")  # 11
    split = {"track_id": 0, "frame": 3, "other_track_id": 2}
    old.row("track_edits", event_id=edit, video_id="a.mp4", kind="split", **split)
    person = old.event("person")  # 12
    named = {"track_id": 0, "found_track_id": 0, "name": "Yuki"}
    old.row("persons", event_id=person, video_id="a.mp4", **named)
    old.row("thresholds", event_id=old.event("threshold", video_id=None), value=0.7)
    note = old.event("export", rater="", video_id=None)  # 14
    old.row("notes", event_id=note, detail={"rows": 3})
    old.run("r1", 1, "model")
    old.run("r2", 2, "import")
    old.run("r3", 3, "import", is_complete=False)
    suggested = {"video_id": "a.mp4", "track_id": 0, "frame": 3, "rank": 0}
    old.row(
        "suggestions", batch=1, position=0, reason="far", is_audit=False, **suggested
    )


@pytest.fixture
def old(url):
    """URL of a project that the first release made and worked in."""
    released.make_project(url, fill)
    return url


def shown(run_id, value=None):
    return Shown(model_id=run_id, value=value)


def test_labels_and_reviews_become_judgements(old):
    wide = {"reviewed_first_frame": 8, "reviewed_last_frame": 12}
    accept = judgement(10, decision="accept", shown=shown("r1", (0.25, -0.5)), **wide)
    with Store.open(old, project_id="p") as store:
        assert [s.judgement for s in store.judgements(at=7)] == [
            judgement(5, comment="hm", expression="fear"),
            accept,
            judgement(
                20,
                rater="you",
                purpose="audit",
                comment="blurred",
                reviewed_first_frame=20,
                reviewed_last_frame=20,
            ),
            decision(
                28,
                scope="span",
                last_frame=33,
                shown=shown("r1"),
                active_s=0.75,
                comment="no face",
            ),
            decision(40, "cannot", rater="you", active_s=0.75),
            decision(50, "skip", purpose="audit", active_s=0.75),
            judgement(
                60,
                scope="span",
                last_frame=70,
                value=(),
                expression="anger",
                origin="import",
                decision="edit",
                shown=shown("r2"),
            ),
        ]
        found = {s.event_id: s.found_track_id for s in store.judgements()}
        assert found == {1: 0, 3: 0, 4: 0, 5: 1, 6: 0, 7: 0}
        assert store.judgements()[0].at == AT
        assert store.check() == []


def test_history_undo_and_redo_go_on_as_they_were(old):
    with Store.open(old, project_id="p") as store:
        states = {at: events_of(store.judgements(at=at)) for at in (1, 7, 8, 9, 10)}
        assert states == {
            1: [1],
            7: [1, 2, 3, 4, 5, 6, 7],
            8: [2, 3, 4, 5, 6, 7],
            9: [1, 2, 3, 4, 5, 6, 7],
            10: [1, 3, 4, 5, 6, 7],
        }
        kinds = [event.kind for event in store.events()]
        assert kinds == [
            *["judgement"] * 7,
            *["undo"] * 3,
            "track-edit",
            "person",
            "threshold",
            "export",
        ]
        assert store.event_of_client("c1") == 1
        assert give(store, judgement(5), client_id="c1") == [1]
        assert store.undo(rater="me", event_id=10) == 15  # the accept is back
        assert 2 in events_of(store.judgements())
        assert store.undo(rater="me", event_id=4) == 16
        assert give(store, judgement(8)) == [17]
        assert store.undo(rater="me") == 18
        assert store.redo(rater="me") == 19
        assert store.last_event_id() == 19
        assert store.check() == []


def test_everything_else_is_as_it_was(old):
    split = TrackEdit(
        video_id="a.mp4", kind="split", track_id=0, frame=3, other_track_id=2
    )
    with Store.open(old, project_id="p") as store:
        assert store.name == "Talks"
        assert store.videos() == [record()]
        assert store.found_tracks() == [track(), track(track_id=1, first=40, n=20)]
        assert [s.edit for s in store.track_edits()] == [split]
        person = PersonName(video_id="a.mp4", track_id=0, name="Yuki")
        assert [s.person for s in store.persons()] == [person]
        assert store.threshold() == 0.7
        assert store.event(14).detail == {"rows": 3}
        assert store.raters() == ["me", "you"]
        asked = Suggested(
            video_id="a.mp4", track_id=0, frame=3, rank=0, reason="far", batch=1
        )
        assert store.suggestions() == [asked]
        assert store.save_suggestions([]) == 2


def test_only_whole_imported_runs_stay(old):
    with Store.open(old, project_id="p") as store:
        kept = run("r2", event_id=3, options={"views": ["a"]})
        assert store.prediction_runs() == [kept]
        assert store.imported_tracks("r2") == [("a.mp4", 0)]
        back = store.imported_prediction("r2", "a.mp4", 0)
        assert back is not None
        before = released.estimate_arrays()
        assert same(back.value, before["affect"])
        assert same(back.class_probability, before["expression"])
        assert same(back.is_observed, before["is_human"])
        assert store.current_model_id() is None


def test_old_arrays_can_be_read_until_they_are_dropped(old):
    with Store.open(old, project_id="p") as store:
        assert store.legacy_videos() == ["a.mp4"]
        arrays = store.legacy_arrays("a.mp4")
        assert arrays is not None
        assert same(arrays.time_s, np.arange(100) / 25)
        assert same(arrays.looked_at, np.arange(0, 100, 2))
        faces = (face_track(), face_track(track_id=1, first=40, n=20))
        assert same(arrays.tracks, faces)
        store.drop_legacy_arrays("a.mp4")
        assert store.legacy_videos() == []
        assert store.legacy_arrays("a.mp4") is None
        assert len(store.found_tracks("a.mp4")) == 2
        assert store.check() == []


def test_damaged_old_arrays_do_not_keep_a_project_from_opening(url):
    def spoil(old):
        tracks = released.METADATA.tables["tracks"]
        old._connection.execute(sa.update(tracks).values(arrays=b"nothing"))

    released.make_project(url, spoil)
    with Store.open(url, project_id="p") as store:
        assert len(store.check()) == 2
        with pytest.raises(StoreError, match=r"arrays of track 0 of a\.mp4 .* damaged"):
            store.legacy_arrays("a.mp4")


def test_many_labels_migrate_in_a_moment(url):
    def many(old):
        for i in range(2500):
            old.label(i % 100)

    released.make_project(url, many)
    with Store.open(url, project_id="p") as store:
        assert events_of(store.judgements()) == list(range(1, 2501))


def differences(url):
    engine = engine_of(target_of(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        found = compare_metadata(context, METADATA)
        assert context.get_current_revision() == LAST
    engine.dispose()
    return found


def test_migrated_tables_are_those_that_queries_are_written_for(old):
    Store.open(old, project_id="p").close()
    assert differences(old) == []


def test_a_new_database_has_the_tables_at_once(url):
    Store.create(url, project_id="p", name="").close()
    assert differences(url) == []


def test_models_from_before_videos_were_left_out_name_none(url):
    Store.create(url, project_id="p", name="").close()
    engine = engine_of(target_of(url))
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE models DROP COLUMN left_out"))
        stamp = sa.table(VERSION_TABLE, sa.column("version_num"))
        connection.execute(sa.update(stamp).values(version_num="0004"))
    engine.dispose()
    Store.open(url, project_id="p").close()
    assert differences(url) == []


def test_a_project_of_one_rater_gets_the_tables_of_a_team(url):
    """As a project of before has them: none of the tables, none of the counters."""
    with Store.create(url, project_id="p", name="Talks") as store:
        store.add_video(record(), [track()])
        give(store, judgement(5), judgement(8))
    engine = engine_of(target_of(url))
    with engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            if table.name in v0006_teams._TABLES:
                table.drop(connection)
        for name in v0006_teams._COUNTERS:
            connection.execute(sa.text(f"ALTER TABLE projects DROP COLUMN {name}"))
        stamp = sa.table(VERSION_TABLE, sa.column("version_num"))
        connection.execute(sa.update(stamp).values(version_num="0005"))
    engine.dispose()
    with Store.open(url, project_id="p") as store:
        assert events_of(store.judgements()) == [1, 2]
        assert store.check() == []
        with store._writing() as tx:
            assert tx.next_number("last_assignment", by=3) == 3
            assert tx.next_number("last_audit_batch") == 1
    assert differences(url) == []


def rows_of(url):
    """Every row of every table that there is."""
    engine = engine_of(target_of(url))
    with engine.connect() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        held = {
            name: sorted(map(repr, connection.execute(sa.select(table)).all()))
            for name, table in tables.tables.items()
        }
    engine.dispose()
    return held


def test_an_upgrade_that_breaks_leaves_the_database_as_it_was(old, tmp_path):
    before = rows_of(old)
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / "v0917_breaks.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        "revision, down_revision = '0917', '0006'\n"
        "def upgrade():\n"
        "    op.create_table('half', sa.Column('n', sa.Integer))\n"
        "    op.execute('DELETE FROM judgements')\n"
        "    raise RuntimeError('the power went')\n"
    )
    engine = engine_of(target_of(old))
    config = config_of(folder)

    def upgrade():
        with writing(engine, target_of(old)) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    with pytest.raises(RuntimeError, match="the power went"):
        upgrade()
    engine.dispose()
    assert rows_of(old) == before


def test_a_step_back_is_refused_for_it_would_lose_judgements(old):
    Store.open(old, project_id="p").close()
    engine = engine_of(target_of(old))
    config = config_of(MIGRATIONS)

    def downgrade():
        with writing(engine, target_of(old)) as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0002")

    with pytest.raises(StoreError, match="restore the backup"):
        downgrade()
    engine.dispose()


def test_two_programs_that_upgrade_at_once_get_the_same(old):
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: Store.open(old, project_id="p"), range(4)))
    for store in stores:
        assert events_of(store.judgements()) == [1, 3, 4, 5, 6, 7]
        store.close()
    assert differences(old) == []


def test_a_database_of_a_newer_feltline_is_refused_and_left_alone(url):
    Store.create(url, project_id="p", name="").close()
    engine = engine_of(target_of(url))
    stamp = sa.table(VERSION_TABLE, sa.column("version_num"))
    newer = sa.update(stamp).values(version_num="0917")
    with engine.begin() as connection:
        connection.execute(newer)
    engine.dispose()
    before = rows_of(url)
    wanted = rf"newer feltline .*revision 0917.* up to {LAST}\); update feltline"
    with pytest.raises(StoreError, match=wanted):
        Store.open(url, project_id="p")
    with pytest.raises(StoreError, match=wanted):
        Store.create(url, project_id="q", name="")
    assert rows_of(url) == before


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
            other.execute("CREATE TABLE events (words TEXT)")
    else:
        engine = engine_of(target_of(url))
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE events (words TEXT)"))
        engine.dispose()
    with pytest.raises(StoreError, match="of another program; give another place"):
        Store.create(url, project_id="p", name="")
    with pytest.raises(StoreError, match="another program"):
        Store.open(url, project_id="p")


@pytest.mark.parametrize("blob", [b"no archive", pack({"frame": np.arange(3)})])
def test_a_track_without_its_times_keeps_no_project_from_opening(blob):
    assert v0004_released_to_models._summed(blob) is None
