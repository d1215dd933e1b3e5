"""A served project, spoken to without a network."""

import uuid
from contextlib import contextmanager

# Loaded late otherwise, while threads compile too: that breaks Python 3.11's parser.
import anyio._backends._asyncio  # noqa: F401
import pytest
from fastapi.testclient import TestClient

from feltline.server import (
    Credentials,
    KnownProjects,
    MediaRoots,
    ServedProjects,
    create_app,
)

HOST = "127.0.0.1:8771"
SERVER = f"http://{HOST}"
"""The server itself; paths without it are of the project."""


class Client:
    """A signed-in browser: JSON in, JSON out, and the token that changes must carry.

    Paths are those below the project's own address.
    """

    def __init__(self, http, projects, key):
        self.http, self.projects, self.key = http, projects, key
        self.served = projects.served(key)
        self.headers = {}

    def sign_in(self):
        token = self.projects.credentials.new_link_token()
        # Not to the page itself, which need not be built.
        answer = self.http.get("/", params={"token": token}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        self.headers = {"X-CSRF-Token": self.get("/api/session")["csrf"]}

    def get(self, path, status=200, **params):
        # Empty ones would take away the query that a path has of its own.
        answer = self.http.get(path, params=params or None)
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


def projects_in(home, media=(), **more):
    """A registry whose list and keys lie in a folder."""
    known = KnownProjects(home)
    credentials = Credentials.load(home)
    return ServedProjects(known, credentials, MediaRoots(media), **more)


@contextmanager
def opened_pages(project, media=()):
    """Opens the project, each time in a server of its own; all end together."""
    clients = []

    def opened():
        projects = projects_in(project.hidden / "home", media)
        key = projects.adopt(project)
        http = TestClient(create_app(projects), base_url=f"{SERVER}/p/{key}/")
        client = Client(http, projects, key)
        client.sign_in()
        clients.append(client)
        return client

    yield opened
    for client in clients:
        client.projects.close()


@contextmanager
def served_client(project):
    """A client that is not signed in yet."""
    projects = projects_in(project.hidden / "home")
    key = projects.adopt(project)
    base = f"{SERVER}/p/{key}/"
    with TestClient(create_app(projects), base_url=base) as http:
        yield Client(http, projects, key)


@pytest.fixture
def stranger(project):
    with served_client(project) as client:
        yield client


@pytest.fixture
def client(stranger):
    stranger.sign_in()
    return stranger
