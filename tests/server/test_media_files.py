"""Videos below the media roots, as a page lists them to be chosen."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.server.conftest import SERVER, Client, projects_in

from feltline.server import create_app
from feltline.video import PICTURE_SUFFIXES, VIDEO_SUFFIXES

UPLOADS = Path(__file__).parents[2] / "web/src/manage/uploads.ts"


@pytest.fixture
def media(tmp_path):
    folder = tmp_path / "media"
    (folder / "deep").mkdir(parents=True)
    for name in ("b.mp4", "A.MKV", "1.png", "notes.txt", ".hidden.mp4", "._a.mp4"):
        (folder / name).write_bytes(b"123")
    (tmp_path / "outside.mp4").write_bytes(b"secret")
    (folder / "out.mp4").symlink_to(tmp_path / "outside.mp4")
    (folder / "in.mp4").symlink_to(folder / "b.mp4")
    (folder / "lost.mp4").symlink_to(folder / "nowhere.mp4")
    return folder


@pytest.fixture
def page(project, media):
    projects = projects_in(project.hidden / "home", [media])
    base = f"{SERVER}/p/{projects.adopt(project)}/"
    with TestClient(create_app(projects), base_url=base) as http:
        client = Client(http, projects, base.rstrip("/").rsplit("/", 1)[-1])
        client.sign_in()
        yield client


def test_videos_and_pictures_of_a_folder_are_listed(page, media):
    found = page.get(f"{SERVER}/api/folders?path={media}")
    files = [(f["name"], f["is_picture"], f["n_bytes"]) for f in found["files"]]
    assert files == [
        ("1.png", True, 3),
        ("A.MKV", False, 3),
        ("b.mp4", False, 3),
        ("in.mp4", False, 3),
    ]
    (linked,) = [f for f in found["files"] if f["name"] == "in.mp4"]
    assert linked["path"] == str(media / "b.mp4")
    assert [f["name"] for f in found["folders"]] == ["deep"]
    assert page.get(f"{SERVER}/api/folders")["files"] == []


def test_the_page_takes_the_files_that_feltline_reads():
    text = UPLOADS.read_text(encoding="utf-8")

    def listed(name):
        (endings,) = re.findall(rf"{name} =\s+'([^']*)'", text)
        return tuple(endings.split())

    assert listed("VIDEO_ENDINGS") == VIDEO_SUFFIXES
    assert listed("PICTURE_ENDINGS") == PICTURE_SUFFIXES
