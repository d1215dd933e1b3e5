"""A served project, spoken to without a network."""

import uuid
from contextlib import contextmanager

# Loaded late otherwise, while threads compile too: that breaks Python 3.11's parser.
import anyio._backends._asyncio  # noqa: F401
import pytest
from fastapi.testclient import TestClient

from feltline.server.app import create_app
from feltline.server.security import Credentials

HOST = "127.0.0.1:8771"


class Client:
    """A signed-in browser: JSON in, JSON out, and the token that changes must carry."""

    def __init__(self, http, served):
        self.http, self.served = http, served
        self.headers = {}

    def sign_in(self):
        token = self.served.credentials.new_link_token()
        # Not to the page itself, which need not be built.
        answer = self.http.get("/", params={"token": token}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        self.headers = {"X-CSRF-Token": self.get("/api/session")["csrf"]}

    def get(self, path, status=200, **params):
        answer = self.http.get(path, params=params)
        assert answer.status_code == status, answer.text
        is_json = answer.headers["content-type"].startswith("application/json")
        return answer.json() if is_json else answer.content

    def send(self, method, path, body, status=200):
        answer = self.http.request(method, path, json=body, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path, status=200, **body):
        return self.send("POST", path, body, status)

    def change(self, path, status=200, method="POST", **body):
        """A change of its own name, taken in before this returns."""
        body = {"client_id": uuid.uuid4().hex} | body
        made = self.send(method, path, body, status)
        self.served.worker.wait()
        return made

    def judge(self, frame, *value, status=200, **other):
        """Judge a frame of the face of talk.mp4."""
        body = {
            "video_id": "talk.mp4",
            "track_id": 0,
            "first_frame": frame,
            "last_frame": frame,
            "value": list(value),
        }
        return self.change("/api/judgements", status, **(body | other))

    def judgements(self, video="talk.mp4"):
        return self.get(f"/api/videos/{video}/judgements")


@contextmanager
def served_client(project):
    """A client that is not signed in yet."""
    app = create_app(project, Credentials.load(project.hidden))
    with TestClient(app, base_url=f"http://{HOST}") as http:
        yield Client(http, app.state.served)


@pytest.fixture
def stranger(project):
    with served_client(project) as client:
        yield client


@pytest.fixture
def client(stranger):
    stranger.sign_in()
    return stranger
