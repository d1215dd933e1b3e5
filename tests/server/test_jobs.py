"""Jobs: a purge waits for nothing, what failed is done again, what was left goes on."""

import json
import os
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.projects import write_clip
from tests.server.conftest import opened_pages

from feltline.errors import InputError
from feltline.lab.demo import portrait_clip
from feltline.server import job_process
from feltline.server.job_backlog import MAX_TRIES, Backlog
from feltline.server.jobs import Jobs
from feltline.server.uploads import drop_uploads
from feltline.video import content_hash

SECONDS = 150.0


def portrait(path, seconds, seed=3):
    clip = portrait_clip(
        seconds=seconds, rate_hz=15.0, width=320, height=240, seed=seed
    )
    write_clip(path, list(clip.frames()))


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    portrait(folder / "short.mp4", 1.0)
    portrait(folder / "medium.mp4", 5.0, seed=5)
    portrait(folder / "long.mp4", 40.0, seed=4)
    return folder


@pytest.fixture
def media(tmp_path):
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.fixture
def open_page(project, media):
    """Opens the project in a server of its own."""
    with opened_pages(project, [media]) as opened:
        yield opened


@pytest.fixture
def page(open_page):
    return open_page()


def until(what, seconds=SECONDS):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)
    return found


def job_of(page, job):
    (now,) = [j for j in page.get("/api/jobs") if j["job_id"] == job["job_id"]]
    return now


def ended(page, job):
    def over():
        now = job_of(page, job)
        return now if now["state"] in ("done", "failed", "cancelled") else None

    return until(over)


def send(page, name, content, **more):
    answer = page.http.post(
        "/api/uploads",
        params={"name": name} | more,
        content=content,
        headers=page.headers,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(page):
    return {video["video_id"] for video in page.get("/api/videos")}


def names(page):
    page.served.worker.wait()
    return listed(page)


# ---- a purge


def test_a_purge_waits_for_no_extraction_and_that_goes_on_without_what_is_purged(
    page, media, clips
):
    for name in ("a.mp4", "b.mp4"):
        source = clips / ("short.mp4" if name == "a.mp4" else "long.mp4")
        (media / name).write_bytes(source.read_bytes())
    adding = page.post("/api/jobs/add", 202, paths=[str(media)])
    until(lambda: job_of(page, adding)["nth"] == 2 and job_of(page, adding)["done"])
    page.served.worker.look()
    until(lambda: "a.mp4" in listed(page))
    assert job_of(page, adding)["state"] == "running"
    purge = page.send("DELETE", "/api/videos/a.mp4", None, 202)
    assert ended(page, purge)["state"] == "done"
    assert job_of(page, adding)["state"] in ("waiting", "running")
    assert "b.mp4" not in listed(page)
    done = ended(page, adding)
    assert done["result"]["added"] == ["b.mp4"]
    ((source, why),) = done["result"]["failed"].items()
    assert source == str(media / "a.mp4")
    assert "purged just now" in why
    assert names(page) & {"a.mp4", "b.mp4"} == {"b.mp4"}
    gone = page.served.project.features_folder / content_hash(media / "a.mp4")
    assert not gone.exists()
    # Who asks for it again gets it.
    again = ended(page, page.send("POST", f"/api/jobs/{done['job_id']}/again", {}, 202))
    assert again["result"]["added"] == ["a.mp4"]


def _stops_for_purge(kind, folder, _asked, _rater, pipe):
    flag = Path(folder) / "purged"
    if kind == "purge":
        flag.touch()
    else:
        pipe.send(("begins", "a.mp4", 1, 1))
        while not flag.exists():
            time.sleep(0.05)
    pipe.send(("done", {}))


def test_a_job_that_was_stopped_for_a_purge_is_not_counted_as_failed(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(job_process, "run", _stops_for_purge)
    backlog = Backlog(tmp_path / "jobs")
    queue = Jobs(tmp_path, lambda _job: None, backlog=backlog)
    queue.start("add", {"uploads": ["a.mp4"], "paths": []}, rater="anna")
    until(lambda: queue.all()[0].nth == 1)
    queue.start("relocate", {}, rater="anna")
    queue.start("purge", {}, rater="anna")
    until(lambda: all(job.is_over for job in queue.all()))
    assert [job.state for job in queue.all()] == ["done"] * 3
    assert backlog.entries() == []
    queue.close()


# ---- once more


def test_what_could_not_be_read_is_tried_again_when_somebody_asks(page, media, clips):
    (media / "short.mp4").write_bytes(clips.joinpath("short.mp4").read_bytes())
    (media / "late.mp4").write_bytes(b"not copied to its end")
    done = ended(page, page.post("/api/jobs/add", 202, paths=[str(media)]))
    assert list(done["result"]["failed"]) == [str(media / "late.mp4")]
    assert done["can_repeat"]
    clip = portrait_clip(seconds=1.0, rate_hz=15.0, width=320, height=240, seed=9)
    write_clip(media / "late.mp4", list(clip.frames()))
    again = page.send("POST", f"/api/jobs/{done['job_id']}/again", {}, 202)
    result = ended(page, again)["result"]
    assert (result["added"], result["known"]) == (["late.mp4"], {})
    assert not job_of(page, done)["can_repeat"]
    page.send("POST", f"/api/jobs/{done['job_id']}/again", {}, 400)
    page.send("POST", "/api/jobs/unknown/again", {}, 404)


def test_an_uploaded_file_is_named_without_its_place_on_the_server(page, project):
    send(page, "broken.mp4", b"no video at all")
    done = ended(page, page.post("/api/jobs/add", 202, uploads=["broken.mp4"]))
    ((name, why),) = done["result"]["failed"].items()
    assert name == "broken.mp4"
    assert "broken.mp4" in why
    assert str(project.folder) not in str(done)
    assert not done["can_repeat"]  # its copy is gone: it would have to be sent again


def test_folders_are_looked_through_by_the_job(page, media, clips):
    (media / "empty").mkdir()
    job = page.post("/api/jobs/add", 202, paths=[str(media / "empty")])
    failed = ended(page, job)
    assert failed["state"] == "failed"
    assert "neither videos nor pictures" in failed["fault"]
    assert failed["can_repeat"]
    (media / "empty" / "notes.txt").write_text("x")
    clip = clips.joinpath("short.mp4").read_bytes()
    (media / "empty" / "short.mp4").write_bytes(clip)
    done = ended(page, page.send("POST", f"/api/jobs/{job['job_id']}/again", {}, 202))
    assert done["result"]["n_files"] == 1
    assert (done["nth"], done["n_files"]) == (1, 1)
    assert any("1 of no accepted kind" in note for note in done["result"]["notes"])


# ---- after the server


def test_videos_of_a_folder_are_added_by_the_next_server(open_page, media, clips):
    for name in ("short.mp4", "medium.mp4"):
        (media / name).write_bytes(clips.joinpath(name).read_bytes())
    page = open_page()
    job = page.post("/api/jobs/add", 202, paths=[str(media)])
    until(lambda: job_of(page, job)["nth"])
    page.projects.close()
    page = open_page()
    (resumed,) = page.get("/api/jobs")
    # Of another name: a page may know how the earlier one ended.
    assert resumed["job_id"] != job["job_id"]
    assert ended(page, resumed)["state"] == "done"
    assert {"short.mp4", "medium.mp4"} <= names(page)
    page.projects.close()
    assert open_page().get("/api/jobs") == []


@pytest.mark.parametrize("is_older", [False, True])
def test_a_purge_that_the_server_did_not_come_to_is_made_by_the_next(
    open_page, project, is_older
):
    record = project.store.video("talk.mp4")
    asked = {"video_id": "talk.mp4", "content_hash": record.content_hash}
    backlog = Backlog(project.hidden / "jobs")
    queue = Jobs(project.folder, lambda _: None, backlog=backlog)
    entry = queue._entry("purge", asked, "r3")
    if is_older:  # of a server that did not write down who asked
        file = project.hidden / "jobs" / f"{entry.job_id}.json"
        said = json.loads(file.read_text())
        assert said.pop("rater") == "r3"
        file.write_text(json.dumps(said))
    before = project.store.last_event_id()
    page = open_page()
    (resumed,) = page.get("/api/jobs")
    assert ended(page, resumed)["state"] == "done"
    assert "talk.mp4" not in names(page)
    made = [one for one in project.store.events(after=before) if one.kind == "purge"]
    asker = project.settings.rater if is_older else "r3"
    assert [one.rater for one in made] == [asker]


def _poisoned(_kind, folder, asked, rater, pipe):
    uploads = asked["uploads"]
    with (Path(folder) / "raters").open("a") as file:
        file.write(f"{rater}\n")
    for nth, name in enumerate(uploads, start=1):
        pipe.send(("begins", name, nth, len(uploads)))
        if name == "poison.mp4":
            with (Path(folder) / "crashes").open("a") as file:
                file.write("x")
            os._exit(9)
    pipe.send(("done", {"added": uploads}))


def test_a_file_that_ends_the_process_is_tried_twice_and_keeps_no_other_out(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(job_process, "run", _poisoned)
    dropped = []

    def crashes():
        return len((tmp_path / "crashes").read_text())

    def server():
        queue = Jobs(
            tmp_path,
            lambda _job: None,
            lambda job, asked: dropped.append((job.state, *asked["uploads"])),
            backlog=Backlog(tmp_path / "jobs"),
        )
        queue.resume(rater="anna")
        return queue

    first = server()
    wanted = {"uploads": ["a.mp4", "poison.mp4", "b.mp4"], "paths": []}
    first.start("add", wanted, rater="r3")
    until(lambda: len(first.all()) == 2 and all(job.is_over for job in first.all()))
    poisoned, others = first.all()
    assert (poisoned.state, poisoned.what) == ("failed", "poison.mp4")
    assert poisoned.can_repeat
    assert others.result == {"added": ["a.mp4", "b.mp4"]}
    first.close()
    second = server()
    until(lambda: all(job.is_over for job in second.all()))
    assert crashes() == MAX_TRIES == 2
    (before,) = second.all()
    second.close()
    third = server()
    (listed,) = third.all()
    assert (listed.job_id, listed.state) == (before.job_id, "failed")
    assert listed.what == "poison.mp4"
    assert "ended by itself" in listed.fault
    time.sleep(0.3)
    assert crashes() == 2
    third.again(listed.job_id)
    until(lambda: crashes() == 3 and all(job.is_over for job in third.all()))
    with pytest.raises(InputError, match="nothing of this job"):
        third.again(listed.job_id)
    third.cancel(third.all()[-1].job_id)
    assert dropped[-1] == ("cancelled", "poison.mp4")
    third.close()
    assert server().all() == []
    # Parted, resumed or asked for again: always for who first asked.
    assert (tmp_path / "raters").read_text().split() == ["r3"] * 4


def test_a_server_that_ended_twice_over_a_job_asks_before_it_goes_on(tmp_path):
    backlog = Backlog(tmp_path / "jobs")
    entry = Jobs(tmp_path, lambda _: None, backlog=backlog)._entry(
        "add", {"uploads": [], "paths": ["/x"]}, "r3"
    )
    for _ in range(MAX_TRIES):
        backlog.count(entry.job_id, 1)
    queue = Jobs(tmp_path, lambda _: None, backlog=Backlog(tmp_path / "jobs"))
    queue.resume(rater="anna")
    (listed,) = queue.all()
    assert (listed.state, listed.can_repeat) == ("failed", True)
    assert listed.rater == "r3"
    assert "the server ended twice" in listed.fault


@pytest.mark.parametrize("text", ["", "[]", '{"kind": "dance"}', '{"kind": "add"}'])
def test_a_backlog_that_was_damaged_keeps_no_project_closed(tmp_path, caplog, text):
    (tmp_path / "x.json").write_text(text)
    assert Backlog(tmp_path).entries() == []
    assert "x.json" in caplog.text


# ---- folders of pictures


def picture(seed):
    clip = portrait_clip(seconds=0.1, rate_hz=15.0, width=320, height=240, seed=seed)
    rgb = np.asarray(next(iter(clip.frames())))
    return cv2.imencode(".png", rgb[..., ::-1])[1].tobytes()


def test_a_folder_of_pictures_is_sent_as_one_video_whole_or_not_at_all(page, project):
    token = "0123456789abcdef" * 2
    for n in (10, 9):
        send(page, f"{n}.png", picture(n), of_folder=token)
    asked = {"name": "walk", "of_folder": token, "n_pictures": 3}
    said = page.send("POST", "/api/uploads/folder", asked, 400)
    assert "of 3 pictures of walk 2 have arrived" in said["error"]
    assert [p.name for p in project.uploads_folder.iterdir()] == [f".part-{token}"]
    made = page.send("POST", "/api/uploads/folder", asked | {"n_pictures": 2})
    assert made["name"] == "walk"
    done = ended(page, page.post("/api/jobs/add", 202, uploads=["walk"]))
    assert done["result"]["added"] == ["walk"]
    assert project.store.video("walk").n_frames == 2
    send(page, "9.png", picture(9), of_folder=token)
    second = page.send("POST", "/api/uploads/folder", asked | {"n_pictures": 1})
    assert second["name"] == "walk-2"
    purge = page.send("DELETE", "/api/videos/walk", None, 202)
    assert ended(page, purge)["state"] == "done"
    assert [p.name for p in project.uploads_folder.iterdir()] == ["walk-2"]
    drop_uploads(project, ["walk-2"])
    assert list(project.uploads_folder.iterdir()) == []


@pytest.mark.parametrize("token", ["../..", "x", "0" * 31, "A" * 32])
def test_pictures_go_only_where_they_are_meant_to(page, project, token):
    answer = page.http.post(
        "/api/uploads",
        params={"name": "1.png", "of_folder": token},
        content=b"x",
        headers=page.headers,
    )
    assert answer.status_code == 400
    asked = {"name": "walk", "of_folder": token, "n_pictures": 1}
    page.send("POST", "/api/uploads/folder", asked, 400)
    asked = {"name": "../walk", "of_folder": "0" * 32, "n_pictures": 1}
    page.send("POST", "/api/uploads/folder", asked, 400)
    assert not any(project.uploads_folder.glob("*"))


def test_a_video_in_a_folder_of_pictures_is_refused(page):
    answer = page.http.post(
        "/api/uploads",
        params={"name": "1.mp4", "of_folder": "0" * 32},
        content=b"x",
        headers=page.headers,
    )
    assert answer.status_code == 400
    assert "only pictures make up one video" in answer.json()["error"]


def test_the_faces_of_a_cancelled_upload_go_with_it(project, clips):
    project.uploads_folder.mkdir()
    upload = project.uploads_folder / "mine.mp4"
    upload.write_bytes(clips.joinpath("short.mp4").read_bytes())
    half = project.features_folder / content_hash(upload) / "half"
    half.mkdir(parents=True)
    # The same content, sent once more: it is somebody else's to cancel.
    (project.uploads_folder / "again.mp4").write_bytes(upload.read_bytes())
    (project.uploads_folder / "talk-again.mp4").write_bytes(
        (project.folder / "talk.mp4").read_bytes()
    )
    drop_uploads(project, ["mine.mp4", "talk-again.mp4"], with_faces=True)
    assert [path.name for path in project.uploads_folder.iterdir()] == ["again.mp4"]
    assert not half.parent.exists()
    talk = project.store.video("talk.mp4").content_hash
    assert (project.features_folder / talk).is_dir()
