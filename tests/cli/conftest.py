import json
import shutil

import numpy as np
import pytest
from tests.cli.sheets import NAME

from feltline.lab.demo import portrait_clip
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
