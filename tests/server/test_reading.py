"""Whoever asks writes nothing: every GET, and the verbs that only say something.

But for two: who took labels out, alone or in a backup, is noted, by page and command
line alike.
"""

import threading

import pytest
from tests.server.conftest import SERVER

from feltline.store.transactions import Transactions

NAMED = {"video_id": "talk.mp4", "track_id": 0, "frame": 5, "batch_id": 1}
NAMED |= {"kind": "similar", "rater_id": "anna"}
"""What parameters are given; of others, their defaults."""
ENDLESS = "/p/{project}/api/stream"
BEHIND = ("review", "learn", "watch")
"""Threads that bring the project up to date, whoever asks for whatever."""


@pytest.fixture
def written(monkeypatch):
    """Names of the threads that began to write."""
    names = []
    whole = Transactions._writing

    def writing(self):
        names.append(threading.current_thread().name)
        return whole(self)

    monkeypatch.setattr(Transactions, "_writing", writing)
    return names


def test_no_get_writes_also_before_a_model_was_learnt(client, written):
    app = client.http.app
    client.served.worker._learns = False
    client.change("api/audits")
    written.clear()
    statuses = {}
    for path, methods in app.openapi()["paths"].items():
        if "get" not in methods or path == ENDLESS:
            continue
        asked = [p for p in methods["get"].get("parameters", []) if p["in"] == "query"]
        params = {p["name"]: NAMED[p["name"]] for p in asked if p["name"] in NAMED}
        url = SERVER + path.format(project=client.key, **NAMED)
        answer = client.http.get(url, params=params)
        statuses[path] = answer.status_code
    client.served.worker.wait()
    # The link of this machine is no user: it has neither tokens nor sessions.
    refused = {path for path, status in statuses.items() if status != 200}
    assert refused == {path for path in statuses if path.startswith("/api/me/")}
    assert {statuses[path] for path in refused} <= {403}, statuses
    assert len([name for name in written if name not in BEHIND]) == 2
    kinds = [event.kind for event in client.served.project.store.events()]
    assert kinds.count("export") == kinds.count("backup") == 1


@pytest.mark.parametrize(
    "words", [("status",), ("status", "--check"), ("threshold",), ("doctor",)]
)
def test_verbs_that_say_something_leave_the_log_as_it_is(
    project, run_feltline, monkeypatch, words
):
    monkeypatch.chdir(project.folder)
    before = project.store.last_event_id()
    code, _, err = run_feltline(*words)
    assert code == 0, err
    assert project.store.last_event_id() == before
    assert project.store.model_ids() == []


def test_verbs_that_leave_a_trace_learn_nothing_in_passing(
    project, run_feltline, monkeypatch, tmp_path
):
    """An export and a list of suggestions are noted in the log, for whoever audits."""
    monkeypatch.chdir(project.folder)
    before = project.store.last_event_id()
    assert run_feltline("export", tmp_path / "a.csv")[0] == 0
    assert run_feltline("suggest", "--total", "3")[0] == 0
    kinds = [event.kind for event in project.store.events(after=before)]
    assert kinds == ["export", "suggestions"]
    assert project.store.model_ids() == []
