import gc
import logging
import weakref

import pytest
from tests.server.conftest import SERVER, served_client

from feltline.errors import InputError, SetupError, StoreError, StoreUnavailableError
from feltline.server import app, page_bundle

GONE = "feltline.db is gone while the project is open; bring it back"


def test_no_face_stays_in_a_browser_after_a_purge(client):
    for path in ("crop?track_id=0", "thumbnail", "thumbnail?width=320"):
        answer = client.http.get(f"/api/videos/talk.mp4/frames/3/{path}")
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "no-store"
    assert (
        client.http.get("/api/videos/talk.mp4/play").headers["cache-control"]
        == "no-store"
    )


def test_health_says_that_the_database_is_gone(client, monkeypatch):
    def gone():
        raise StoreUnavailableError(GONE)

    monkeypatch.setattr(client.served.project.store, "last_event_id", gone)
    assert client.get(f"{SERVER}/health", 503) == {"error": GONE}


def test_nothing_of_a_project_stays_after_its_application(project):
    with served_client(project) as client:
        client.get(f"{SERVER}/health")
        held = weakref.ref(client.http.app.state.projects)
    del client
    gc.collect()
    assert held() is None


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StoreUnavailableError(GONE), 503),
        (SetupError("the disk is full"), 503),
        (StoreError("there is no event 7"), 400),
        (InputError("a name is missing"), 400),
    ],
)
def test_a_page_sends_again_what_may_succeed_later(client, monkeypatch, error, status):
    def fails(**_):
        raise error

    monkeypatch.setattr(client.served.project.store, "undo", fails)
    assert client.change("/api/undo", status) == {"error": str(error)}


def test_a_judgement_is_counted_by_its_decision_and_once(client):
    shown = {"model_id": "m-1", "value": [0.1, 0.1]}
    label = {"client_id": "once-and-again", "decision": "accept", "shown": shown}
    client.judge(3, 0.1, 0.1, **label)
    client.judge(3, 0.1, 0.1, **label)
    metrics = client.get(f"{SERVER}/metrics").decode()
    assert 'feltline_judgements_total{decision="accept"} 1.0' in metrics
    assert 'decision="label"' not in metrics


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page in place of the one that is built: writes its `index.html`."""
    for module in (app, page_bundle):
        monkeypatch.setattr(module, "PAGE_FOLDER", tmp_path)
    return (tmp_path / "index.html").write_text


def bundle_of(digest):
    return f'<meta name="feltline-api" content="{digest}">'


def test_a_page_of_this_interface_is_served(page, project, caplog):
    page(bundle_of(page_bundle.API_DIGEST))
    with caplog.at_level(logging.WARNING), served_client(project) as client:
        client.sign_in()
        answer = client.http.get("/")
    assert (answer.status_code, answer.text) == (
        200,
        bundle_of(page_bundle.API_DIGEST),
    )
    assert answer.headers["cache-control"] == "no-cache"
    assert "review page" not in caplog.text


@pytest.mark.parametrize("index", ["<html></html>", bundle_of("0" * 32)])
def test_a_page_of_another_interface_is_not_served(page, project, index, caplog):
    page(index)
    with caplog.at_level(logging.WARNING), served_client(project) as client:
        client.sign_in()
        error = client.get("/", 503)["error"]
        client.get("/api/session")  # scripts do without
    assert "built for another version of this server: run `make web`" in error
    assert error in caplog.text


@pytest.mark.usefixtures("page")
def test_without_a_page_it_is_said_how_to_build_it(project):
    with served_client(project) as client:
        client.sign_in()
        assert "not been built: run `make web`" in client.get("/", 503)["error"]
