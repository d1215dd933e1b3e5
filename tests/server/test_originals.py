"""The page never shows another file under the labels of a video."""

import os
import shutil
import time

import pytest

from feltline.pipeline import add_videos, relocate
from feltline.server.proxy_builder import ProxyBuilder
from feltline.server.proxy_store import ProxyStore
from feltline.server.video_folders import Original
from feltline.video import write_proxy

PICTURES = (
    "/api/videos/talk.mp4/frames/7/crop?track_id=0",
    "/api/videos/talk.mp4/frames/7/thumbnail",
)


def take_away(project):
    (project.folder / "talk.mp4").unlink()


def replace(project):
    shutil.copy(project.folder / "pair.mp4", project.folder / "talk.mp4")


def replace_same_size_and_time(project):
    talk = project.folder / "talk.mp4"
    before, whole = talk.stat(), bytearray(talk.read_bytes())
    whole[-9] ^= 1
    talk.write_bytes(whole)
    os.utime(talk, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_rename(project):
    shutil.copy(project.folder / "pair.mp4", project.folder / "other")
    (project.folder / "other").rename(project.folder / "talk.mp4")


@pytest.fixture(
    params=[take_away, replace, replace_same_size_and_time, replace_by_rename]
)
def changed(request, client, project):
    """Served, looked at, and then another file lies there, or none."""
    assert client.get("/api/videos/talk.mp4")["playback"] == "original"
    assert client.get("/api/videos/talk.mp4/play")
    request.param(project)
    return client


def words_of(client, path, method="GET"):
    answer = client.http.request(method, path, headers=client.headers)
    assert answer.status_code == 409, (path, answer.status_code, answer.content[:99])
    return answer.json()["error"]


def test_nothing_of_a_file_that_changed_is_shown(changed):
    for path in (*PICTURES, "/api/videos/talk.mp4/play"):
        said = words_of(changed, path)
        assert "talk.mp4" in said
        assert "feltline relocate" in said
    assert "talk.mp4" in words_of(changed, "/api/videos/talk.mp4/proxy", "POST")
    assert changed.get("/api/videos/talk.mp4")["playback"] == "failed"
    videos = {v["video_id"]: v["playback"] for v in changed.get("/api/videos")}
    assert videos == {"talk.mp4": "failed", "pair.mp4": "original"}
    assert changed.get("/api/videos/pair.mp4/frames/3/thumbnail")
    assert len(changed.get("/api/videos/talk.mp4/times")) == 45 * 8  # as labelled


def test_it_is_shown_again_once_it_is_back(changed, project, project_template):
    talk = project.folder / "talk.mp4"
    shutil.copy(project_template[0] / "talk.mp4", talk)
    assert changed.get("/api/videos/talk.mp4")["playback"] == "original"
    assert changed.get("/api/videos/talk.mp4/play") == talk.read_bytes()
    assert all(changed.http.get(path).status_code == 200 for path in PICTURES)


@pytest.mark.parametrize("how", ["relocate", "add"])
def test_it_is_shown_from_its_new_place(client, project, tmp_path, how):
    new = tmp_path / "talk.mp4"
    shutil.move(project.folder / "talk.mp4", new)
    words_of(client, PICTURES[0])
    if how == "add":
        add_videos(project, [str(new)])
    else:
        relocate(project, "talk.mp4", new)
    until = time.monotonic() + 20  # the server follows the log
    while client.get("/api/videos/talk.mp4")["playback"] != "original":
        assert time.monotonic() < until
        time.sleep(0.05)
    assert client.get("/api/videos/talk.mp4/play") == new.read_bytes()
    assert all(client.http.get(path).status_code == 200 for path in PICTURES)


def test_pictures_that_were_made_of_the_right_file_stay(client, project):
    """They are kept by content: they show what was labelled."""
    before = client.http.get(PICTURES[0]).content
    replace(project)
    assert client.http.get(PICTURES[0]).content == before


def test_no_proxy_is_made_of_another_file(project, monkeypatch):
    talk = project.store.video("talk.mp4")
    path = project.path_of(talk)

    def replaced(source, target, **named):
        times = write_proxy(source, target, **named)
        replace(project)  # while the proxy was written
        return times

    monkeypatch.setattr("feltline.server.proxy_builder.browser_plays", lambda _: False)
    monkeypatch.setattr("feltline.server.proxy_builder.write_proxy", replaced)
    store = ProxyStore(project.proxies_folder)
    proxies = ProxyBuilder(store, originals=project.originals)
    original = Original(path, talk.content_hash, "talk.mp4")
    try:
        proxies.build(original)
        while proxies.n_waiting:
            pass
        state = proxies.state(original)
    finally:
        proxies.close()
    assert state.playback == "failed"
    assert "is not the video that was added" in state.failure
    assert not list(project.proxies_folder.rglob("*.mp4"))
