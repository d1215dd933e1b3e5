"""Files of videos that are moved, renamed or replaced after they were added."""

import json
import os
import shutil

import pytest
from tests.projects import judge
from tests.server.conftest import served_client

from feltline.cli.app import main
from feltline.errors import InputError, VideoError
from feltline.pipeline import add_videos, purge
from feltline.project import VideoFiles
from feltline.review import LiveProject, status_of
from feltline.server.log_watcher import Watcher


@pytest.fixture
def files(project):
    return VideoFiles(project)


def record(project, name="talk.mp4"):
    return project.store.video(name)


def problems(project):
    live = LiveProject(project)
    live.settle()
    return [p for p in status_of(live, check=True).problems if "mp4" in p]


def replace_talk(project):
    """Another person's video under the name of talk.mp4."""
    (project.folder / "pair.mp4").replace(project.folder / "talk.mp4")


def test_files_that_stay_are_there_and_hashed_once(project, files, monkeypatch):
    assert files.state(record(project)) == "there"
    monkeypatch.setattr("feltline.project.video_files.content_hash", None)
    assert VideoFiles(project).state(record(project)) == "there"
    assert problems_of_files(project, monkeypatch) == []


def problems_of_files(project, monkeypatch):
    monkeypatch.undo()
    return list(VideoFiles(project).problems())


def test_a_missing_file_is_listed(project, files):
    (project.folder / "talk.mp4").rename(project.folder / "other.mp4")
    assert files.state(record(project)) == "missing"
    (said,) = problems(project)
    assert "the file of talk.mp4 is not at" in said
    assert "feltline relocate" in said


@pytest.mark.parametrize("same_time", [False, True])
def test_a_file_that_was_replaced_is_noticed(project, files, same_time):
    assert files.state(record(project)) == "there"
    before = (project.folder / "talk.mp4").stat()
    shutil.copy(project.folder / "pair.mp4", project.folder / "talk.mp4")
    if same_time:  # another size is enough
        os.utime(project.folder / "talk.mp4", ns=(before.st_atime_ns,) * 2)
    assert files.state(record(project)) == "replaced"
    with pytest.raises(VideoError, match=r"another file lies at .* was added as talk"):
        files.path(record(project))
    assert any("another file lies at" in said for said in problems(project))


def test_a_file_that_was_replaced_before_anything_was_known_of_it(project, files):
    (project.hidden / "files.json").unlink()  # as former versions left it
    replace_talk(project)
    assert files.state(record(project)) == "replaced"
    assert files.state(record(project, "pair.mp4")) == "missing"


def test_a_file_that_was_only_touched_is_the_same(project, files):
    assert files.state(record(project)) == "there"
    os.utime(project.folder / "talk.mp4", (7, 7))
    assert files.state(record(project)) == "there"


def test_an_emptied_file_is_another(project, files):
    (project.folder / "talk.mp4").write_bytes(b"")
    assert files.state(record(project)) == "replaced"


def test_what_is_known_of_files_may_be_damaged(project, files):
    assert files.state(record(project)) == "there"
    (project.hidden / "files.json").write_text("[")
    assert VideoFiles(project).state(record(project)) == "there"


def test_add_at_the_new_place_finds_a_video_again(project, tmp_path):
    judge(project, 5, (0.5, 0.5))
    new = tmp_path / "elsewhere" / "renamed.mp4"
    new.parent.mkdir()
    (project.folder / "talk.mp4").rename(new)
    report = add_videos(project, [str(new)])
    assert (report.added, report.known) == ([], {})
    assert report.moved == {str(new): "talk.mp4"}
    assert project.path_of(record(project)) == new
    assert len(project.store.judgements()) == 1
    assert problems(project) == []
    assert "video-moved" in [e.kind for e in project.store.events()]


def test_add_of_a_copy_moves_nothing(project, tmp_path):
    copy = shutil.copy(project.folder / "talk.mp4", tmp_path / "copy.mp4")
    report = add_videos(project, [str(copy)])
    assert (report.known, report.moved) == ({str(copy): "talk.mp4"}, {})
    assert record(project).location == "talk.mp4"


def test_add_says_what_it_renamed(project, tmp_path):
    purge(project, "pair.mp4")
    other = tmp_path / "ben" / "talk.mp4"
    other.parent.mkdir()
    (project.folder / "pair.mp4").rename(other)
    report = add_videos(project, [str(other)])
    assert report.added == ["talk~2.mp4"]
    assert report.renamed == {str(other): "talk~2.mp4"}


@pytest.mark.parametrize("by", ["file", "folder", "folder above"])
def test_relocate(project, files, tmp_path, by):
    new = tmp_path / "disk" / "2026" / "t.mp4"
    new.parent.mkdir(parents=True)
    (project.folder / "talk.mp4").rename(new)
    (new.parent / "broken.mp4").write_text("no video")
    place = {"file": new, "folder": new.parent, "folder above": tmp_path / "disk"}[by]
    assert files.relocate([place]) == {"talk.mp4": new}
    assert problems(project) == []
    assert files.relocate([place]) == {}


def test_relocate_of_another_file_or_none(project, files, tmp_path):
    (project.folder / "talk.mp4").rename(tmp_path / "t.mp4")
    assert files.relocate([project.folder / "pair.mp4"]) == {}
    with pytest.raises(InputError, match="there is no file or folder"):
        files.relocate([tmp_path / "typo"])


def test_relocate_by_command(project, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(project.folder)
    monkeypatch.setattr("sys.argv", ["feltline", "relocate", str(tmp_path), "--json"])
    (project.folder / "talk.mp4").rename(tmp_path / "t.mp4")
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    said = json.loads(capsys.readouterr().out)
    assert said == {"moved": {"talk.mp4": str(tmp_path / "t.mp4")}, "problems": []}


def test_a_purged_video_leaves_no_place(project, files):
    assert files.state(record(project)) == "there"
    assert "talk.mp4" in (project.hidden / "files.json").read_text()
    purge(project, "talk.mp4")
    assert "talk.mp4" not in (project.hidden / "files.json").read_text()


def test_the_page_never_shows_another_file_under_old_labels(project):
    with served_client(project) as client:
        client.sign_in()
        video = "/api/videos/talk.mp4"
        assert client.get(video)["playback"] == "original"
        assert len(client.get(f"{video}/frames/3/thumbnail")) > 100
        replace_talk(project)
        for path in ("play", "times", "frames/4/thumbnail", "frames/4/crop"):
            answer = client.get(f"{video}/{path}", status=400, track_id=0)
            assert "another file lies at" in answer["error"]
        assert client.get(video)["playback"] == "failed"
        assert client.get("/api/videos/pair.mp4")["playback"] in ("original", "failed")


def test_a_page_that_is_open_follows_a_moved_file(project, tmp_path):
    with served_client(project) as client:
        client.sign_in()
        new = tmp_path / "t.mp4"
        (project.folder / "talk.mp4").rename(new)
        add_videos(project, [str(new)])
        Watcher(client.served).look()
        assert client.served.record("talk.mp4").location == str(new)
