"""A purge while others are at work in the project."""

import errno
import shutil

import pytest

from feltline.errors import SetupError
from feltline.pipeline import purge


@pytest.fixture
def written_meanwhile(monkeypatch):
    """Has a file written into each folder while it is removed, so many times."""
    really = shutil.rmtree

    def prepare(times):
        left = {"times": times}

        def remove(folder):
            really(folder)
            if left["times"]:
                left["times"] -= 1
                folder.mkdir()
                (folder / "projection.npy").write_bytes(b"late")
                raise OSError(errno.ENOTEMPTY, "Directory not empty")

        monkeypatch.setattr("feltline.pipeline.purging.shutil.rmtree", remove)

    return prepare


def test_what_a_server_writes_meanwhile_goes_too(project, written_meanwhile):
    content = project.store.video("talk.mp4").content_hash
    written_meanwhile(2)
    purge(project, "talk.mp4")
    assert not (project.features_folder / content).exists()
    assert [v.video_id for v in project.store.videos()] == ["pair.mp4"]


def test_a_folder_that_never_gets_empty_is_named(project, written_meanwhile):
    written_meanwhile(100)
    with pytest.raises(SetupError, match="cannot be removed"):
        purge(project, "talk.mp4")
    assert project.store.video("talk.mp4")
