"""The bar of a team: raters who judge at once, each every 3 s, for five minutes.

    python benchmarks/bars/teams.py [--raters 20] [--minutes 5]
        [--database postgresql|sqlite] [--servers 1]

A project of generated faces is made, work is dealt out, and it is served by processes
of their own (two of them share the raters). Each rater fetches the next item and judges
it. Nothing may be lost or doubled, nothing may fail on the server's side, and 95 % of
all answers must come within 300 ms. The exit code is 1 if a bar is missed.
"""

import argparse
import contextvars
import http.client
import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests import generated, postgres  # noqa: E402 - the checkout is no package

from feltline.project import Project  # noqa: E402
from feltline.review import (  # noqa: E402
    LiveProject,
    Overlap,
    Queue,
    assign_work,
    candidates_of,
)
from feltline.server import (  # noqa: E402
    Credentials,
    KnownProjects,
    MediaRoots,
    ServedProjects,
    create_app,
)
from feltline.server.identity import Identity  # noqa: E402
from feltline.server.run import Server, config_of, listen  # noqa: E402
from feltline.server.security.secret_files import read_or_make_secret  # noqa: E402

VIDEOS = 8
FRAMES = 900  # a minute at 15 Hz
EVERY_S = 3.0
BAR_MS = 300.0
PORT = 8795
WHO = "x-rater"

asking: contextvars.ContextVar[str] = contextvars.ContextVar("asking", default="lead")


def serve(folder: Path, home: Path, port: int, ready: Any) -> None:
    """A server whose callers say by a header which rater they are."""
    known = KnownProjects(home)
    projects = ServedProjects(known, Credentials.load(home), MediaRoots(()))
    projects.add(folder)

    def identity_in(_key: str, caller: Any) -> Identity:
        return Identity.of(caller, "rater", asking.get())

    projects.identity_in = identity_in  # type: ignore[method-assign]
    app = create_app(projects)

    async def named(scope: Any, receive: Any, send: Any) -> None:
        for name, value in scope.get("headers", ()):
            if name.decode() == WHO:
                asking.set(value.decode())
        await app(scope, receive, send)

    with listen(port) as listening:
        ready.set()
        Server(config_of(named), projects.end_streams).run(sockets=[listening])


class Rater(threading.Thread):
    """Fetches the next item and judges it, every few seconds until the end."""

    def __init__(self, number: int, port: int, key: str, token: str, end: float):
        super().__init__()
        self.name = f"r{number:02d}"
        self.end = end
        self.rng = np.random.default_rng(number)
        self.base = f"/p/{key}/api"
        self.headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            WHO: self.name,
        }
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.took_ms: dict[str, list[float]] = {"next": [], "judge": []}
        self.statuses: Counter[int] = Counter()
        self.sent: list[str] = []
        self.faults: list[str] = []

    def ask(self, what: str, method: str, path: str, body: Any = None) -> Any:
        text = None if body is None else json.dumps(body)
        began = time.monotonic()
        self.http.request(method, self.base + path, text, self.headers)
        answer = self.http.getresponse()
        content = answer.read()
        self.took_ms[what].append(1000 * (time.monotonic() - began))
        self.statuses[answer.status] += 1
        if answer.status != 200:
            self.faults.append(f"{answer.status} {path} {content[:200]!r}")
            return None
        return json.loads(content)

    def run(self) -> None:
        due = time.monotonic() + self.rng.uniform(0, EVERY_S)
        while due < self.end:
            time.sleep(max(0.0, due - time.monotonic()))
            due += EVERY_S
            found = self.ask("next", "GET", "/work/next?limit=2")
            if found and found["items"]:
                self.judge(found["items"][0])

    def judge(self, item: dict[str, Any]) -> None:
        client_id = f"{self.name}-{len(self.sent):06d}"
        value = np.round(self.rng.uniform(-1, 1, 2), 3).tolist()
        self.sent.append(client_id)
        body = {
            "client_id": client_id,
            "video_id": item["video_id"],
            "track_id": item["track_id"],
            "first_frame": item["frame"],
            "last_frame": item["frame"],
            "value": value,
            "item_id": item["item_id"],
            "active_s": 2.5,
        }
        if self.ask("judge", "POST", "/judgements", body) is None:
            self.sent.pop()  # it was refused, and is none of those that must stand


@contextmanager
def database(kind: str) -> Iterator[str]:
    """URL of a database; empty for SQLite in the project's folder."""
    if kind == "sqlite":
        yield ""
        return
    with contextmanager(postgres.server)() as server:
        yield server.new_database()


def make(folder: Path, url: str, raters: int, minutes: float) -> Project:
    """A project with more work dealt out than can be done."""
    videos = {f"v{at}.mp4": [FRAMES] for at in range(VIDEOS)}
    project = generated.generate(folder, videos, database=url).project
    live = LiveProject(project)
    live.settle()
    each = round(minutes * 60 / EVERY_S) + 20
    count = raters * each // VIDEOS + 1
    for at, name in enumerate(videos):
        assign_work(
            live,
            candidates_of(live, Queue(live), "video", count=count, video_id=name),
            [f"r{number:02d}" for number in range(raters)],
            Overlap(by="share", share=0.3, most_raters=2),
            plan=f"plan-{at}",
            honeypots=0.0,
            rater="lead",
        )
    return project


def measure(raters: list[Rater], project: Project) -> int:
    """Print figures beside bars; returns how many are missed."""
    store = project.store
    stored = store.judgements()
    sent = [name for rater in raters for name in rater.sent]
    known = store.events_of_clients(sent)
    answers = Counter(s.judgement.assignment_id for s in stored)
    answers.pop(None, None)
    statuses = sum((rater.statuses for rater in raters), Counter())
    for fault in [fault for rater in raters for fault in rater.faults][:5]:
        print(fault)
    print(f"model in force: {store.current_model_id()}, statuses {dict(statuses)}")
    all_ms = [ms for rater in raters for own in rater.took_ms.values() for ms in own]
    for what in ("next", "judge"):
        own = [ms for rater in raters for ms in rater.took_ms[what]]
        p50, p95 = np.percentile(own, [50, 95])
        print(f"{what:<8}{len(own):>7} answers, median {p50:.1f}, p95 {p95:.1f} ms")
    figures = {
        "judgements lost": len(sent) - len(known),
        "judgements doubled": len(stored) - len(set(sent)),
        "assignments answered twice": sum(n > 1 for n in answers.values()),
        "answers with a status of 500 or more": sum(
            n for status, n in statuses.items() if status >= 500
        ),
        "refused answers": sum(n for s, n in statuses.items() if 400 <= s < 500),
    }
    missed = 0
    for what, figure in figures.items():
        missed += figure != 0
        print(f"{what:<40}{figure:>10} bar        0  {'MISSED' if figure else 'ok'}")
    p95 = float(np.percentile(all_ms, 95))
    is_slow = p95 >= BAR_MS
    mark = "MISSED" if is_slow else "ok"
    print(f"{'p95 of all answers, ms':<40}{p95:>10.1f} bar {BAR_MS:>8g}  {mark}")
    return missed + is_slow


def cpu_seconds(process: Any) -> float:
    """Of a process, its own and the system's for it."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raters", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--database", choices=["postgresql", "sqlite"], required=True)
    parser.add_argument("--servers", type=int, default=1)
    asked = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as name, database(asked.database) as url:
        folder = Path(name)
        project = make(folder, url, asked.raters, asked.minutes)
        processes, ports = [], []
        for at in range(asked.servers):
            ready = spawn.Event()
            home, port = folder / f"home-{at}", PORT + at
            home.mkdir()
            process = spawn.Process(
                target=serve, args=(project.folder, home, port, ready)
            )
            process.start()
            ready.wait(60)
            processes.append(process)
            ports.append(port)
        try:
            key = KnownProjects(folder / "home-0").all()[0].key
            token = read_or_make_secret(project.hidden / "api-token")
            end = time.monotonic() + 60 * asked.minutes
            raters = [
                Rater(at, ports[at % len(ports)], key, token, end)
                for at in range(asked.raters)
            ]
            before = [cpu_seconds(process) for process in processes]
            for rater in raters:
                rater.start()
            for rater in raters:
                rater.join()
            after = [cpu_seconds(process) for process in processes]
            shares = [
                (b - a) / (60 * asked.minutes)
                for a, b in zip(before, after, strict=True)
            ]
            print(
                f"a server took {max(shares):.0%} of one core; "
                f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()}"
            )
            return int(measure(raters, project) > 0)
        finally:
            for process in processes:
                process.terminate()
                process.join()
            project.close()


if __name__ == "__main__":
    sys.exit(main())
