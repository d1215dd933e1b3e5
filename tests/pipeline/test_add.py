"""Videos into a project: what is passed over, read again, or refused."""

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PIL import Image
from tests.projects import label_of

from feltline import video
from feltline.errors import InputError, VideoError
from feltline.pipeline import (
    add_videos,
    expand_sources,
    export,
    name_of_file,
    purge,
    purge_file,
)
from feltline.pipeline import adding as add_module
from feltline.project import current_run, load_state, strays
from feltline.project.project import Project


def paths(project, *names):
    return [str(project.folder / name) for name in names]


def test_faces_that_were_lost_are_found_again_and_labels_stay(project):
    project.store.give_label(label_of(5, 0.5, 0.5), found_track_id=0)
    shutil.rmtree(project.faces_folder)
    with pytest.raises(InputError, match="feltline add"):
        load_state(project)
    both = paths(project, "talk.mp4", "pair.mp4")
    made = add_videos(project, both)
    assert (made.added, set(made.known)) == ([], set(both))
    assert len(load_state(project).tracks) == 3
    assert len(load_state(project).support) == 1


def test_nothing_is_read_again_for_other_settings(project):
    settings = project.settings
    other = Project(
        project.folder,
        type(settings)(project_id=settings.project_id, name="study", every="3"),
        project.store,
    )
    before = sorted(project.faces_folder.iterdir())
    assert add_videos(other, paths(project, "talk.mp4")).known
    assert sorted(project.faces_folder.iterdir()) == before
    with pytest.raises(InputError, match="settings back"):
        load_state(other)


@pytest.mark.parametrize("name", [b"x\xff.mp4", b"x\x01.mp4"])
def test_a_name_that_is_no_text_keeps_no_other_out(project, name, tmp_path):
    purge(project, "pair.mp4")
    source = str(tmp_path / os.fsdecode(name))
    shutil.copy(project.folder / "pair.mp4", source)
    made = add_videos(project, [source, *paths(project, "pair.mp4")])
    assert "rename" in made.failed[source]
    assert made.added == ["pair.mp4"]


def test_a_name_in_any_script_is_taken(project):
    purge(project, "pair.mp4")
    name = "面談\u3000その一.mp4"
    (project.folder / "pair.mp4").rename(project.folder / name)
    assert add_videos(project, paths(project, name)).added == [name]
    assert len(load_state(project, videos=[name]).tracks) == 2


def test_a_file_that_goes_while_it_is_read_keeps_no_other_out(project, monkeypatch):
    purge(project, "pair.mp4")
    purge(project, "talk.mp4")
    both = paths(project, "talk.mp4", "pair.mp4")

    def gone(path, **options):
        if path.name == "talk.mp4":
            raise VideoError("it is gone")
        return video.probe(path, **options)

    monkeypatch.setattr(add_module, "probe", gone)
    made = add_videos(project, both)
    assert made.failed == {both[0]: "it is gone"}
    assert made.added == ["pair.mp4"]


def test_what_was_fetched_of_a_known_video_does_not_stay(project):
    """A purge would not know of it."""
    made = add_videos(project, [f"file://{project.folder / 'talk.mp4'}"])
    assert list(made.known.values()) == ["talk.mp4"]
    assert not list((project.hidden / "remote").rglob("*.mp4"))


def test_an_add_that_is_killed_leaves_the_video_with_its_entry_or_neither(
    project, monkeypatch
):
    """Without its entry a run would stay the current one, and lack the video."""
    purge(project, "pair.mp4")
    project.store.give_label(label_of(5, 0.5, 0.5), found_track_id=0)
    before = current_run(project)

    def killed(*_args, **_named):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(type(project.store), "note", killed)
        add_videos(project, paths(project, "pair.mp4"))
    assert project.store.video_names() == ["pair.mp4", "talk.mp4"]
    kinds = [e.kind for e in project.store.events(after=0, limit=99)]
    assert kinds.count("video-added") == 2
    after = current_run(project)
    assert before is not None
    assert after is not None
    assert before.run_id != after.run_id
    assert project.store.estimate(after.run_id, "pair.mp4", 0) is not None


def test_a_video_that_was_added_without_an_entry_is_filled_in_too(project, tmp_path):
    """As a kill could leave it in older versions."""
    record = project.store.video("pair.mp4")
    tracks = project.store.found_tracks("pair.mp4")
    project.store.purge_video("pair.mp4")  # its faces stay
    project.store.give_label(label_of(5, 0.5, 0.5), found_track_id=0)
    assert export(project, tmp_path / "one.csv") == 45
    added = replace(record, added_at=datetime.now(tz=UTC))
    project.store.add_video(added, tracks)
    assert export(project, tmp_path / "both.csv") == 45 + 2 * 20


@pytest.mark.parametrize(("inside", "source"), [("", "."), ("sub", "..")])
def test_a_folder_of_pictures_is_named_by_its_name(
    project, tmp_path, monkeypatch, inside, source
):
    folder = tmp_path / "frames"
    (folder / "sub").mkdir(parents=True)
    for n, frame in enumerate(video.read_frames(project.folder / "pair.mp4")):
        Image.fromarray(frame.rgb).save(folder / f"{n:03}.png")
    monkeypatch.chdir(folder / inside)
    made = add_videos(project, expand_sources([source]))
    assert (made.added, made.failed) == (["frames"], {})
    assert project.path_of(project.store.video("frames")) == folder


def test_a_link_gives_its_own_name(project, tmp_path):
    purge(project, "pair.mp4")
    link = tmp_path / "first.mp4"
    link.symlink_to(project.folder / "pair.mp4")
    assert add_videos(project, [str(link)]).added == ["first.mp4"]


def test_a_folder_that_is_watched_may_be_empty(tmp_path):
    with pytest.raises(InputError, match="neither videos nor pictures"):
        expand_sources([str(tmp_path)])
    assert expand_sources([str(tmp_path)], may_be_empty=True) == []
    with pytest.raises(InputError, match="no file or folder"):
        expand_sources([str(tmp_path / "typo")], may_be_empty=True)


class Killed(BaseException):
    """As if the process ended here."""


def test_what_an_interrupted_add_left_can_be_purged(project, monkeypatch):
    source = project.folder / "new.mp4"
    source.write_bytes((project.folder / "pair.mp4").read_bytes() + b"\0")

    def killed(*_args, **_more):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(project.store, "add_video", killed)
        with pytest.raises(Killed):
            add_videos(project, [str(source)])
    content = video.content_hash(source)
    assert list(project.faces_folder.glob(f"{content[:20]}-*/faces.npz"))
    (stray,) = strays(project)
    assert content[:20] in stray
    assert "feltline purge" in stray
    assert name_of_file(project, str(source)) is None
    made = purge_file(project, "new.mp4")
    assert made.files["faces and embeddings"] > 0
    assert made.rows == {}
    assert list(strays(project)) == []
    assert len(load_state(project).tracks) == 3  # nobody else's faces went
    with pytest.raises(InputError, match=r"is the video talk\.mp4"):
        purge_file(project, str(project.folder / "talk.mp4"))
    with pytest.raises(InputError, match="no such file"):
        purge_file(project, "none.mp4")


def test_what_was_fetched_and_never_entered_can_be_purged(project, tmp_path):
    source = tmp_path / "broken.mp4"
    source.write_bytes(b"no video at all")
    url = f"file://{source}"
    assert add_videos(project, [url]).failed
    assert any("remote" in one for one in strays(project))
    assert purge_file(project, url).files["fetched copy"] == 15
    assert list(strays(project)) == []
