"""What other programs do to a project while it is served."""

import threading
import uuid
from contextlib import closing

import pytest
from tests.projects import label_of
from tests.server.conftest import served_client
from tests.server.test_routes import unpacked

import feltline.review.live as live_module
import feltline.server.app as app_module
import feltline.server.log_watcher as watching
from feltline.pipeline import purge
from feltline.project import Project, reread
from feltline.review import LiveProject
from feltline.store import PersonName


@pytest.fixture
def watcher(monkeypatch, request):
    """One that looks when it is told to; that of the server sleeps."""
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 600.0)
    return watching.Watcher(request.getfixturevalue("client").served)


def test_a_threshold_of_the_command_line_holds_here(watcher, client, project):
    project.store.set_threshold(0.95, rater="anna")
    watcher.look()
    client.served.live.wait()
    assert client.get("/api/session")["threshold"] == 0.95
    project.store.undo(rater="anna")
    watcher.look()
    client.served.live.wait()
    assert client.get("/api/session")["threshold"] == 0.8


def test_many_labels_of_a_file_are_one_piece_of_news(watcher, client, project):
    told = []
    client.served.live._tell.publish = lambda name, what: told.append((name, what))
    labels = [(label_of(n % 45, 0.5, 0.5), 0) for n in range(1200)]
    project.store.give_labels(labels)
    watcher.look()
    client.served.live.wait()
    (changed,) = [what for name, what in told if name == "changed"]
    assert changed["video_id"] == "talk.mp4"
    assert set(unpacked(client)[2]) == {"frame"}


def test_what_could_not_be_taken_in_is_tried_again(watcher, client, project):
    project.store.set_threshold(0.95, rater="anna")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client.served.live, "changed", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            watcher.look()
    watcher.look()
    client.served.live.wait()
    assert client.get("/api/session")["threshold"] == 0.95


def test_what_is_being_made_of_a_purged_video_goes_too(watcher, client, project):
    """A picture or a copy that is half done must not come back on the disk."""
    content = project.store.video("talk.mp4").content_hash
    served = client.served
    client.get("/api/videos/talk.mp4/frames/3/thumbnail")
    generation = served.pictures._cache.generation(content)
    purge(project, "talk.mp4")
    watcher.look()
    served.pictures._cache.put(content, "late.jpg", b"late", generation=generation)
    assert not list(project.pictures_folder.glob(f"{content}/*"))
    assert content not in served.proxies._states


def news_of(client):
    """What pages are told from here on, `changed` only."""
    told = []
    client.served.live._tell.publish = lambda name, what: told.append((name, what))
    return lambda: [what for name, what in told if name == "changed"]


def test_what_was_said_while_the_server_opened_appears(project, monkeypatch):
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 0.1)

    class Slow(LiveProject):
        def __init__(self, *args, **more):
            super().__init__(*args, **more)
            project.store.give_label(label_of(7, 0.9, 0.9), found_track_id=0)

    monkeypatch.setattr(app_module, "LiveProject", Slow)
    with served_client(project) as client:
        client.sign_in()
        for _ in range(100):
            if client.get("/api/videos/talk.mp4/labels"):
                break
            threading.Event().wait(0.1)
        else:
            pytest.fail("the label never came")


def test_what_is_changed_on_the_page_of_another_server_appears(
    watcher, client, project
):
    changed = news_of(client)
    name = uuid.uuid4().hex
    project.store.give_label(label_of(7, 0.9, 0.9), found_track_id=0, client_id=name)
    person = PersonName(video_id="talk.mp4", track_id=0, name="Yuki")
    watcher.look()
    client.served.live.wait()
    assert len(client.get("/api/videos/talk.mp4/labels")) == 1
    project.store.name_person(
        person, found_track_id=0, rater="ben", client_id=uuid.uuid4().hex
    )
    watcher.look()
    assert [what["video_id"] for what in changed()] == ["talk.mp4", None]


def test_what_the_page_itself_changed_is_told_once(watcher, client, monkeypatch):
    changed = news_of(client)
    client.label(3, 0.1, 0.1)
    watcher.look()
    assert len(changed()) == 1
    # Nor while a label is being taken in for longer than a look takes to come.
    may_go_on = threading.Event()

    def slow(*args, **more):
        assert may_go_on.wait(20)
        return reread(*args, **more)

    monkeypatch.setattr(live_module, "reread", slow)
    name = uuid.uuid4().hex
    body = {"video_id": "talk.mp4", "track_id": 0, "valence": 0.2, "arousal": 0.2}
    frames = {"first_frame": 4, "last_frame": 4}
    client.post("/api/labels", client_id=name, **body, **frames)
    for _ in range(3):
        watcher.look()
    may_go_on.set()
    client.served.live.wait()
    watcher.look()
    assert len(changed()) == 2


def test_what_came_along_with_a_change_of_the_page_is_told_too(client, project):
    changed = news_of(client)
    other = label_of(7, 0.9, 0.9, video_id="pair.mp4")
    project.store.give_label(other, found_track_id=0)
    client.label(3, 0.1, 0.1)
    assert [what["video_id"] for what in changed()] == ["talk.mp4", "pair.mp4"]


def test_what_failed_to_be_taken_in_is_told_once(watcher, client, project, monkeypatch):
    """The worker tries again by itself; looks must not keep it at work."""
    tried = []

    def broken(*_args, **_more):
        tried.append(1)
        raise RuntimeError("broken")

    monkeypatch.setattr(live_module, "reread", broken)
    changed = news_of(client)
    project.store.give_label(label_of(7, 0.9, 0.9), found_track_id=0)
    for _ in range(4):
        watcher.look()
        client.served.live.wait()
    assert (len(changed()), len(tried)) == (1, 1)


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
    may_go_on, learn = threading.Event(), client.served.live._learn

    def slow(*args):
        assert may_go_on.wait(20)
        return learn(*args)

    monkeypatch.setattr(client.served.live, "_learn", slow)
    with closing(Project.open(project.folder)) as other:
        purge(other, "talk.mp4")
    ask()
    if first == "worker":
        label = {"video_id": "pair.mp4", "track_id": 0, "expression": "fear"}
        frames = {"first_frame": 4, "last_frame": 4}
        client.post("/api/labels", client_id=uuid.uuid4().hex, **label, **frames)
        may_go_on.set()
        client.served.live.wait()
        watcher.look()
    else:
        watcher.look()
        client.http.get("/api/videos/talk.mp4/frames/9/thumbnail")
        may_go_on.set()
        client.served.live.wait()
        watcher.look()
    ask()
    assert not files_of(project, content)
    assert content not in client.served.proxies._states


def test_what_was_made_after_the_last_look_goes_when_the_server_ends(
    project, monkeypatch
):
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 600.0)
    content = project.store.video("talk.mp4").content_hash
    with served_client(project) as client:
        client.sign_in()
        with closing(Project.open(project.folder)) as other:
            purge(other, "talk.mp4")
        generation = client.served.pictures._cache.generation(content)
        client.served.pictures._cache.put(
            content, "late.jpg", b"late", generation=generation
        )
    assert not files_of(project, content)
