"""One server, several projects: each knows nothing of the other."""

import json
import shutil
import threading
import uuid
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient
from tests.projects import copied
from tests.server.conftest import HOST, SERVER, projects_in

from feltline.errors import SetupError
from feltline.project import Project, ProjectSettings
from feltline.server import KnownProjects, create_app
from feltline.server.known_projects import slug_of


class Server:
    """A signed-in browser on a server of several projects."""

    def __init__(self, http, projects):
        self.http, self.projects = http, projects
        token = projects.credentials.new_link_token()
        http.get("/", params={"token": token}, follow_redirects=False)
        self.csrf = {"X-CSRF-Token": self.get("/api/session")["csrf"]}

    def get(self, path, status=200, /, **params):
        answer = self.http.get(path, params=params)
        assert answer.status_code == status, answer.text
        return answer.json()

    def send(self, method, path, status=200, **body):
        answer = self.http.request(method, path, json=body or None, headers=self.csrf)
        assert answer.status_code == status, answer.text
        return answer.json()

    def listed(self):
        return {one["key"]: one for one in self.get("/api/projects")}


@contextmanager
def serving(home, media=(), *, folders=(), **more):
    projects = projects_in(home, media, **more)
    for folder in folders:
        projects.add(folder)
    with TestClient(create_app(projects), base_url=SERVER) as http:
        yield Server(http, projects)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def study(project_template, tmp_path):
    with copied(project_template[0], tmp_path) as project:
        return project.folder


@pytest.fixture
def pilot(tmp_path):
    """A project without videos, of another rater."""
    folder = tmp_path / "Pilot Study"
    settings = ProjectSettings(project_id=uuid.uuid4().hex, name="試験", rater="ben")
    Project.init(folder, settings).close()
    return folder


@pytest.fixture
def server(home, study, pilot):
    with serving(home, folders=[study, pilot]) as made:
        yield made


def judgement(frame=3, **other):
    body = {"client_id": uuid.uuid4().hex, "video_id": "talk.mp4", "track_id": 0}
    ends = {"first_frame": frame, "last_frame": frame, "value": [0.1, 0.2]}
    return body | ends | other


# --- isolation


def test_each_project_has_an_address_and_an_identity(server):
    sessions = {key: server.get(f"/p/{key}/api/session") for key in server.listed()}
    assert sessions["study"]["rater"] == "anna"
    assert sessions["pilot-study"]["project"]["name"] == "試験"
    assert sessions["pilot-study"]["rater"] == "ben"


def test_what_belongs_to_another_project_is_not_there(server):
    saved = server.send("POST", "/p/study/api/judgements", **judgement())
    assert server.get("/p/pilot-study/api/videos") == []
    for path in (
        "/videos/talk.mp4",
        "/videos/talk.mp4/play",
        "/videos/talk.mp4/judgements",
        "/videos/talk.mp4/tracks/0/prediction",
        "/videos/talk.mp4/frames/3/thumbnail",
        "/export?video_id=talk.mp4",
    ):
        assert server.http.get(f"/p/study/api{path}").status_code == 200, path
        assert server.http.get(f"/p/pilot-study/api{path}").status_code == 404, path
    refused = judgement(4)
    server.send("POST", "/p/pilot-study/api/judgements", 404, **refused)
    # Nor is a change of the one taken back through the other.
    undo = {"client_id": uuid.uuid4().hex}
    assert server.send("POST", "/p/pilot-study/api/undo", **undo)["undone"] is None
    study = server.projects.served("study").project.store
    assert [s.event_id for s in study.judgements()] == [saved["event_id"]]
    events = server.get("/p/pilot-study/api/events")
    assert not any(event["video_id"] for event in events)


def test_events_go_to_the_pages_of_their_own_project(server):
    study, pilot = (server.projects.served(k) for k in ("study", "pilot-study"))
    told = []
    pilot.events.publish = lambda name, _data: told.append(name)
    heard = threading.Event()
    publish = study.worker._publish

    def hear(name, data):
        publish(name, data)
        if name == "refilled":
            heard.set()

    study.worker._publish = hear
    server.send("POST", "/p/study/api/judgements", **judgement())
    assert heard.wait(20)
    assert told == []


@pytest.mark.parametrize(
    "path",
    [
        "/p/none/api/session",
        "/p/none/api/videos",
        "/p/Study/api/session",
        "/p/study%2F..%2Fpilot-study/api/session",
        "/p/..%2Fstudy/api/session",
        "/p/.%2Fstudy/api/session",
        "/p/study%00/api/session",
        "/p//api/session",
    ],
)
def test_a_key_that_is_none_leads_nowhere(server, path):
    answer = server.http.get(path)
    assert answer.status_code == 404, answer.text
    assert answer.json()["error"]


@pytest.mark.parametrize("key", ["..", "../known/study", "%2e%2e", "none", "STUDY"])
def test_a_key_that_is_none_is_not_forgotten(server, key, home):
    files = sorted(home.rglob("*"))
    answer = server.http.delete(f"/api/projects/{key}", headers=server.csrf)
    assert answer.status_code in (404, 405)
    assert sorted(home.rglob("*")) == files


# --- tokens


def bearer(file):
    return {"Authorization": f"Bearer {file.read_text().strip()}"}


def test_the_token_of_a_project_lets_into_this_one_only(server, study, home):
    for key in ("study", "pilot-study"):
        server.get(f"/p/{key}/api/session")  # makes its token
    server.http.cookies.clear()
    own = bearer(study / ".feltline" / "api-token")
    statuses = {
        path: server.http.get(path, headers=own).status_code
        for path in (
            "/p/study/api/session",
            "/p/pilot-study/api/session",
            "/p/none/api/session",
            "/api/session",
            "/api/projects",
            "/api/folders",
            "/api/openapi.json",
            "/metrics",
            "/p/study",
        )
    }
    assert [path for path, s in statuses.items() if s == 200] == [
        "/p/study/api/session"
    ]
    assert set(statuses.values()) == {200, 401}
    everything = bearer(home / "api-token")
    for path in ("/p/study/api/session", "/p/pilot-study/api/session", "/api/projects"):
        assert server.http.get(path, headers=everything).status_code == 200


def test_a_project_that_never_was_open_has_no_token_to_guess(server):
    server.http.cookies.clear()
    headers = {"Authorization": "Bearer "}
    answer = server.http.get("/p/pilot-study/api/session", headers=headers)
    assert answer.status_code == 401


def test_a_link_leads_to_the_page_that_it_names_and_nowhere_else(server):
    server.http.cookies.clear()
    for page, status in (
        ("/p/study/", 303),
        ("/", 303),
        ("//evil.example/", 401),
        ("/p/study/api/session", 401),
    ):
        token = server.projects.credentials.new_link_token()
        answer = server.http.get(
            f"http://{HOST}{page}?token={token}", follow_redirects=False
        )
        assert answer.status_code == status, page
        assert answer.headers.get("location", page) == page
        server.http.cookies.clear()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/projects"),
        ("POST", "/api/projects/open"),
        ("DELETE", "/api/projects/study"),
    ],
)
def test_changes_of_the_list_need_the_csrf_token(server, method, path):
    body = {"name": "new", "folder": "/"}
    assert server.http.request(method, path, json=body).status_code == 403
    assert set(server.listed()) == {"study", "pilot-study"}


# --- opening and closing


def test_a_project_is_opened_when_it_is_first_asked_for(server, monkeypatch):
    opened = []
    whole = Project.open

    def open_(folder):
        opened.append(folder.name)
        return whole(folder)

    monkeypatch.setattr(Project, "open", open_)
    assert not any(one["is_open"] for one in server.listed().values())
    server.get("/api/session")
    assert opened == []
    threads = [
        threading.Thread(target=server.projects.served, args=["study"])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == ["study"]
    assert {k: one["is_open"] for k, one in server.listed().items()} == {
        "study": True,
        "pilot-study": False,
    }


def test_a_broken_project_is_listed_with_its_reason_and_others_go_on(server, pilot):
    (pilot / "feltline.db").write_bytes(b"no database at all, " * 400)
    said = server.get("/p/pilot-study/api/session", 503)["error"]
    assert "feltline.db" in said
    listed = server.listed()
    assert listed["pilot-study"]["fault"] == said
    assert listed["study"]["fault"] is None
    assert server.get("/p/study/api/session")["rater"] == "anna"


@pytest.mark.parametrize(
    "toml", ["not = [toml", "faces = " + "9" * 5000, "faces = " + "[" * 5000]
)
def test_settings_that_cannot_be_read_are_told_before_it_is_opened(server, pilot, toml):
    (pilot / "feltline.toml").write_text(toml)
    assert "feltline.toml" in server.listed()["pilot-study"]["fault"]
    shutil.rmtree(pilot)
    assert "there is no project in" in server.listed()["pilot-study"]["fault"]
    server.get("/p/pilot-study/api/session", 503)


def test_a_project_that_is_mended_opens(server, pilot):
    toml = (pilot / "feltline.toml").read_text()
    (pilot / "feltline.toml").write_text("")
    server.get("/p/pilot-study/api/session", 503)
    (pilot / "feltline.toml").write_text(toml)
    assert server.get("/p/pilot-study/api/session")["rater"] == "ben"
    assert server.listed()["pilot-study"]["fault"] is None


def test_all_is_closed_at_the_end(home, study, pilot):
    before = set(threading.enumerate())
    with serving(home, folders=[study, pilot]) as server:
        for key in ("study", "pilot-study"):
            server.get(f"/p/{key}/api/videos")
        open_ = server.projects.opened()
        assert len(open_) == 2
    assert server.projects.opened() == {}
    assert all(served.events._is_closed for served in open_.values())
    names = {"review", "watch", "learn"}
    left = set(threading.enumerate()) - before
    assert [thread for thread in left if thread.name in names] == []
    with pytest.raises(SetupError, match="being closed"):
        server.projects.served("study")


# --- the list


def test_the_list_outlives_the_server(home, study, pilot):
    with serving(home, folders=[study, pilot]) as server:
        server.send("POST", "/p/study/api/judgements", **judgement())
        server.projects.served("study").worker.wait()
        counts = server.listed()["study"]["counts"]
        assert (counts["n_videos"], counts["n_judgements"]) == (2, 1)
        first = server.listed()["study"]["used_at"]
        assert first is not None
    with serving(home, with_all=True) as server:
        listed = server.listed()
        assert list(listed) == ["study", "pilot-study"]  # the last used first
        assert listed["study"]["counts"] == counts
        assert listed["study"]["used_at"] == first
        assert listed["pilot-study"]["counts"] is None
    with serving(home) as server:  # only those that are named
        assert server.listed() == {}


def test_a_folder_has_one_key_and_keeps_it(home, study, tmp_path):
    known = KnownProjects(home)
    assert known.add(study, "study").key == "study"
    other = tmp_path / "elsewhere" / "study"
    shutil.copytree(study, other)
    assert known.add(other, "study").key == "study-2"
    assert known.add(study / ".." / "study", "study").key == "study"
    known.forget("study")
    assert known.add(other, "study").key == "study-2"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Pilot Study", "pilot-study"),
        ("café.2026", "cafe-2026"),
        ("表情研究", "project"),
        ("../..", "project"),
        ("a" * 90, "a" * 40),
    ],
)
def test_slugs_are_plain(name, slug):
    assert slug_of(name) == slug


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"folder": 3, "name": 1}'])
def test_a_file_of_the_list_that_is_damaged_is_passed_over(home, study, text, caplog):
    known = KnownProjects(home)
    known.add(study, "study")
    (home / "known" / "bad.json").write_text(text)
    assert [one.key for one in known.all()] == ["study"]
    assert "bad.json" in caplog.text


def test_to_forget_closes_and_deletes_nothing(server, study, home):
    server.get("/p/study/api/videos")
    files = sorted(
        p for p in study.rglob("*") if p.suffix not in (".db-wal", ".db-shm")
    )
    gone = server.send("DELETE", "/api/projects/study")
    assert gone == {"folder": str(study)}
    assert set(server.listed()) == {"pilot-study"}
    assert server.projects.opened() == {}
    server.get("/p/study/api/videos", 404)
    assert [one.key for one in KnownProjects(home).all()] == ["pilot-study"]
    left = sorted(p for p in study.rglob("*") if p.suffix not in (".db-wal", ".db-shm"))
    assert left == files


def test_a_project_is_made_with_a_name_in_any_language(server, home):
    made = server.send("POST", "/api/projects", 201, name="表情研究 1", rater="花子")
    assert (made["name"], made["counts"]) == ("表情研究 1", None)
    assert made["folder"].startswith(str(home / "projects"))
    session = server.get(f"/p/{made['key']}/api/session")
    assert (session["project"]["name"], session["rater"]) == ("表情研究 1", "花子")
    again = server.send("POST", "/api/projects", 201, name="表情研究 1")
    assert again["key"] != made["key"]
    assert again["folder"] != made["folder"]


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "x" * 101])
def test_names_that_are_none_are_refused(server, name):
    server.send("POST", "/api/projects", 422, name=name)
    assert set(server.listed()) == {"study", "pilot-study"}


def test_a_folder_is_opened_below_the_media_roots_only(home, study, pilot):
    with serving(home, [pilot]) as server:
        opened = server.send("POST", "/api/projects/open", folder=str(pilot))
        assert opened["key"] == "pilot-study"
        error = server.send("POST", "/api/projects/open", 400, folder=str(study))
        assert "not below" in error["error"]
        assert set(server.listed()) == {"pilot-study"}
        assert server.get("/api/session")["can_browse"] is True


def test_a_folder_that_is_no_project_is_refused(home, study, tmp_path):
    (tmp_path / "plain").mkdir()
    with serving(home, [tmp_path]) as server:
        folder = str(tmp_path / "plain")
        error = server.send("POST", "/api/projects/open", 400, folder=folder)
        assert "no feltline project" in error["error"]
        found = {
            f["name"]: f
            for f in server.get("/api/folders", path=str(tmp_path))["folders"]
        }
        assert found["study"]["is_project"]
        assert not found["plain"]["is_project"]
        assert json.dumps(found["study"]["path"]) == json.dumps(str(study))
