"""Users for tests: of each role, with browsers that signed in by the form."""

import re
from contextlib import contextmanager

from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from tests.server.conftest import SERVER, projects_in

from feltline.server import PublicAddress, create_app
from feltline.server.security.passwords import Passwords

PUBLIC = "https://label.test"
PASSWORD = "a horse, a battery"  # noqa: S105 - of nobody
FAST = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""As weak as can be: strong hashes are tried where they are made."""


class Browser:
    """A browser with cookies of its own."""

    def __init__(self, app, base=PUBLIC, address="203.0.113.7"):
        self.http = TestClient(
            app, base_url=base, client=(address, 50_000), follow_redirects=False
        )
        self.headers = {}

    def form(self, path="/", **headers):
        """The hidden fields of the form that a page shows."""
        page = self.http.get(path, headers={"Accept": "text/html"} | headers)
        assert page.status_code in (200, 401), page.text
        hidden = r'<input type="hidden" name="(\w+)" value="([^"]*)"'
        return dict(re.findall(hidden, page.text))

    def send_form(self, name, password=PASSWORD, path="/", **changed):
        """Sign in by the form; the answer."""
        fields = self.form(path) | {"name": name, "password": password} | changed
        return self.http.post("/sign-in", data=fields)

    def sign_in(self, name, password=PASSWORD):
        answer = self.send_form(name, password)
        assert answer.status_code == 303, answer.text
        self.headers = {"X-CSRF-Token": self.get("/api/session")["csrf"]}
        return self

    def get(self, path, status=200):
        answer = self.http.get(path)
        assert answer.status_code == status, answer.text
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if is_json else answer.text

    def send(self, method, path, status=200, **body):
        answer = self.http.request(method, path, json=body, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def post(self, path, status=200, **body):
        return self.send("POST", path, status, **body)


class Team:
    """A server at a public address, and the users of it.

    Args:
        projects: What it serves.
    """

    def __init__(self, projects):
        self.projects = projects
        self.app = create_app(projects)
        self.accounts = projects.people.accounts
        self.key = ""

    def add(self, name, role=None, key=None, *, is_admin=False):
        """Enter a user who may sign in with `PASSWORD`; the id."""
        user_id = self.accounts.add_user(name, name=name, is_admin=is_admin).user_id
        self.accounts.set_password_hash(user_id, FAST.hash(PASSWORD))
        if role is not None:
            self.join(user_id, role, key)
        return user_id

    def join(self, user_id, role, key=None, **more):
        project_id = self.projects.project_id_of(key or self.key)
        self.accounts.set_membership(project_id, user_id, role, **more)

    def browser(self, name=None, **more):
        made = Browser(self.app, **more)
        return made if name is None else made.sign_in(name)


@contextmanager
def team_of(home, *folders, public=PUBLIC):
    """A team that is served the projects in folders; the first is its own."""
    address = None if public is None else PublicAddress.of(public)
    projects = projects_in(home, public=address)
    projects.people.passwords = FAST
    keys = [projects.add(folder) for folder in folders]
    team = Team(projects)
    team.key = keys[0] if keys else ""
    yield team
    projects.close()


def local(team, name=None):
    """A browser on the server's own machine."""
    made = team.browser(base=SERVER)
    return made if name is None else made.sign_in(name)
