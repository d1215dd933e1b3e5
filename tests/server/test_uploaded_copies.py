"""Copies that a page sent: those that become no video go, and the disk keeps room."""

import asyncio
import os
import shutil
import time
from types import SimpleNamespace

import pytest
from tests.projects import write_clip
from tests.server.conftest import opened_pages

from feltline.errors import SetupError
from feltline.lab.demo import portrait_clip
from feltline.pipeline import purge_file
from feltline.project import Project, unclaimed_uploads
from feltline.server import uploads
from feltline.server.jobs import Jobs


def portrait(folder, seconds):
    path = folder / "portrait.mp4"
    clip = portrait_clip(seconds=seconds, rate_hz=15.0, width=320, height=240, seed=3)
    write_clip(path, list(clip.frames()))
    return path.read_bytes()


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    return portrait(tmp_path_factory.mktemp("short"), 1.0)


@pytest.fixture(scope="module")
def long_content(tmp_path_factory):
    return portrait(tmp_path_factory.mktemp("long"), 20.0)


@pytest.fixture
def open_page(project):
    """Opens the project in a server of its own."""
    with opened_pages(project) as opened:
        yield opened


@pytest.fixture
def page(open_page):
    return open_page()


def ended(page, job_id):
    until = time.monotonic() + 120
    while time.monotonic() < until:
        (now,) = [j for j in page.get("/api/jobs") if j["job_id"] == job_id]
        if now["state"] in ("done", "failed", "cancelled"):
            return now
        time.sleep(0.05)
    raise AssertionError(f"still {now}")


def send(page, name, content, status=200):
    answer = page.http.post(
        "/api/uploads", params={"name": name}, content=content, headers=page.headers
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def add(page, *names):
    return page.post("/api/jobs/add", 202, uploads=list(names))["job_id"]


def kept(project):
    folder = project.uploads_folder
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_second_copy_and_what_cannot_be_read_go_when_that_is_known(
    page, project, content
):
    send(page, "mine.mp4", content)
    send(page, "mine.mp4", content)
    send(page, "broken.mp4", b"no video at all")
    done = ended(page, add(page, "mine.mp4", "mine-2.mp4", "broken.mp4"))
    assert done["result"]["added"] == ["mine.mp4"]
    assert len(done["result"]["known"]) == len(done["result"]["failed"]) == 1
    assert kept(project) == ["mine.mp4"]


def test_a_cancelled_upload_goes_whether_its_job_ran_or_waited(
    page, project, long_content
):
    send(page, "long.mp4", long_content)
    send(page, "behind.mp4", b"something")
    send(page, "other.mp4", b"of no job")
    running, waiting = add(page, "long.mp4"), add(page, "behind.mp4")
    page.send("DELETE", f"/api/jobs/{waiting}", None)
    assert kept(project) == ["long.mp4", "other.mp4"]
    page.send("DELETE", f"/api/jobs/{running}", None)
    until = time.monotonic() + 30
    while "long.mp4" in kept(project) and time.monotonic() < until:
        time.sleep(0.05)
    assert kept(project) == ["other.mp4"]


def test_a_purge_takes_further_copies_and_copies_behind_links(
    page, project, content, tmp_path
):
    elsewhere = tmp_path / "large-disk"
    elsewhere.mkdir()
    project.uploads_folder.symlink_to(elsewhere)
    send(page, "mine.mp4", content)
    assert ended(page, add(page, "mine.mp4"))["result"]["added"] == ["mine.mp4"]
    send(page, "again.mp4", content)
    send(page, "other.mp4", b"another content")
    job = page.send("DELETE", "/api/videos/mine.mp4", None, 202)
    done = ended(page, job["job_id"])
    assert done["state"] == "done", done["fault"]
    assert done["result"]["bytes"] > 2 * len(content)
    assert kept(project) == ["other.mp4"]


def test_a_purge_of_a_file_that_was_never_entered_takes_its_upload(project, content):
    project.uploads_folder.mkdir()
    (project.uploads_folder / "mine.mp4").write_bytes(content)
    gone = purge_file(project, str(project.uploads_folder / "mine.mp4"))
    assert gone.files["uploaded copies"] == len(content)
    assert kept(project) == []


def test_what_a_killed_server_left_is_added_when_the_project_is_opened(
    project, open_page, content
):
    folder = project.uploads_folder
    folder.mkdir()
    (folder / "mine.mp4").write_bytes(content)
    for name in (".part-dead", ".part-coming"):
        (folder / name).write_bytes(b"half")
    long_ago = time.time() - 2 * uploads.PART_IS_DEAD_S
    os.utime(folder / ".part-dead", (long_ago, long_ago))
    page = open_page()
    (job,) = page.get("/api/jobs")
    assert job["kind"] == "add"
    assert ended(page, job["job_id"])["result"]["added"] == ["mine.mp4"]
    assert kept(project) == [".part-coming", "mine.mp4"]
    page.projects.close()
    assert open_page().get("/api/jobs") == []


def test_a_server_that_ends_keeps_uploads_for_the_next(page, project, content):
    send(page, "mine.mp4", content)
    add(page, "mine.mp4")
    page.projects.close()
    assert kept(project) == ["mine.mp4"]


@pytest.mark.parametrize("n_bytes", [None, 100 * 2**20])
def test_an_upload_leaves_room_for_labels_whatever_else_is_written(
    project, monkeypatch, n_bytes
):
    free = [uploads.SPARE_BYTES + 100 * 2**20] * 2 + [uploads.SPARE_BYTES - 1]
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _path: SimpleNamespace(free=free.pop(0))
    )

    async def pieces():
        for _ in range(100):
            yield bytes(2**20)

    with pytest.raises(SetupError, match="make room"):
        asyncio.run(
            uploads.kept_upload(project.uploads_folder, "a.mp4", pieces(), n_bytes)
        )
    assert kept(project) == []
    assert free == []


def test_a_fault_in_taking_a_job_in_does_not_stop_the_next(tmp_path):
    taken = []

    def take_in(job, asked):
        taken.append((job.state, asked["video_id"]))
        raise OSError("the disk is gone")

    queue = Jobs(tmp_path, lambda _job: None, take_in)
    for name in ("a", "b"):
        queue.start("purge", {"video_id": name}, rater="anna")
    until = time.monotonic() + 60
    while not all(job.is_over for job in queue.all()) and time.monotonic() < until:
        time.sleep(0.02)
    assert [job.state for job in queue.all()] == ["failed", "failed"]
    queue.close()
    assert taken == [("failed", "a"), ("failed", "b")]


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="the system has none")
def test_work_stands_back_behind_answers(page, long_content):
    send(page, "long.mp4", long_content)
    job_id = add(page, "long.mp4")
    until, nice = time.monotonic() + 60, 0
    while nice == 0 and time.monotonic() < until:
        process = getattr(page.served.jobs._process, "_process", None)
        if process is not None and process.pid is not None and process.is_alive():
            nice = os.getpriority(os.PRIO_PROCESS, process.pid)
        time.sleep(0.02)
    assert nice > os.getpriority(os.PRIO_PROCESS, 0)
    page.send("DELETE", f"/api/jobs/{job_id}", None)


def test_only_files_that_are_no_video_are_unclaimed(project):
    assert isinstance(project, Project)
    assert unclaimed_uploads(project) == []
    project.uploads_folder.mkdir()
    (project.uploads_folder / ".part-1").write_bytes(b"half")
    (project.uploads_folder / "b.mp4").write_bytes(b"b")
    assert [path.name for path in unclaimed_uploads(project)] == ["b.mp4"]
