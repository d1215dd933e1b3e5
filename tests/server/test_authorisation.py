"""Who may do what: every route needs a permission, and asks for it."""

import json
import re
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
import schemathesis
import sqlalchemy as sa
from fastapi import APIRouter, Depends
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from tests.projects import copied, judge
from tests.server.conftest import SERVER
from tests.server.people import PASSWORD, team_of
from tests.soak import examples

from feltline.project import Project, ProjectSettings
from feltline.server.app import create_api
from feltline.server.identity import Caller, Identity, local_caller
from feltline.server.job_process import KINDS
from feltline.server.security import auth
from feltline.server.security.permissions import (
    PERMISSION_OF,
    PERMISSION_OF_JOB,
    PROJECT_API,
    SERVER_API,
    check_routes,
)
from feltline.store import NewAssignment
from feltline.store.accounts_schema import api_tokens
from feltline.store.schema import METADATA, events
from feltline.types import ROLE_PERMISSIONS, Role

PATH_VALUES = {
    "video_id": "talk.mp4",
    "project": "none",
    "user_id": "0" * 16,
    "token_id": "0" * 12,
}
OF_PROJECT = [one for one in PERMISSION_OF if one[1].startswith(PROJECT_API)]
OF_SERVER = [one for one in PERMISSION_OF if one[1].startswith(SERVER_API)]


def path_of(template, **values):
    """An address of a route; numbers stand for what is not named."""
    named = PATH_VALUES | values
    return re.sub(r"\{(\w+)\}", lambda m: named.get(m[1], "1"), template)


def ask(client, method, path):
    return client.http.request(method, path, headers=client.headers)


def play(client, monkeypatch, role, rater_id="someone"):
    """Let the client be somebody of a role in the project from now on."""

    def identity_in(_key, caller):
        return Identity.of(caller, role, rater_id)

    monkeypatch.setattr(client.projects, "identity_in", identity_in)


# --- the table


def test_every_route_has_a_permission_and_every_permission_a_route():
    described = create_api().openapi()["paths"]
    routes = {
        (method.upper(), path)
        for path, methods in described.items()
        for method in methods
    }
    assert routes == set(PERMISSION_OF)


def asked_for():
    """What authorises, for a router of the tests."""


def router_with(path, **options):
    router = APIRouter()
    router.get(path, **options)(lambda: None)
    return router.routes


def test_a_route_without_a_permission_keeps_the_server_from_starting():
    asks = {"dependencies": [Depends(asked_for)]}
    check_routes(SERVER_API, router_with("/session", **asks), asked_for)
    with pytest.raises(RuntimeError, match="GET /api/secrets has no permission"):
        check_routes(SERVER_API, router_with("/secrets", **asks), asked_for)


def test_a_route_that_asks_nobody_keeps_the_server_from_starting():
    with pytest.raises(RuntimeError, match="does not depend on asked_for"):
        check_routes(SERVER_API, router_with("/session"), asked_for)


# --- roles


@pytest.mark.parametrize("role", ["viewer", "rater", "lead"])
def test_a_role_is_refused_all_that_it_may_not(client, monkeypatch, role):
    events = client.served.project.store.last_event_id()
    play(client, monkeypatch, role)
    refused = [
        (method, template)
        for method, template in OF_PROJECT
        if PERMISSION_OF[method, template] not in ROLE_PERMISSIONS[role]
    ]
    assert len(refused) >= 8
    for method, template in refused:
        path = path_of(template.replace("/p/{project}/", ""))
        answer = ask(client, method, path)
        assert answer.status_code == 403, (method, template, answer.text)
        assert f"do not have here as {role}" in answer.json()["error"]
    assert client.served.project.store.last_event_id() == events


@pytest.mark.parametrize("role", get_args(Role))
def test_every_role_may_read(client, monkeypatch, role):
    play(client, monkeypatch, role, "r1")
    assert client.get("api/session")["rater"] == "r1"
    assert client.get("api/videos")


def test_what_a_rater_says_is_kept_under_its_own_id(client, monkeypatch):
    client.judge(3, 0.5, 0.1)
    play(client, monkeypatch, "rater", "r1")
    saved = client.judge(4, 0.5, 0.1)
    assert client.served.project.store.event(saved["event_id"]).rater == "r1"
    # The change before is another's: nothing of r1's is left to take back.
    assert client.change("api/undo")["event_id"]
    assert client.change("api/undo")["event_id"] is None
    assert client.served.rater == client.served.project.settings.rater


def test_work_in_the_background_is_kept_under_who_asked_for_it(client, monkeypatch):
    store = client.served.project.store
    before = store.last_event_id()
    play(client, monkeypatch, "owner", "r3")
    job = client.post("api/jobs/suggest", 202, total=1)
    until = time.monotonic() + 60
    while not client.served.jobs.all()[0].is_over and time.monotonic() < until:
        time.sleep(0.02)
    (done,) = client.served.jobs.all()
    assert (done.job_id, done.state) == (job["job_id"], "done"), done.fault
    made = [one for one in store.events(after=before) if one.kind == "suggestions"]
    assert [one.rater for one in made] == ["r3"]
    assert client.served.project.settings.rater == "anna"


def predict(client):
    row = {"video_id": "talk.mp4", "track_id": 0, "frame": 3}
    content = json.dumps(row | {"valence": 0, "arousal": 0})
    answer = client.http.post(
        "api/predictions?method=other", content=content, headers=client.headers
    )
    assert answer.status_code == 200, answer.text


def learn(client):
    client.served.worker._learns = False  # so that nothing is learnt by itself
    client.judge(3, 0.5, 0.1)
    client.post("api/model/learn", 202)
    client.served.worker._learning.join(30)


def promise_less(client):
    client.send("PATCH", "api/settings", {"tolerance": 0.3})


@pytest.mark.parametrize(
    ("kind", "act"),
    [("predictions-in", predict), ("model", learn), ("model", promise_less)],
)
def test_what_is_asked_of_the_server_stands_under_who_asked(
    client, monkeypatch, kind, act
):
    store = client.served.project.store
    before = store.last_event_id()
    play(client, monkeypatch, "owner", "r3")
    act(client)
    made = [one for one in store.events(after=before) if one.kind == kind]
    assert [one.rater for one in made] == ["r3"]


def test_every_kind_of_job_needs_what_it_takes_to_ask_for_it():
    assert set(PERMISSION_OF_JOB) == set(KINDS)
    assert PERMISSION_OF_JOB["suggest"] == "lead"
    assert PERMISSION_OF_JOB["purge"] == "manage"


@pytest.mark.parametrize(("verb", "ending"), [("DELETE", ""), ("POST", "/again")])
def test_a_lead_ends_and_repeats_the_jobs_that_a_lead_may_ask_for(
    client, monkeypatch, verb, ending
):
    jobs = client.served.jobs
    of_owner = jobs.start("relocate", {"path": "/none", "video_id": None}, rater="r1")
    own = jobs.start("suggest", {"budget": {"none": 1}}, rater="r2")
    until = time.monotonic() + 60
    while not all(one.is_over for one in jobs.all()) and time.monotonic() < until:
        time.sleep(0.02)
    assert [one.state for one in jobs.all()] == ["failed", "failed"]
    play(client, monkeypatch, "lead", "r2")
    assert len(client.get("api/jobs")) == 2
    status = 202 if ending else 200
    path = f"api/jobs/{of_owner.job_id}{ending}"
    assert "'manage'" in client.send(verb, path, None, 403)["error"]
    assert jobs.job(of_owner.job_id).can_repeat
    client.send(verb, f"api/jobs/{own.job_id}{ending}", None, status)
    assert client.send(verb, f"api/jobs/none{ending}", None, 404)


def test_a_rater_cannot_take_back_the_edit_of_a_track(client, monkeypatch):
    edit = client.change("api/videos/talk.mp4/tracks/0/ignore")
    play(client, monkeypatch, "rater", "r1")
    path = f"api/events/{edit['event_id']}/undo"
    assert "nobody else can undo it" in client.change(path, status=400)["error"]
    play(client, monkeypatch, "lead", "r2")
    assert client.change(path)["event_id"]


def test_scopes_bound_what_a_role_gives():
    limited = Caller(
        user_id="u",
        via="token",
        session=None,
        is_admin=True,
        scopes=frozenset({"read", "judge"}),
    )
    identity = Identity.of(limited, "owner", "r1")
    assert identity.permissions == {"read", "judge"}
    assert not identity.sees_all
    assert Identity.of(local_caller("link", "s"), "lead", "r1").sees_all
    assert limited.may("read")
    assert not limited.may("admin")


# --- callers


def user(via, session=None):
    """A user who is signed in, but a member of nothing."""
    return Caller(user_id="u1", via=via, session=session, is_admin=False)


def test_to_who_is_no_member_a_project_is_not_there(client, monkeypatch):
    missing = client.http.get(f"{SERVER}/p/none/api/session").json()["error"]
    monkeypatch.setattr(auth, "local_caller", user)
    for method, template in OF_PROJECT:
        path = path_of(template.replace("/p/{project}/", ""))
        answer = ask(client, method, path)
        assert answer.status_code == 404, (method, template, answer.text)
        assert answer.json()["error"] == missing.replace("none", client.key)


def test_who_is_no_admin_changes_nothing_of_the_server(client, monkeypatch):
    monkeypatch.setattr(auth, "local_caller", user)
    for method, template in OF_SERVER:
        answer = ask(client, method, SERVER + path_of(template))
        is_open = PERMISSION_OF[method, template] == "read"
        is_open &= not template.startswith("/api/me/")  # for who signed in
        assert answer.status_code == (200 if is_open else 403), (method, template)
    assert ask(client, "GET", f"{SERVER}/metrics").status_code == 403


def test_without_authentication_nobody_is_anybody(client):
    """Should a route ever be reached past the middleware."""
    app = create_api()
    app.state.projects = client.projects
    bare = TestClient(app, base_url=SERVER)
    assert bare.get(f"/p/{client.key}/api/session").status_code == 401
    assert bare.get("/api/session").status_code == 401


def test_the_token_of_a_project_is_none_of_the_server():
    assert local_caller("token").may("admin")
    assert local_caller("link", "s").may("admin")
    assert not local_caller("project-token").may("admin")


# --- users of every role, on every route of two projects


@pytest.fixture(scope="module")
def team(project_template, tmp_path_factory):
    """A server of a project with videos and one without; anna owns them both."""
    folder = tmp_path_factory.mktemp("team")
    with copied(project_template[0], folder) as study:
        judge(study, 3, (0.5, 0.1), rater="before")
    pilot = folder / "pilot"
    settings = ProjectSettings(project_id=uuid.uuid4().hex, name="pilot", rater="r")
    Project.init(pilot, settings).close()
    with team_of(folder / "home", folder / "study", pilot) as made:
        made.other = "pilot"
        made.ids = {role: made.add(role, role) for role in get_args(Role)}
        made.ids["nobody"] = made.add("nobody")
        made.ids["admin"] = made.add("admin", is_admin=True)
        made.ids["anna"] = made.add("anna", "owner")
        made.join(made.ids["anna"], "owner", "pilot")
        made.browsers = {name: made.browser(name) for name in made.ids}
        yield made


def bodies_of_nothing(browser, method, path):
    """Ask a route with a body that no route takes: what matters comes before that."""
    return browser.http.request(
        method, path, json={"surprise": 1}, headers=browser.headers
    )


def every_route(key, **values):
    """All routes of a project but its stream, which has no end."""
    for method, template in OF_PROJECT:
        if not template.endswith("/stream"):
            named = {"project": key} | values
            yield method, template, path_of(template, **named)


def state_of(team):
    """What nobody may change who is refused."""
    stores = [team.projects.served(key).project.store for key in ("study", "pilot")]
    projects = [team.projects.project_id_of(key) for key in ("study", "pilot")]
    return (
        [store.last_event_id() for store in stores],
        [store.video_names() for store in stores],
        [team.accounts.members(one) for one in projects],
        team.accounts.users(),
    )


@pytest.mark.parametrize("role", get_args(Role))
def test_a_user_does_in_its_own_project_what_its_role_may(team, role):
    browser, before = team.browsers[role], state_of(team)
    may = ROLE_PERMISSIONS[role]
    for method, template, path in every_route(team.key):
        if PERMISSION_OF[method, template] in may and method != "GET":
            continue  # done for good by the tests of each route
        answer = bodies_of_nothing(browser, method, path)
        is_refused = PERMISSION_OF[method, template] not in may
        assert (answer.status_code == 403) is is_refused, (method, template)
        assert answer.status_code < 500, (method, template, answer.text)
        if is_refused:
            assert f"do not have here as {role}" in answer.json()["error"]
    session = browser.get(f"/p/{team.key}/api/session")
    assert session["role"] == role
    assert sorted(session["permissions"]) == sorted(may)
    assert session["name"] == role
    assert session["rater"].startswith("rater-")
    # A backup is noted in the log, and a model may be learnt meanwhile.
    assert state_of(team)[1:] == before[1:]


@pytest.mark.parametrize("name", [*get_args(Role), "nobody", "admin"])
def test_another_project_is_not_there(team, name):
    """In the words of one that is none: nothing tells whether it is."""
    browser, before = team.browsers[name], state_of(team)
    words = browser.get("/p/none/api/session", 404)["error"]
    for method, template, path in every_route("pilot"):
        answer = bodies_of_nothing(browser, method, path)
        assert answer.status_code == 404, (method, template, answer.text)
        assert answer.json()["error"] == words.replace("none", "pilot")
    for path in ("/p/pilot/api/stream", "/p/pilot/"):
        page = browser.http.get(path)
        # Without a bundle of the page there is none to show, of either project.
        assert (
            page.status_code == browser.http.get(path.replace("pilot", "x")).status_code
        )
    assert browser.http.get("/p/pilot/api/stream").status_code == 404
    assert state_of(team) == before


def named_in(team):
    """Something of the study of each kind that an address can name."""
    anna, api = team.browsers["anna"], "/p/study/api"
    face = {"video_id": "talk.mp4", "track_id": 0}
    answer = anna.post(
        f"{api}/known-answers",
        client_id=uuid.uuid4().hex,
        **face,
        first_frame=3,
        last_frame=3,
        value=[0.5, 0.5],
        tolerance=[0.2, 0.2],
        use="training",
    )
    comment = anna.post(
        f"{api}/comments", client_id=uuid.uuid4().hex, text="?", frame=3, **face
    )
    store = team.projects.served("study").project.store
    owner = team.accounts.membership(
        team.projects.project_id_of("study"), team.ids["owner"]
    )
    work = NewAssignment(
        rater_id=owner.rater_id,
        video_id="talk.mp4",
        found_track_id=0,
        track_id=0,
        first_frame=3,
        last_frame=3,
        frame=3,
        scope="frame",
        kind="label",
        is_blind=True,
    )
    store.assign([work], plan="of the study", rater="anna")
    return {
        "video_id": "talk.mp4",
        "event_id": str(comment["event_id"]),
        "job_id": "1",
        "batch_id": "1",
        "user_id": team.ids["rater"],
        "rater_id": owner.rater_id,
        "answer_id": answer["answer_id"],
        "plan": "of the study",
    }


def test_ids_of_another_project_name_nothing_here(team):
    """Every id in every route, asked by who owns both projects."""
    browser, ids = team.browsers["anna"], named_in(team)
    named = {one for _, path in OF_PROJECT for one in re.findall(r"\{(\w+)\}", path)}
    # Tracks and frames are numbers within a video.
    assert named - {"project", "track_id", "frame"} == ids.keys()
    before, asked = state_of(team), set()
    bodies = {
        "PUT /members/{user_id}": {"role": "viewer"},
        "POST /events/{event_id}/undo": {"client_id": "a" * 32},
        "PUT /comments/{event_id}/state": {
            "client_id": "d" * 32,
            "is_resolved": True,
        },
        "PATCH /known-answers/{answer_id}": {"is_active": False},
        "PUT /traces/{event_id}/lag": {"client_id": "d" * 32, "lag_s": 1},
    }
    for method, template, path in every_route("pilot", **ids):
        if not set(re.findall(r"\{(\w+)\}", template)) & ids.keys():
            continue
        body = bodies.get(f"{method} {template.removeprefix(PROJECT_API)}", {})
        answer = browser.http.request(method, path, json=body, headers=browser.headers)
        asked.add(template)
        if template.endswith("/assignments/{plan}"):
            assert answer.json() == {"withdrawn": 0}
            continue
        assert answer.status_code in (400, 404, 422), (method, template, answer.text)
    assert len(asked) > 15
    study = team.projects.served("study").project.store
    assert [a.state for a in study.assignments(plan="of the study")] == ["open"]
    assert [a.is_active for a in study.known_answers()] == [True]
    undo = {"client_id": "b" * 32, "of": "c" * 32}
    assert browser.post("/p/pilot/api/undo", **undo)["event_id"] is None
    # A model of the study may be learnt meanwhile.
    (_, pilot), *others = state_of(team)
    assert (pilot, others) == (before[0][1], list(before[1:]))


def test_names_of_others_are_nowhere_in_a_project(team):
    """What the log and the pages of one project say of users of another: nothing."""
    text = team.browsers["rater"].http.get(f"/p/{team.key}/api/raters").text
    assert "admin" not in text
    members = team.browsers["lead"].get(f"/p/{team.key}/api/members")
    assert {one["name"] for one in members["members"]} == {*get_args(Role), "anna"}
    assert members["former"] == [{"rater_id": "before", "name": "before"}]


@pytest.mark.parametrize("name", [*get_args(Role), "nobody", "admin"])
def test_routes_of_the_server_are_for_its_admins(team, name):
    browser, before = team.browsers[name], state_of(team)
    for method, template in OF_SERVER:
        if template.startswith("/api/me/") or "{project}" in template:
            continue
        answer = bodies_of_nothing(browser, method, path_of(template))
        is_open = name == "admin" or PERMISSION_OF[method, template] == "read"
        assert (answer.status_code == 403) is not is_open, (method, template)
        assert answer.status_code < 500
    refused = 404 if name == "admin" else 403
    assert (
        bodies_of_nothing(browser, "DELETE", "/api/projects/none").status_code
        == refused
    )
    assert (browser.http.get("/metrics").status_code == 200) is (name == "admin")
    assert state_of(team) == before


def test_the_list_names_ones_own_projects_only(team):
    lists = {
        name: {one["key"] for one in browser.get("/api/projects")}
        for name, browser in team.browsers.items()
    }
    assert lists == {
        **{role: {"study"} for role in get_args(Role)},
        "nobody": set(),
        "admin": set(),
        "anna": {"study", "pilot"},
    }
    (study,) = team.browsers["owner"].get("/api/projects")
    assert study["folder"] == ""
    assert team.browsers["owner"].get("/api/session")["home"] == ""


@pytest.mark.parametrize("role", ["viewer", "rater", "lead"])
def test_no_role_makes_itself_a_higher_one(team, role):
    browser, before = team.browsers[role], state_of(team)
    members = f"/p/{team.key}/api/members"
    own = f"{members}/{team.ids[role]}"
    browser.send("PUT", own, 403, role="owner")
    browser.post(members, 403, sign_in_name="nobody", role="owner")
    browser.send("DELETE", f"{members}/{team.ids['owner']}", 403)
    browser.send("PATCH", f"/api/users/{team.ids[role]}", 403, is_admin=True)
    browser.post(
        "/api/users", 403, sign_in_name="x", name="x", password="a" * 12, is_admin=True
    )
    assert state_of(team) == before


def test_an_owner_is_none_of_the_server_and_an_admin_none_of_a_project(team):
    owner, admin = team.browsers["owner"], team.browsers["admin"]
    owner.send("PATCH", f"/api/users/{team.ids['owner']}", 403, is_admin=True)
    admin.get(f"/p/{team.key}/api/members", 404)
    path = f"/p/{team.key}/api/members/{team.ids['admin']}"
    admin.send("PUT", path, 404, role="owner")


# --- tokens


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("name", [*get_args(Role), "admin"])
def test_a_token_does_no_more_than_its_scopes_and_its_user(team, name):
    _, token = team.accounts.add_token(
        team.ids[name], name="all", scopes=["read", "judge", "lead", "manage"], days=1
    )
    _, reading = team.accounts.add_token(
        team.ids[name], name="reading", scopes=["read"], days=1
    )
    script, before = team.browser(), state_of(team)
    for method, template, path in every_route(team.key):
        needed = PERMISSION_OF[method, template]
        for sent, scopes in ((token, ROLE_PERMISSIONS.get(name)), (reading, {"read"})):
            may = scopes is not None and needed in scopes
            if may and (method != "GET" or sent == token):
                continue
            answer = script.http.request(method, path, json={}, headers=bearer(sent))
            refused = 404 if name == "admin" else 403
            is_refused = answer.status_code == refused
            assert is_refused or (may and answer.status_code < 500), (method, template)
    for method, template in OF_SERVER:
        if PERMISSION_OF[method, template] == "admin" or "/me/" in template:
            answer = script.http.request(
                method, path_of(template), json={}, headers=bearer(token)
            )
            assert answer.status_code == 403, (method, template)
    assert state_of(team) == before


def test_a_token_of_one_project_is_none_of_another(team):
    anna = team.browsers["anna"]
    made = anna.post(
        "/api/me/tokens", 201, name="ci", scopes=["read", "judge"], project="pilot"
    )
    script, sent = team.browser(), bearer(made["token"])
    assert script.http.get("/p/pilot/api/session", headers=sent).status_code == 200
    assert script.http.get("/p/study/api/session", headers=sent).status_code == 404
    assert script.http.get("/api/projects", headers=sent).status_code == 403
    body = {"name": "x", "scopes": ["read"], "project": "pilot"}
    team.browsers["rater"].post("/api/me/tokens", 404, **body)
    # Another user's token is none of one's own.
    path = f"/api/me/tokens/{made['token_id']}"
    team.browsers["rater"].send("DELETE", path, 404)
    assert script.http.get("/p/pilot/api/session", headers=sent).status_code == 200
    anna.send("DELETE", path)
    assert script.http.get("/p/pilot/api/session", headers=sent).status_code == 401
    assert made["token_id"] not in str(anna.get("/api/me/tokens"))


def test_a_token_that_is_over_lets_nobody_in(team):
    _, token = team.accounts.add_token(
        team.ids["lead"], name="old", scopes=["read"], days=1
    )
    script = team.browser()
    path = f"/p/{team.key}/api/session"
    assert script.http.get(path, headers=bearer(token)).status_code == 200
    with team.accounts._writing() as connection:
        past = datetime.now(tz=UTC) - timedelta(seconds=1)
        connection.execute(
            sa.update(api_tokens)
            .where(api_tokens.c.name == "old")
            .values(expires_at=past)
        )
    answer = script.http.get(path, headers=bearer(token))
    assert answer.status_code == 401
    assert "over or was revoked" in answer.json()["error"]


# --- who was somebody


@pytest.fixture
def leaver(team):
    """A rater with a session and a token, for one test."""
    name = f"leaver{uuid.uuid4().hex[:8]}"
    user_id = team.add(name, "rater")
    _, token = team.accounts.add_token(user_id, name="ci", scopes=["read"], days=1)
    return name, user_id, team.browser(name), bearer(token)


def enters(team, browser, token, path=None):
    path = path or f"/p/{team.key}/api/session"
    sent = team.browser().http.get(path, headers=token)
    return browser.http.get(path).status_code, sent.status_code


def test_a_disabled_user_is_out_at_once(team, leaver):
    name, user_id, browser, token = leaver
    assert enters(team, browser, token) == (200, 200)
    path = f"/api/users/{user_id}"
    team.browsers["admin"].send("PATCH", path, is_disabled=True)
    assert enters(team, browser, token) == (401, 401)
    assert team.browser(address="192.0.2.1").send_form(name).status_code == 401
    team.browsers["admin"].send("PATCH", path, is_disabled=False)
    assert enters(team, browser, token) == (401, 200)  # sessions stay revoked


def test_a_deleted_user_is_out_and_what_was_said_stays(team, leaver):
    name, user_id, browser, token = leaver
    body = {"video_id": "talk.mp4", "track_id": 0, "client_id": uuid.uuid4().hex}
    body |= {"first_frame": 7, "last_frame": 7, "value": [0.1, 0.2]}
    saved = browser.post(f"/p/{team.key}/api/judgements", **body)
    store = team.projects.served(team.key).project.store
    rater = store.event(saved["event_id"]).rater
    team.browsers["owner"].post(
        f"/p/{team.key}/api/members", 409, sign_in_name=name, role="lead"
    )
    store.enter_member(rater, "rater", former="rater", by="")
    team.browsers["admin"].send("DELETE", f"/api/users/{user_id}")
    assert enters(team, browser, token) == (401, 401)
    assert store.event(saved["event_id"]).rater == rater
    former = team.browsers["lead"].get(f"/p/{team.key}/api/members")["former"]
    (name_now,) = [one["name"] for one in former if one["rater_id"] == rater]
    assert re.fullmatch(r"Rater \d+", name_now)
    for path in team.projects.served(team.key).project.folder.rglob("*"):
        assert not path.is_file() or name.encode() not in path.read_bytes()
    team.browsers["admin"].send("DELETE", f"/api/users/{user_id}", 404)


def test_a_lost_role_is_lost_at_once(team, leaver):
    _, user_id, browser, token = leaver
    owner, path = team.browsers["owner"], f"/p/{team.key}/api/members/{leaver[1]}"
    owner.send("PUT", path, role="viewer")
    browser.post(f"/p/{team.key}/api/undo", 403, client_id="d" * 32)
    owner.send("DELETE", path)
    assert enters(team, browser, token) == (404, 404)
    assert enters(team, browser, token, "/api/me") == (200, 200)
    owner.send("DELETE", path, 404)
    assert team.accounts.user(user_id) is not None


def test_a_stream_ends_when_its_listener_may_not_listen_any_more(team, leaver):
    _, _, browser, _ = leaver
    session = browser.http.cookies
    (name,) = [one for one in session if one.endswith("-user")]
    people = team.projects.people
    caller = people.caller_of_session(session[name])
    assert people.is_still_in(caller)
    assert team.projects.is_open_to(team.key, caller)
    browser.http.post("/sign-out", headers=browser.headers)
    assert not people.is_still_in(caller)
    _, user_id, _, token = leaver
    sent = token["Authorization"].removeprefix("Bearer ")
    by_token = people.caller_of_token(sent)
    assert people.is_still_in(by_token)
    (made,) = team.accounts.tokens_of(user_id)
    team.accounts.revoke_token(user_id, made.token_id)
    assert not people.is_still_in(by_token)


def test_another_password_ends_all_sessions_but_the_one_it_was_given_in(team, leaver):
    name, _, browser, _ = leaver
    other = team.browser(name)
    new = "quite another one"
    browser.send("PUT", "/api/me/password", 400, old="not the old one", new=new)
    browser.send("PUT", "/api/me/password", 400, old=PASSWORD, new="short")
    made = browser.send("PUT", "/api/me/password", old=PASSWORD, new=new)
    other.get("/api/me", 401)
    browser.headers = {"X-CSRF-Token": made["csrf"]}
    browser.send("DELETE", "/api/me/sessions")
    browser.get("/api/me", 401)
    assert team.browser().sign_in(name, new)


def test_the_old_password_is_not_guessed_in_a_session(leaver):
    _, _, browser, _ = leaver
    for _ in range(5):
        browser.send("PUT", "/api/me/password", 400, old="wrong", new="a" * 12)
    answer = browser.http.put(
        "/api/me/password",
        json={"old": PASSWORD, "new": "a" * 12},
        headers=browser.headers,
    )
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


# --- users and members


def test_admins_enter_users_and_owners_make_them_members(team):
    admin, owner = team.browsers["admin"], team.browsers["owner"]
    new = {"sign_in_name": "Clara", "name": "Clara C.", "password": "clara's first"}
    made = admin.post("/api/users", 201, **new)
    assert made["has_password"]
    assert "already" in admin.post("/api/users", 400, **new)["error"]
    assert (
        "12 to" in admin.post("/api/users", 400, **(new | {"password": "x"}))["error"]
    )
    clara = team.browser().sign_in("clara", "clara's first")
    assert clara.get("/api/me")["name"] == "Clara C."
    members = f"/p/{team.key}/api/members"
    owner.post(members, 404, sign_in_name="unknown", role="rater")
    owner.post(members, 422, sign_in_name="clara", role="rater", takes_rater="zoe")
    found = owner.post(
        members, 201, sign_in_name="clara", role="rater", takes_rater="before"
    )
    assert {"before"} == {
        one["rater_id"] for one in found["members"] if one["name"] == "Clara C."
    }
    assert clara.get(f"/p/{team.key}/api/session")["rater"] == "before"
    team.browsers["lead"].send("DELETE", f"{members}/{made['user_id']}", 403)
    owner.send("DELETE", f"{members}/{made['user_id']}")
    admin.send("DELETE", f"/api/users/{made['user_id']}")


def test_nobody_shuts_the_door_behind_themselves(team):
    admin = team.browsers["admin"]
    own = f"/api/users/{team.ids['admin']}"
    admin.send("PATCH", own, 400, is_admin=False)
    admin.send("PATCH", own, 400, is_disabled=True)
    admin.send("DELETE", own, 400)
    assert admin.send("PATCH", own, name="The admin")["name"] == "The admin"
    anna = team.browsers["anna"]
    path = f"/p/pilot/api/members/{team.ids['anna']}"
    assert "only owner" in anna.send("PUT", path, 400, role="lead")["error"]
    assert "only owner" in anna.send("DELETE", path, 400)["error"]


def test_who_brings_a_project_in_owns_it(team):
    admin = team.browsers["admin"]
    made = admin.post("/api/projects", 201, name="New one")
    session = admin.get(f"/p/{made['key']}/api/session")
    assert session["role"] == "owner"
    team.browsers["owner"].get(f"/p/{made['key']}/api/session", 404)
    admin.send("DELETE", f"/api/projects/{made['key']}")


@pytest.mark.filterwarnings(  # schemathesis draws lots of its own
    "ignore::hypothesis.errors.HypothesisDeprecationWarning"
)
def test_made_up_requests_of_every_role_end_in_no_fault(team):
    """From the OpenAPI description; what is refused to a role stays refused."""
    schema = schemathesis.openapi.from_dict(create_api().openapi())
    before, seen = team.accounts.users(), set[str]()
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]
        # Of the account itself, and answers that are long or have no end.
        if not operation.path.endswith(
            ("/stream", "/backup", "/password", "/sessions")
        ):
            made_up(operation, team, seen)
    assert len(seen) > 60
    assert team.accounts.users() == before


KEPT_BY_ITSELF = (
    *("models", "current_models", "bases", "basis_videos", "notes"),
    *("track_summaries", "video_summaries", "activity"),
)
"""Tables that the server writes to in the background, whoever asks for what."""


def rows_of(team):
    """How many rows there are, by table, and what accounts say of whom."""
    store = team.projects.served("study").project.store
    with store._reading() as tx:
        theirs = tx.select(events.c.event_id).where(events.c.kind != "model")
        counts = {"by people": len(tx.values(theirs))}
        counts |= {
            name: tx.values(tx.select(table).with_only_columns(sa.func.count()))
            for name, table in METADATA.tables.items()
            if name not in (*KEPT_BY_ITSELF, "events") and "project_id" in table.c
        }
    members = team.accounts.members(team.projects.project_id_of("study"))
    tokens = {one: team.accounts.tokens_of(team.ids[one]) for one in ("owner", "rater")}
    return counts, members, team.accounts.users(), tokens


def test_made_up_requests_of_a_viewer_change_no_row(team):
    schema = schemathesis.openapi.from_dict(create_api().openapi())
    before, seen = rows_of(team), set[str]()
    assert before[0]["judgements"] != [0]
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]
        is_long = operation.path.endswith(("/stream", "/password", "/sessions"))
        if not is_long and operation.method.upper() not in ("GET", "HEAD"):
            made_up(operation, team, seen, roles=("viewer",))
    assert len(seen) > 30
    assert rows_of(team) == before


ROLES = get_args(Role)


def made_up(operation, team, seen, roles=ROLES):
    needed = PERMISSION_OF[operation.method.upper(), operation.path]

    @settings_of_hypothesis(
        max_examples=examples(1),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def ask_as_each(case):
        if (case.path_parameters or {}).get("project"):
            case.path_parameters["project"] = team.key
        seen.add(operation.label)
        for role in roles:
            may = ROLE_PERMISSIONS[role]
            browser = team.browsers[role]
            answer = browser.http.request(
                case.method,
                case.formatted_path,
                params=case.query or None,
                json=case.body if isinstance(case.body, dict) else None,
                headers=browser.headers,
            )
            assert answer.status_code < 500, (operation.label, role, answer.text)
            if needed not in may:
                refused = answer.status_code in (403, 422)
                assert refused, (operation.label, role, answer.text)

    with suppress(Unsatisfiable):
        ask_as_each()
