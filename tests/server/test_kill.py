"""What was acknowledged is there, whenever the server is killed."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from typing import Any

import pytest
from tests.projects import copied
from tests.soak import SOAK

from feltline.project import Project

KILLS = 3 * SOAK
RATERS = 3


@pytest.fixture
def folder(project_template, tmp_path):
    with copied(project_template[0], tmp_path) as project:
        return project.folder


def start(folder, port):
    return subprocess.Popen(
        [sys.executable, "-m", "feltline", "serve", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"FELTLINE_HOME": str(folder / "home")},
        start_new_session=True,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def call(port, path, body=None, token="", timeout=5.0):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.build_opener().open(request, timeout=timeout) as answer:
        return json.load(answer)


def until_up(port, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return call(port, "/health")
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")


class Rater(threading.Thread):
    """Judges as fast as it can and remembers what was acknowledged."""

    def __init__(self, port, token, stop, seed):
        super().__init__(daemon=True)
        self.port, self.token, self.stop = port, token, stop
        self.random = random.Random(seed)  # noqa: S311
        self.acknowledged = {}

    def run(self):
        while not self.stop.is_set():
            frame = self.random.randrange(45)
            name = uuid.uuid4().hex
            body = {
                "client_id": name,
                "video_id": "talk.mp4",
                "track_id": 0,
                "first_frame": frame,
                "last_frame": frame,
                "value": [round(self.random.uniform(-1, 1), 2) for _ in range(2)],
                "comment": name,
            }
            try:
                saved = call(self.port, "/p/study/api/judgements", body, self.token)
            except (OSError, ValueError, http.client.HTTPException):
                continue  # refused, or torn off in the middle: not acknowledged
            self.acknowledged[name] = (saved["event_id"], body)


@pytest.mark.enable_socket
def test_every_acknowledged_judgement_outlives_kill_9(folder):
    chance = random.Random(7)  # noqa: S311
    acknowledged: dict[str, tuple[int, dict[str, Any]]] = {}
    for round_number in range(KILLS):
        port, stop = free_port(), threading.Event()
        server = start(folder, port)
        try:
            until_up(port)
            token = (folder / ".feltline" / "api-token").read_text().strip()
            raters = [
                Rater(port, token, stop, 10 * round_number + i) for i in range(RATERS)
            ]
            for rater in raters:
                rater.start()
            time.sleep(chance.uniform(0.05, 1.0))
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        stop.set()
        for rater in raters:
            rater.join()
            acknowledged |= rater.acknowledged
        with Project.open(folder) as project:
            assert project.store.check() == []
            kept = {s.judgement.comment: s for s in project.store.judgements()}
        for name, (event_id, body) in acknowledged.items():
            assert kept[name].event_id == event_id
            assert list(kept[name].judgement.value) == body["value"]
    assert len(acknowledged) > KILLS
