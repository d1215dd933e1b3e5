"""Videos in and out, suggestions and settings, as a page asks for them."""

import shutil
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from starlette.testclient import TestClient
from tests.projects import write_clip
from tests.server.conftest import SERVER, Client, projects_in

from feltline.lab.demo import portrait_clip
from feltline.project import read_settings
from feltline.server import create_app, job, job_process, uploads
from feltline.server.jobs import Jobs


@pytest.fixture
def media(tmp_path):
    folder = tmp_path / "media"
    folder.mkdir()
    clip = portrait_clip(seconds=1.0, rate_hz=15.0, width=320, height=240, seed=3)
    write_clip(folder / "new.mp4", list(clip.frames()))
    return folder


@pytest.fixture
def page(project, media):
    projects = projects_in(project.hidden / "home", [media])
    base = f"{SERVER}/p/{projects.adopt(project)}/"
    with TestClient(create_app(projects), base_url=base) as http:
        client = Client(http, projects, base.rstrip("/").rsplit("/", 1)[-1])
        client.sign_in()
        yield client


def ended(page, job, timeout_s=90.0):
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        (now,) = [j for j in page.get("/api/jobs") if j["job_id"] == job["job_id"]]
        if now["state"] in ("done", "failed", "cancelled"):
            page.served.worker.wait()
            return now
        time.sleep(0.05)
    raise AssertionError(f"still {now}")


def names(page):
    return [video["video_id"] for video in page.get("/api/videos")]


def send(page, name, content, status=200, **headers):
    answer = page.http.post(
        "/api/uploads",
        params={"name": name},
        content=content,
        headers=page.headers | headers,
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_folder_below_the_media_roots_is_added_and_suggested_from(page, media):
    job = page.post("/api/jobs/add", 202, paths=[str(media)])
    assert job["kind"] == "add"
    done = ended(page, job)
    assert done["state"] == "done", done["fault"]
    assert done["result"]["added"] == ["new.mp4"]
    assert done["done"] == done["of"] == 15
    assert "new.mp4" in names(page)
    asked = {"labels_per_clip": 2, "videos": ["new.mp4"], "is_new_only": True}
    done = ended(page, page.post("/api/jobs/suggest", 202, **asked))
    assert done["state"] == "done", done["fault"]
    assert done["result"] == {"frames": 2, "videos": 1}
    assert {s.video_id for s in page.served.project.store.suggestions()} == {"new.mp4"}


def test_an_upload_is_added_purged_and_gone_with_its_copy(page, media):
    content = (media / "new.mp4").read_bytes()
    first = send(page, "mine.mp4", content)
    assert first == {"name": "mine.mp4", "n_bytes": len(content)}
    assert send(page, "mine.mp4", content)["name"] == "mine-2.mp4"
    done = ended(page, page.post("/api/jobs/add", 202, uploads=["mine.mp4"]))
    assert done["result"]["added"] == ["mine.mp4"]
    kept = page.served.project.uploads_folder / "mine.mp4"
    assert kept.is_file()
    job = page.send("DELETE", "/api/videos/mine.mp4", None, 202)
    done = ended(page, job)
    assert done["state"] == "done", done["fault"]
    assert done["result"]["bytes"] > len(content)
    assert "mine.mp4" not in names(page)
    assert not kept.exists()
    page.get("/api/videos/mine.mp4", 404)


def test_a_moved_video_is_found_again(page, media):
    lost = page.served.project.folder / "talk.mp4"
    lost.rename(media / "elsewhere.mp4")
    asked = {"video_id": "talk.mp4", "path": str(media / "elsewhere.mp4")}
    done = ended(page, page.send("POST", "/api/jobs/relocate", asked, 202))
    assert list(done["result"]["moved"]) == ["talk.mp4"]
    asked = {"video_id": "pair.mp4", "path": str(media / "elsewhere.mp4")}
    done = ended(page, page.send("POST", "/api/jobs/relocate", asked, 202))
    assert done["state"] == "failed"
    assert "nothing was changed" in done["fault"]


def test_places_outside_the_media_roots_are_refused(page, media, tmp_path):
    outside = tmp_path / "outside.mp4"
    shutil.copy(media / "new.mp4", outside)
    for path in (str(outside), f"{media}/../outside.mp4", "outside.mp4", "/etc/passwd"):
        said = page.post("/api/jobs/add", 400, paths=[path])
        assert "not there, or not below" in said["error"]
        page.send("POST", "/api/jobs/relocate", {"path": path}, 400)
    (media / "link.mp4").symlink_to(outside)
    page.post("/api/jobs/add", 400, paths=[str(media / "link.mp4")])
    assert page.get("/api/jobs") == []
    done = ended(page, page.post("/api/jobs/add", 202, paths=[str(media)]))
    assert done["result"]["added"] == ["new.mp4"]
    ((link, why),) = done["result"]["failed"].items()
    assert link == str(media / "link.mp4")
    assert "not there, or not below" in why


@pytest.mark.parametrize(
    "name",
    ["../a.mp4", "a/b.mp4", "a\\b.mp4", ".hidden.mp4", "..", "c:x.mp4", "é" * 101],
)
def test_names_that_lead_elsewhere_are_refused(page, name):
    assert "cannot be the name" in send(page, name, b"x", 400)["error"]
    page.post("/api/jobs/add", 400, uploads=[name])
    assert not page.served.project.uploads_folder.exists()


def test_what_is_no_video_by_its_ending_is_refused(page):
    assert "no video or picture" in send(page, "a.exe", b"x", 400)["error"]
    said = page.post("/api/jobs/add", 400, uploads=["never-sent.mp4"])
    assert "send it again" in said["error"]


def test_an_upload_that_is_too_large_or_has_no_room_is_refused(page, monkeypatch):
    folder = page.served.project.uploads_folder
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 10)
    send(page, "a.mp4", b"x" * 11, 413)
    send(page, "a.mp4", (b"x" for _ in range(11)), 413)  # says no length
    assert list(folder.iterdir()) == []
    full = SimpleNamespace(free=uploads.SPARE_BYTES + 5)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    assert "make room" in send(page, "a.mp4", b"x" * 6, 503)["error"]
    assert list(folder.iterdir()) == []
    assert send(page, "a.mp4", b"x" * 5)["name"] == "a.mp4"


def test_an_upload_that_breaks_off_leaves_nothing(page):
    async def broken():
        yield b"half"
        raise RuntimeError("the line broke")

    async def short():
        yield b"half"

    folder = page.served.project.uploads_folder
    portal = page.http.portal
    with pytest.raises(RuntimeError):
        portal.call(uploads.kept_upload, folder, "a.mp4", broken(), 8)
    with pytest.raises(Exception, match="broke off"):
        portal.call(uploads.kept_upload, folder, "a.mp4", short(), 8)
    assert list(folder.iterdir()) == []


def test_a_video_that_cannot_be_read_is_named_with_its_reason(page):
    send(page, "broken.mp4", b"no video at all")
    done = ended(page, page.post("/api/jobs/add", 202, uploads=["broken.mp4"]))
    assert done["state"] == "done"
    (why,) = done["result"]["failed"].values()
    assert "broken.mp4" in why


def test_a_job_can_be_cancelled_and_those_behind_it_go_on(page, media):
    clip = portrait_clip(seconds=20.0, rate_hz=15.0, width=320, height=240, seed=4)
    write_clip(media / "long.mp4", list(clip.frames()))
    job = page.post("/api/jobs/add", 202, paths=[str(media / "long.mp4")])
    behind = page.post("/api/jobs/add", 202, paths=[str(media / "new.mp4")])
    dropped = page.post("/api/jobs/suggest", 202, total=3)
    said = page.send("DELETE", f"/api/jobs/{dropped['job_id']}", None)
    assert said["state"] == "cancelled"
    page.send("DELETE", f"/api/jobs/{job['job_id']}", None)
    assert ended(page, job)["state"] == "cancelled"
    assert ended(page, behind)["result"]["added"] == ["new.mp4"]
    assert "long.mp4" not in names(page)
    page.send("DELETE", "/api/jobs/unknown", None, 404)
    assert ended(page, dropped)["state"] == "cancelled"


def test_a_process_that_dies_is_a_sentence_and_the_next_goes_on(tmp_path, monkeypatch):
    told = []
    queue = Jobs(tmp_path, lambda job: told.append(job.state))
    monkeypatch.setattr(job_process, "run", _dies)
    first = queue.start("purge", {"video_id": "x"}, rater="anna")
    until = time.monotonic() + 60
    while not queue.all()[0].is_over and time.monotonic() < until:
        time.sleep(0.02)
    (job,) = queue.all()
    assert job.job_id == first.job_id
    assert job.state == "failed"
    assert "ended by itself" in job.fault
    monkeypatch.undo()
    queue.start("purge", {"video_id": "x"}, rater="anna")
    while not queue.all()[1].is_over and time.monotonic() < until:
        time.sleep(0.02)
    assert "there is no project" in queue.all()[1].fault
    assert told == ["waiting", "running", "failed"] * 2
    queue.close()


def _dies(_kind, _folder, _asked, _rater, _pipe):
    raise SystemExit(9)


def test_the_time_left_is_by_how_fast_it_went(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pace = job.Pace()
    assert pace.left_s("a.mp4", 0, 100) is None
    now[0] = 10.0
    assert pace.left_s("a.mp4", 20, 100) == pytest.approx(40.0)
    assert pace.left_s("b.mp4", 5, 100) is None
    assert pace.left_s("c.mp4", 5, 0) is None


def test_settings_are_changed_for_page_and_terminal(page):
    before = page.get("/api/settings")
    assert (before["rater"], before["faces"]) == ("anna", read_settings_of(page).faces)
    sure = page.served.live.view("talk.mp4", 0).prediction.confidence
    after = page.send("PATCH", "/api/settings", {"rater": "ben", "tolerance": 0.3})
    assert (after["rater"], after["tolerance"], after["name"]) == ("ben", 0.3, "study")
    assert read_settings_of(page).rater == "ben"
    page.served.worker.wait()
    assert page.get("/api/session")["rater"] == "ben"
    now = page.served.live.view("talk.mp4", 0).prediction.confidence
    assert (np.asarray(now) >= np.asarray(sure)).all()
    assert np.mean(now) > np.mean(sure)
    said = page.send("PATCH", "/api/settings", {"tolerance": 5}, 400)
    assert "from 0.01 to 2" in said["error"]
    page.send("PATCH", "/api/settings", {"faces": 3}, 422)
    page.send("PATCH", "/api/settings", {}, 400)
    assert read_settings_of(page).tolerance == 0.3


def read_settings_of(page):
    return read_settings(page.served.project.folder)


def test_changes_need_the_token_of_the_page(page):
    page.headers = {}
    send(page, "a.mp4", b"x", 403)
    page.send("DELETE", "/api/videos/talk.mp4", None, 403)
    page.send("PATCH", "/api/settings", {"rater": "eve"}, 403)
    assert threading.active_count() < 200
