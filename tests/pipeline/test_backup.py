"""A project as one file and back; what is no backup is refused; purges stay purged."""

import json
import shutil
import sqlite3
import zipfile
from contextlib import closing

import numpy as np
import pytest
from tests.projects import judge, judge_truth

from feltline.errors import InputError, SetupError
from feltline.pipeline import add_videos, backup, purge, restore
from feltline.pipeline.backing_up import COPIED_BYTES
from feltline.project import Predictor, Project, learn, load_video


@pytest.fixture
def saved(project, truth, tmp_path):
    """A backup of a project that learnt from three labels."""
    judge_truth(project, truth)
    learn(project)
    return backup(project, tmp_path / "b.zip"), tmp_path / "b.zip"


def content_of(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_a_restored_project_says_the_same(project, saved, tmp_path):
    made, file = saved
    assert (made.videos, made.lost) == (2, ())
    again = restore(file, tmp_path / "again" / "study")
    assert (again.name, again.videos, again.purged) == ("study", 2, 0)
    assert again.missing == ("pair.mp4", "talk.mp4")  # videos are not in a backup
    video = load_video(project, "talk.mp4")
    before = Predictor(project).predict(video, 0)
    with Project.open(tmp_path / "again" / "study") as other:
        assert other.store.last_event_id() == made.last_event_id
        after = Predictor(other).predict(load_video(other, "talk.mp4"), 0)
        assert after.model_id == before.model_id
        np.testing.assert_array_equal(after.value, before.value)
        assert other.store.check() == []
        judge(other, 7, [0.5, 0.5])  # and it can be worked in


def test_a_backup_holds_no_video_no_picture_and_no_key(saved):
    with zipfile.ZipFile(saved[1]) as held:
        names = held.namelist()
        settings = held.read("feltline.toml").decode()
    assert set(names[:3]) == {"backup.json", "feltline.toml", "feltline.db"}
    assert all(n.startswith("features/") for n in names[3:])
    assert not any("appearance" in n or n.endswith(".mp4") for n in names)
    assert 'database = ""' in settings
    assert len(names) > 3 + 2 * 4


def test_a_backup_is_taken_while_others_write(project, tmp_path, monkeypatch):
    judge(project, 5, [0.1, 0.1])
    inner = type(project.store).snapshot

    def busy(store, path):
        inner(store, path)
        judge(project, 6, [0.2, 0.2])

    monkeypatch.setattr(type(project.store), "snapshot", busy)
    backup(project, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "other")
    with Project.open(tmp_path / "other") as other:
        assert len(other.store.judgements()) == 1
    assert len(project.store.judgements()) == 2


def test_what_was_purged_later_stays_out(project, saved, tmp_path):
    content = project.store.video("talk.mp4").content_hash
    purge(project, "talk.mp4")
    shutil.rmtree(project.folder)  # only the user's own folder remembers
    again = restore(saved[1], tmp_path / "other")
    assert (again.videos, again.purged) == (1, 1)
    assert not any(content in name for name in content_of(tmp_path / "other"))
    raw = b"".join(p.read_bytes() for p in (tmp_path / "other").glob("feltline.db*"))
    assert content.encode() not in raw
    assert b"talk.mp4" not in raw
    with Project.open(tmp_path / "other") as other:
        assert other.store.video_names() == ["pair.mp4"]
        assert other.store.check() == []


def test_another_machine_knows_by_a_project_that_is_named(
    project, saved, tmp_path, monkeypatch
):
    purge(project, "talk.mp4")
    monkeypatch.setenv("FELTLINE_HOME", str(tmp_path / "elsewhere"))
    assert restore(saved[1], tmp_path / "a").purged == 0
    assert restore(saved[1], tmp_path / "b", purged_by=[project.folder]).purged == 1


def test_every_purge_counts_where_the_clock_ran_ahead(
    project, saved, tmp_path, monkeypatch
):
    monkeypatch.setenv("FELTLINE_HOME", str(tmp_path / "home"))  # without older purges
    with zipfile.ZipFile(saved[1]) as held:
        manifest = json.loads(held.read("backup.json"))
    manifest["made_at"] = "2126-01-01T00:00:00+00:00"
    ahead = changed(
        saved[1], tmp_path / "ahead.zip", **{"backup.json": json.dumps(manifest)}
    )
    purge(project, "talk.mp4")
    assert restore(ahead, tmp_path / "other").purged == 1


def test_a_video_that_was_added_again_is_in_later_backups(project, saved, tmp_path):
    purge(project, "talk.mp4")
    add_videos(project, [str(project.folder / "talk.mp4")])
    backup(project, tmp_path / "later.zip")
    assert restore(saved[1], tmp_path / "old").purged == 1
    # Also after the older one was restored, which purges it there once more.
    assert restore(tmp_path / "later.zip", tmp_path / "new").purged == 0


def test_a_purge_meanwhile_writes_no_backup(project, tmp_path, monkeypatch):
    inner = type(project.store).snapshot

    def purged_then(store, path):
        inner(store, path)
        purge(project, "pair.mp4")

    monkeypatch.setattr(type(project.store), "snapshot", purged_then)
    with pytest.raises(InputError, match="purged while the backup was made"):
        backup(project, tmp_path / "b.zip")
    assert list(tmp_path.glob("*.zip")) == []


def test_the_list_of_purges_names_no_video(project):
    content = project.store.video("talk.mp4").content_hash
    purge(project, "talk.mp4")
    text = (project.hidden / "purged.txt").read_text()
    assert content not in text
    assert "talk" not in text


def test_somebody_elses_file_is_not_overwritten(project, tmp_path):
    (tmp_path / "b.zip").write_text("mine")
    with pytest.raises(InputError, match="not overwritten"):
        backup(project, tmp_path / "b.zip")
    with pytest.raises(InputError, match=r"\.zip"):
        backup(project, tmp_path / "b.tar")


def test_a_folder_with_something_in_it_is_refused(saved, project, monkeypatch):
    with pytest.raises(InputError, match="not empty"):
        restore(saved[1], project.folder)
    monkeypatch.setenv("FELTLINE_DATABASE", "sqlite:////nowhere.db")
    with pytest.raises(InputError, match="unset it"):
        restore(saved[1], project.folder / "new")


def changed(file, out, *, leave=(), **extra):
    """A backup with some entries left out or put in."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            if entry.filename not in (*leave, *extra):
                new.writestr(entry, old.read(entry))
        for name, content in extra.items():
            new.writestr(name, content)
    return out


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "/etc/evil",
        "features/../../evil",
        "features/abcdef0123/k/../x",
        "features/abcdef0123/../feltline.toml",
        "features\\abcdef0123\\k\\x",
        ".feltline/api-token",
        "features/abcdef0123/k/.hidden",
        "features/abcdef0123/k/",
    ],
)
def test_no_name_leads_out_of_the_folder(saved, tmp_path, name):
    file = changed(saved[1], tmp_path / "evil.zip", **{name: b"x"})
    before = content_of(tmp_path)
    with pytest.raises(InputError, match="no backup of feltline"):
        restore(file, tmp_path / "out" / "study")
    assert content_of(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "why"),
    [("feltline.db", "would unpack to"), ("features/abcdef0123/k/x.npy", "it holds")],
)
def test_a_bomb_is_refused_before_it_is_unpacked(saved, tmp_path, name, why):
    file = changed(saved[1], tmp_path / "bomb.zip", leave=[name])
    size = 60 * COPIED_BYTES
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as held:
        held.writestr(name, bytes(size))
    with pytest.raises(InputError, match=why):
        restore(file, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_room_is_said_beforehand(saved, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(SetupError, match="make room"):
        restore(saved[1], tmp_path / "out")


def with_trigger(content, tmp_path):
    path = tmp_path / "evil.db"
    path.write_bytes(content)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(
            "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END"
        )
    return path.read_bytes()


def test_a_database_that_would_do_something_is_refused(saved, tmp_path):
    with zipfile.ZipFile(saved[1]) as held:
        content = held.read("feltline.db")
        toml = held.read("feltline.toml").decode()
    for name, other, why in (
        ("feltline.db", with_trigger(content, tmp_path), "not one that feltline made"),
        ("feltline.db", b"", "not one that feltline made"),
        ("feltline.db", content[:4096] + b"x" * 9000, "damaged|cannot be read"),
        ("feltline.toml", toml.replace('id = "', 'id = "x'), "not those of"),
        ("backup.json", b"{}", "backup.json in"),
        ("backup.json", b"[" * 5000, "backup.json in"),
        (
            "backup.json",
            json.dumps(
                {"layout": 9, "made_at": "2026-01-01T00:00:00+00:00", "project_id": "x"}
            ).encode(),
            "newer feltline",
        ),
    ):
        file = changed(saved[1], tmp_path / "evil.zip", **{name: other})
        with pytest.raises(InputError, match=why):
            restore(file, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_a_database_whose_videos_would_lead_out_of_the_folder_is_refused(
    saved, tmp_path
):
    with zipfile.ZipFile(saved[1]) as held:
        path = tmp_path / "evil.db"
        path.write_bytes(held.read("feltline.db"))
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(
            "UPDATE videos SET content_hash = '../../../elsewhere' WHERE rowid = "
            "(SELECT min(rowid) FROM videos)"
        )
    evil = changed(
        saved[1], tmp_path / "evil.zip", **{"feltline.db": path.read_bytes()}
    )
    # A purge of it would delete that folder.
    with pytest.raises(InputError, match="hexadecimal"):
        restore(evil, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def said_in(**fields):
    """A manifest with some of its fields otherwise."""
    plain = {"layout": 1, "made_at": "2026-01-01T00:00:00+00:00", "project_id": "x"}
    return json.dumps(plain | fields).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("backup.json", said_in(made_at="0001-01-01T00:00:00+23:00")),
        ("backup.json", said_in(made_at="9999-12-31T23:59:59-23:00")),
        ("backup.json", said_in(layout=float("inf"))),
        ("feltline.toml", b"[labels]\ntolerance = " + b"9" * 5000),
        ("feltline.toml", b"a = " + b"[" * 5000),
        ("feltline.toml", b"\xff"),
        ("feltline.toml", b"[project]\nname = 7"),
    ],
)
def test_what_cannot_be_read_is_said_by_the_name_of_the_backup(
    saved, tmp_path, name, content
):
    file = changed(saved[1], tmp_path / "evil.zip", **{name: content})
    with pytest.raises(InputError, match=r"evil\.zip") as caught:
        restore(file, tmp_path / "out")
    assert f"{tmp_path / 'out'}" not in str(caught.value)
    assert str(tmp_path / ".out") not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_what_is_no_backup_is_said(saved, tmp_path):
    (tmp_path / "x.zip").write_text("no")
    with pytest.raises(InputError, match="no backup"):
        restore(tmp_path / "x.zip", tmp_path / "out")
    with pytest.raises(InputError, match="there is no file"):
        restore(tmp_path / "y.zip", tmp_path / "out")
    lacking = changed(saved[1], tmp_path / "z.zip", leave=["feltline.db"])
    with pytest.raises(InputError, match=r"lacks feltline\.db"):
        restore(lacking, tmp_path / "out")
    raw = bytearray(saved[1].read_bytes())
    raw[len(raw) // 2] ^= 255
    (tmp_path / "bad.zip").write_bytes(raw)
    with pytest.raises(InputError, match="damaged"):
        restore(tmp_path / "bad.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_postgresql_is_backed_up_and_restored_as_a_file(
    postgresql, project, truth, tmp_path
):
    """Its rows, and not those of another project in the same database."""
    from feltline.project import ProjectSettings

    url = postgresql.new_database()
    try:
        for number, rater in (("c", "anna"), ("d", "other")):
            settings = ProjectSettings(
                project_id=number * 32, name=rater, rater=rater, database=url
            )
            with Project.init(tmp_path / rater, settings) as made:
                add_videos(made, [str(project.folder / "talk.mp4")])
                judge_truth(made, truth, frames=(5, 20))
                made.store.undo(rater=rater)
                learn(made)
        with Project.open(tmp_path / "anna") as made:
            backup(made, tmp_path / "b.zip")
            events = [e.kind for e in made.store.events(limit=1000)]
        restore(tmp_path / "b.zip", tmp_path / "back")
        with Project.open(tmp_path / "back") as back:
            assert back.settings.database == ""
            assert [e.kind for e in back.store.events(limit=1000)] == events
            assert back.store.check() == []
        with closing(sqlite3.connect(tmp_path / "back" / "feltline.db")) as file:
            (n,) = file.execute("SELECT count(*) FROM projects").fetchone()
        assert n == 1
    finally:
        postgresql.drop(url)
