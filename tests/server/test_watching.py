"""What other programs do to a project while it is served."""

import re
import threading
from contextlib import closing

import pytest
from tests.projects import judge, judgement_of
from tests.server.conftest import served_client
from tests.server.test_routes import unpacked

import feltline.server.log_watcher as watching
from feltline.pipeline import purge
from feltline.project import SETTINGS_FILE, Project, learn
from feltline.review import LiveProject
from feltline.server import serving
from feltline.store import PersonName


@pytest.fixture
def watcher(monkeypatch, request):
    """One that looks when it is told to; that of the server sleeps."""
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 600.0)
    return watching.Watcher(request.getfixturevalue("client").served)


def changes_of(client, monkeypatch):
    """What pages are told from here on, `changed` only."""
    told = []
    monkeypatch.setattr(
        client.served.worker,
        "_publish",
        lambda name, what: told.append((name, what)),
    )
    return lambda: [what for name, what in told if name == "changed"]


def test_a_threshold_of_the_command_line_holds_here(watcher, client, project):
    project.store.set_threshold(0.95, rater="anna")
    watcher.look()
    assert client.get("/api/session")["threshold"] == 0.95
    project.store.undo(rater="anna")
    watcher.look()
    assert client.get("/api/session")["threshold"] == 0.8


def test_a_tolerance_written_into_the_file_holds_here_and_is_learnt_with(
    watcher, client, project, caplog
):
    file = project.folder / SETTINGS_FILE
    before = file.read_text(encoding="utf-8")
    file.write_text(re.sub("tolerance = .*", "tolerance = 0.4", before))
    Project.open(project.folder).close()  # as each command does
    watcher.look()
    client.served.worker.wait()
    assert client.get("/api/session")["tolerance"] == 0.4
    for frame in range(12):
        client.judge(3 * frame, 0.1, 0.1)
    model = learn(project)
    assert model.learnt_from_event > 0
    assert model.tolerance == 0.4
    file.write_text(re.sub("tolerance = .*", "tolerance = 40", before))
    watcher.look()
    watcher.look()
    assert client.get("/api/settings")["tolerance"] == 0.4
    assert caplog.text.count("the settings of before stay in force") == 1


def test_many_judgements_of_a_file_are_told_once(watcher, client, project, monkeypatch):
    changes = changes_of(client, monkeypatch)
    given = [(judgement_of(n % 45, (0.5, 0.5)), 0, None) for n in range(1200)]
    project.store.give_judgements(given)
    watcher.look()
    (changed,) = changes()
    assert changed["video_id"] == "talk.mp4"
    assert set(unpacked(client).value_source) == {"frame"}


def test_what_was_said_while_the_server_opened_appears(project, monkeypatch):
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 0.1)

    class Slow(LiveProject):
        def __init__(self, project):
            super().__init__(project)
            judge(project, 7, (0.9, 0.9))

    monkeypatch.setattr(serving, "LiveProject", Slow)
    with served_client(project) as client:
        client.sign_in()
        for _ in range(100):
            if client.judgements():
                break
            threading.Event().wait(0.1)
        else:
            pytest.fail("the judgement never came")


def test_what_is_changed_on_the_page_of_another_server_appears(
    watcher, client, project, monkeypatch
):
    changes = changes_of(client, monkeypatch)
    judge(project, 7, (0.9, 0.9))
    watcher.look()
    assert len(client.judgements()) == 1
    person = PersonName(video_id="talk.mp4", track_id=0, name="Yuki")
    project.store.name_person(person, found_track_id=0, rater="ben")
    watcher.look()
    assert [what["video_id"] for what in changes()] == ["talk.mp4", None]


def test_what_the_page_itself_changed_is_told_once(watcher, client, monkeypatch):
    changes = changes_of(client, monkeypatch)
    client.judge(3, 0.1, 0.1)
    watcher.look()
    assert len(changes()) == 1


def test_what_is_about_no_video_is_told_too(client, project, monkeypatch):
    changes = changes_of(client, monkeypatch)
    read = client.get("/api/guidelines")["revision"]
    body = {"text": "Only adults.", "revision": read}
    client.send("PUT", "/api/guidelines", body)
    client.served.worker.wait()
    newest = project.store.last_event_id()
    assert changes() == [{"event_id": newest, "video_id": None}]


def test_what_came_along_with_a_change_of_the_page_is_told_too(
    client, project, monkeypatch
):
    changes = changes_of(client, monkeypatch)
    judge(project, 7, (0.9, 0.9), video_id="pair.mp4")
    client.judge(3, 0.1, 0.1)
    assert [what["video_id"] for what in changes()] == ["talk.mp4", "pair.mp4"]


def files_of(project, content):
    return [p for p in project.hidden.rglob("*") if content in str(p) and p.is_file()]


@pytest.mark.parametrize("first", ["worker", "watcher"])
def test_a_purged_video_does_not_come_back_as_pictures(
    watcher, client, project, monkeypatch, first
):
    """Whoever learns of the purge first, and whatever is asked in between."""
    content = project.store.video("talk.mp4").content_hash

    def ask(track_id=0):
        for what in ("thumbnail", f"crop?track_id={track_id}"):
            client.http.get(f"/api/videos/talk.mp4/frames/3/{what}")
        client.http.get("/api/videos")

    ask()
    assert files_of(project, content)
    may_go_on, follow = threading.Event(), client.served.live.follow

    def slow(*args):
        assert may_go_on.wait(20)
        return follow(*args)

    monkeypatch.setattr(client.served.live, "follow", slow)
    with closing(Project.open(project.folder)) as other:
        purge(other, "talk.mp4")
    ask()
    if first == "worker":
        client.served.worker.look()
    may_go_on.set()
    client.http.get("/api/videos/talk.mp4/frames/9/thumbnail")
    watcher.look()
    ask()
    assert not files_of(project, content)
    assert content not in client.served.proxies._states
    assert "no video" in client.get("/api/videos/talk.mp4", 404)["error"]


def test_what_was_made_after_the_last_look_goes_when_the_server_ends(
    project, monkeypatch
):
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 600.0)
    content = project.store.video("talk.mp4").content_hash
    with served_client(project) as client:
        client.sign_in()
        with closing(Project.open(project.folder)) as other:
            purge(other, "talk.mp4")
        client.served.picture_cache.put(content, "late.jpg", b"late")
    assert not files_of(project, content)


def test_a_worker_that_is_busy_at_the_end_keeps_nothing_from_closing(
    project, monkeypatch, caplog
):
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 600.0)
    with served_client(project) as client:
        judge(project, 7, (0.9, 0.9))

        def busy():
            raise TimeoutError("still at work")

        monkeypatch.setattr(client.served.worker, "wait", busy)
    assert "what was made of purged videos may be left" in caplog.text
    assert client.served.events._is_closed
