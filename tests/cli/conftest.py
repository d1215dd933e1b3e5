import json
import shutil

import numpy as np
import pytest
from tests.cli.sheets import NAME

from feltline.lab.demo import portrait_clip
from feltline.project import Project
from feltline.settings import accounts_url, home_folder
from feltline.store import Accounts
from feltline.video import VideoWriter


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="session")
def clip():
    return portrait_clip(seconds=2.0, rate_hz=15.0, width=320, height=240)


@pytest.fixture(scope="session")
def video(session_folder, clip):
    """Thirty frames of the portrait."""
    path = session_folder / "talk.mp4"
    with VideoWriter(path, width=320, height=240, rate=15) as writer:
        for rgb in clip.frames():
            writer.write(rgb)
    return path


@pytest.fixture(scope="session")
def pair(session_folder, clip):
    """The portrait twice, side by side, in six frames."""
    path = session_folder / "pair.mp4"
    with VideoWriter(path, width=640, height=240, rate=15) as writer:
        for rgb, _ in zip(clip.frames(), range(6), strict=False):
            writer.write(np.hstack([rgb, rgb]))
    return path


@pytest.fixture(scope="session")
def empty_room(session_folder):
    """Ten frames in which there is no face."""
    path = session_folder / "room.mp4"
    grey = np.full((120, 160, 3), 90, np.uint8)
    with VideoWriter(path, width=160, height=120, rate=15) as writer:
        for _ in range(10):
            writer.write(grey)
    return path


@pytest.fixture
def support(tmp_path, clip):
    path = tmp_path / "support.csv"
    rows = [
        f"talk.mp4,{f},{clip.affect[f, 0]:.2f},{clip.affect[f, 1]:.2f}"
        for f in (2, 15, 28)
    ]
    path.write_text("video,frame,valence,arousal\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def feltline(run_feltline, monkeypatch, session_folder):
    """Runs the command line: (exit code, stdout, stderr)."""
    monkeypatch.setenv("FELTLINE_CACHE", str(session_folder / "cache"))
    return run_feltline


@pytest.fixture
def feltline_json(feltline):
    def run(*words):
        code, out, _ = feltline(*words, "--json")
        assert code == 0, out
        return json.loads(out)

    return run


@pytest.fixture
def meeting(video, tmp_path, monkeypatch):
    """The clip under a Japanese name, in a folder of its own where one works."""
    monkeypatch.chdir(tmp_path)
    return shutil.copy(video, tmp_path / NAME)


@pytest.fixture
def enter(tmp_path, monkeypatch):
    """Enters members of a project; the ids that stand in its log."""
    monkeypatch.setenv("FELTLINE_HOME", str(tmp_path / "home"))

    def entered(folder, **roles):
        with Project.open(folder) as project:
            project_id = project.settings.project_id
        home_folder().mkdir(parents=True, exist_ok=True)
        accounts = Accounts.open(accounts_url(home_folder()))
        made = {}
        for name, role in roles.items():
            user_id = accounts.add_user(name, name=name.title()).user_id
            made[name] = accounts.set_membership(project_id, user_id, role).rater_id
        accounts.close()
        return made

    return entered
