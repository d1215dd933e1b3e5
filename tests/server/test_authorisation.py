"""Who may do what: every route needs a permission, and asks for it."""

import json
import re
import time
from typing import get_args

import pytest
from fastapi import APIRouter, Depends
from fastapi.testclient import TestClient
from tests.server.conftest import SERVER

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
from feltline.types import ROLE_PERMISSIONS, Role

PATH_VALUES = {"video_id": "talk.mp4", "project": "none"}
OF_PROJECT = [one for one in PERMISSION_OF if one[1].startswith(PROJECT_API)]
OF_SERVER = [one for one in PERMISSION_OF if one[1].startswith(SERVER_API)]


def path_of(template):
    """An address of a route; numbers stand for what is not named."""
    return re.sub(r"\{(\w+)\}", lambda m: PATH_VALUES.get(m[1], "1"), template)


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
