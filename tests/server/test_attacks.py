"""What must be refused, is: with a sentence, and without a 5xx."""

import json
import uuid
from contextlib import suppress

import pytest
import schemathesis

# Loaded late otherwise, while threads compile too: that breaks Python 3.11's parser.
import schemathesis.specs.openapi.checks
import schemathesis.specs.openapi.semantic_pool
import schemathesis.transport.requests
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from tests.server.conftest import SERVER, served_client
from tests.soak import examples

OUTSIDE = (
    "..",
    "../feltline.toml",
    "..%2Ffeltline.toml",
    "%2e%2e%2ffeltline.toml",
    "....//feltline.db",
    "/etc/passwd",
    "%2Fetc%2Fpasswd",
    "talk.mp4/../../feltline.db",
    "C:\\Windows\\win.ini",
    ".feltline%2Fapi-token",
    "talk.mp4%00.png",
)
SQL = (
    "'; DROP TABLE events; --",
    '" OR 1=1 --',
    "talk.mp4' UNION SELECT content_hash FROM videos --",
    "%27%20OR%20%271%27%3D%271",
)
MARKUP = '<img src=x onerror="alert(1)"><script>alert(1)</script>'
SECRET = ("project_id", "root:", "SQLite", "[project]")


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize(
    "path",
    [
        "/api/videos/{}",
        "/api/videos/{}/play",
        "/api/videos/{}/times",
        "/api/videos/{}/judgements",
        "/api/videos/{}/tracks/0/faces",
        "/api/videos/{}/tracks/0/prediction",
        "/api/videos/{}/frames/0/crop?track_id=0",
        "/api/videos/{}/frames/0/thumbnail",
        "/api/videos/{}/predictions/0/0",
        f"{SERVER}/assets/{{}}",
        f"{SERVER}/{{}}",
        f"{SERVER}/p/{{}}/",
        f"{SERVER}/p/{{}}/api/videos",
        f"{SERVER}/api/folders?path={{}}",
    ],
)
def test_no_path_leads_out_of_the_project(signed_in, path, name):
    answer = signed_in.http.get(path.format(name))
    refused = answer.status_code in (400, 401, 404, 405, 422)
    # A client may take ".." out of the path itself, and then asks for the page.
    assert refused or '<div id="app">' in answer.text
    assert not any(word in answer.text for word in SECRET)


@pytest.mark.parametrize(
    "wrong", ["-1", "99999999999999999999", "0.5", "x", "0 OR 1=1"]
)
@pytest.mark.parametrize(
    "path",
    [
        "/api/videos/talk.mp4/tracks/{}/faces",
        "/api/videos/talk.mp4/tracks/{}/prediction",
        "/api/videos/talk.mp4/predictions/{}/0",
        "/api/videos/talk.mp4/predictions/0/{}",
        "/api/videos/talk.mp4/frames/{}/crop?track_id=0",
        "/api/videos/talk.mp4/frames/0/crop?track_id={}",
        "/api/videos/talk.mp4/frames/{}/thumbnail",
    ],
)
def test_numbers_are_numbers(signed_in, path, wrong):
    answer = signed_in.http.get(path.format(wrong))
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]


def counts(client):
    store = client.served.project.store
    return len(store.judgements()), len(store.videos()), store.check()


@pytest.mark.parametrize("text", SQL)
def test_sql_in_texts_is_text(client, text):
    client.judge(3, 0.1, 0.1)
    before = counts(client)
    for path in (
        "/api/videos/{}",
        "/api/videos/{}/judgements",
        "/api/export?video_id={}",
    ):
        assert client.http.get(path.format(text)).status_code in (404, 422)
    body = {"first_frame": 4, "last_frame": 4, "value": [0, 0]}
    client.change("/api/judgements", 404, video_id=text, track_id=0, **body)
    client.judge(5, 0.1, 0.1, comment=text)
    client.change("/api/videos/talk.mp4/tracks/0/person", method="PUT", name=text)
    assert client.get("/api/persons")[0]["name"] == text
    labels = client.get("/api/videos/talk.mp4/judgements")
    assert [s["comment"] for s in labels] == ["", text]
    for field in ("client_id", "item_id", "decision", "scope", "purpose"):
        client.judge(6, 0.1, 0.1, status=422, **{field: text})
    client.judge(6, 0.1, 0.1, status=422, shown={"model_id": text})
    client.judge(6, 0.1, 0.1, status=400, expression=text)
    client.get("/api/queue", video_id=text)
    client.get("/api/queue", 404, only=text)
    after = counts(client)
    assert after == (before[0] + 1, before[1], [])


def test_markup_comes_back_as_data_and_never_as_a_page(client):
    client.judge(3, 0.1, 0.1, comment=MARKUP)
    client.change("/api/videos/talk.mp4/tracks/0/person", method="PUT", name=MARKUP)
    for path in ("/api/videos/talk.mp4/judgements", "/api/persons", "/api/events"):
        answer = client.http.get(path)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
    missing = client.http.get(f"/api/videos/{MARKUP.replace('/', '%2F')}")
    assert missing.headers["content-type"] == "application/json"


def test_a_video_with_markup_for_a_name_is_served(project, tmp_path):
    import shutil

    from feltline.pipeline import add_videos, purge

    purge(project, "talk.mp4")
    name = "<img src=x onerror=alert(1)> 'a' 100% #?.mp4"
    shutil.copy(project.folder / "talk.mp4", tmp_path / name)
    add_videos(project, [str(tmp_path / name)])
    with served_client(project) as client:
        client.sign_in()
        from urllib.parse import quote

        asked = client.get(f"/api/videos/{quote(name, safe='')}")
        assert asked["video_id"] == name
        client.judge(3, 0.1, 0.1, video_id=name)
        assert client.get(f"/api/videos/{quote(name, safe='')}/judgements")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("comment", "a" * 3000),
        ("comment", "nul \x00 byte"),
        ("comment", "bell \x07"),
        ("video_id", "a" * 600),
        ("value", ["NaN", 0.1]),
        ("value", [True, 0.1]),
        ("value", [1e99, 0.1]),
        ("value", [0.1] * 65),
        ("value", {"valence": 0.1}),
        ("touched", [1.5]),
        ("unsure", "perhaps"),
        ("purpose", "pleasure"),
        ("shown", {}),
        ("shown", {"model_id": "a", "confidence": 2}),
        ("first_frame", 2**31),
        ("first_frame", -1),
        ("last_frame", -1),
        ("active_s", -1),
        ("active_s", 1e9),
        ("scope", "minute"),
        ("surprise", 1),
    ],
)
def test_values_out_of_range_are_refused(client, field, value):
    refused = client.judge(3, status=422, **{"value": [0.1, 0.1], field: value})
    assert field in refused["error"]
    assert client.served.project.store.judgements() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("decision", "skip"),
        ("last_frame", 2),
        ("last_frame", 4),
        ("value", [1.5, 0.1]),
        ("value", [0.1]),
        ("value", [0.1, 0.1, 0.1]),
        ("touched", [True]),
        ("expression", "joy"),
        ("shown", {"model_id": "a", "value": [0.1]}),
    ],
)
def test_what_does_not_fit_together_is_refused(client, field, value):
    body = {"value": [0.1, 0.1], field: value}
    assert client.judge(3, status=400, **body)["error"]
    assert client.served.project.store.judgements() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"\\ud800"',
        b'{"client_id": "aaaaaaaa", "value": NaN}',
        b'{"client_id": "aaaaaaaa", "value": 1e999}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_bodies_that_are_none_are_refused(client, body):
    headers = client.headers | {"Content-Type": "application/json"}
    answer = client.http.put("/api/threshold", content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["error"]


def test_half_a_character_is_refused(client):
    body = json.dumps(
        {"client_id": uuid.uuid4().hex, "name": "\ud800"}
    )  # json.dumps spells it as an escape
    answer = client.http.put(
        "/api/videos/talk.mp4/tracks/0/person",
        content=body,
        headers=client.headers | {"Content-Type": "application/json"},
    )
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    "path", ["/api/judgements", "/api/judgements/many", "/api/undo"]
)
def test_bodies_that_are_too_large_are_refused(client, path):
    large = b"a" * (2**20 + 1)
    answer = client.http.post(path, content=large, headers=client.headers)
    assert answer.status_code == 413
    chunked = client.http.post(
        path, content=(b"a" * 2**16 for _ in range(20)), headers=client.headers
    )
    assert chunked.status_code == 413


def test_nothing_of_the_interface_without_sign_in(stranger):
    schema = stranger.http.app.openapi()
    asked = 0
    for path, methods in schema["paths"].items():
        filled = SERVER + path.replace("{project}", stranger.key)
        filled = filled.replace("{video_id}", "talk.mp4")
        filled = filled.replace("{track_id}", "0").replace("{frame}", "0")
        for method in methods:
            answer = stranger.http.request(method.upper(), filled, json={})
            assert answer.status_code in (401, 403), (method, path)
            assert "error" in answer.json()
            asked += 1
    assert asked > 25
    for path in ("/api/openapi.json", "/metrics", f"/p/{stranger.key}/api/stream"):
        assert stranger.http.get(SERVER + path).status_code == 401


def test_changes_need_the_csrf_token_of_the_session(client):
    body = {"client_id": uuid.uuid4().hex}
    assert client.http.post("/api/undo", json=body).status_code == 403
    wrong = {"X-CSRF-Token": "a" * 64}
    assert client.http.post("/api/undo", json=body, headers=wrong).status_code == 403


@pytest.mark.filterwarnings(  # schemathesis draws lots of its own
    "ignore::hypothesis.errors.HypothesisDeprecationWarning"
)
@pytest.mark.parametrize("positive", [True, False], ids=["valid", "invalid"])
def test_no_request_that_the_interface_describes_ends_in_a_fault(client, positive):
    """Requests made up from the OpenAPI description."""
    app = client.http.app
    seen: set[str] = set()
    schema = schemathesis.openapi.from_asgi(
        "/api/openapi.json", app, headers=as_script(client)
    )
    mode = GenerationMode.POSITIVE if positive else GenerationMode.NEGATIVE
    stream = "/p/{project}/api/stream"
    for found in schema.exclude(path=stream).get_all_operations():
        ask_around(found.ok(), mode, client, seen)  # type: ignore[union-attr]
    assert len(seen) > (25 if positive else 15)


def as_script(client):
    token = (client.projects.home.parent / "api-token").read_text().strip()
    return {"Authorization": f"Bearer {token}", "Host": "127.0.0.1:8771"}


def ask_around(operation, mode, client, seen):
    @settings(
        max_examples=examples(6),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        if (case.path_parameters or {}).get("project") and case.method != "DELETE":
            case.path_parameters["project"] = client.key
        answer = case.call(headers=as_script(client))
        seen.add(operation.label)
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)

    # Where an operation takes nothing, nothing can be wrong about it.
    with suppress(Unsatisfiable):
        ask()


@pytest.fixture(scope="module")
def signed_in(project_template, tmp_path_factory):
    from tests.projects import copied

    with (
        copied(project_template[0], tmp_path_factory.mktemp("attacked")) as project,
        served_client(project) as client,
    ):
        client.sign_in()
        yield client
