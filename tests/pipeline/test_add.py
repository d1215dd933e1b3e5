"""Videos into a project: what is passed over, read again, or refused."""

import os
import shutil

import pytest
from tests.projects import label_of

from feltline import video
from feltline.errors import InputError, VideoError
from feltline.pipeline import add as add_module
from feltline.pipeline import add_videos, load_state, purge
from feltline.pipeline.project import Project


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
