"""The bars of a large project: 10,000 videos of one face and one minute at 25 Hz.

    python benchmarks/bars/scale.py [--videos 10000] [--judgements 20000] [--clicks 200]

A project is generated (feature files are hard links to those of 50 videos), judged,
learnt from and served; then a rater works in it while the server brings its summaries
up to date in the background, and once more when it is idle. Each bar is printed as
figure, bar, and what it is about; the exit code is 1 if one is missed.
"""

import argparse
import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests import generated  # noqa: E402 - the checkout is no package

from feltline.project import (  # noqa: E402
    FeatureFile,
    Project,
    ProjectSettings,
    keep_default_model,
    learn,
)
from feltline.project.feature_files import seal  # noqa: E402
from feltline.project.predicting import current_model  # noqa: E402
from feltline.store import TrackRecord  # noqa: E402
from feltline.types import Judgement  # noqa: E402

RATE_HZ = 25.0
FRAMES = 1500
TEMPLATES = 50
PORT = 8790


class Bars:
    """Figures beside what they must reach."""

    def __init__(self) -> None:
        self.missed = 0

    def check(self, what: str, figure: float, bar: float, unit: str) -> None:
        self.missed += figure > bar
        mark = "MISSED" if figure > bar else "ok"
        print(f"{what:<52}{figure:>10.2f} {unit:<5} bar {bar:>8g}  {mark}", flush=True)


def said(what: str, began: float) -> None:
    print(f"{what:<52}{time.monotonic() - began:>10.2f} s", flush=True)


# ---- the project


def make(folder: Path, n_videos: int, n_judgements: int) -> Project:
    settings = ProjectSettings(project_id=uuid.uuid4().hex, name="scale", rater="anna")
    project = Project.init(folder, settings)
    began = time.monotonic()
    templates, truth = [], []
    for number in range(min(TEMPLATES, n_videos)):
        rng = np.random.default_rng(number)
        file, own = generated.write_features(
            project,
            folder / "templates" / str(number),
            "template",
            "0" * 64,
            [FRAMES],
            rng,
            RATE_HZ,
        )
        templates.append(file)
        truth.append(own[0])
    for number in range(n_videos):
        add(project, number, templates[number % len(templates)])
    said(f"{n_videos} videos made", began)
    began = time.monotonic()
    keep_default_model(project)
    basis = project.store.basis(current_model(project).basis_id)
    link_appearance(project, templates, basis)
    said("basis of appearance", began)
    began = time.monotonic()
    judge(project, n_videos, n_judgements, truth)
    said(f"{n_judgements} judgements", began)
    began = time.monotonic()
    learn(project)
    said("learn", began)
    return project


def add(project: Project, number: int, template: FeatureFile) -> None:
    name = f"v{number:05d}.mp4"
    content = hashlib.sha256(name.encode()).hexdigest()
    folder = project.feature_folder(content)
    folder.mkdir(parents=True)
    for file in template.folder.glob("*.npy"):
        os.link(file, folder / file.name)
    meta = json.loads((template.folder / "meta.json").read_text())
    meta["facts"]["content_hash"] = content
    (folder / "meta.json").write_text(json.dumps(seal(meta), indent=1))
    features = FeatureFile.open(folder, video_id=name, content_hash=content)
    project.store.add_video(
        generated.record_of(name, features.facts, project.encoder_id),
        [TrackRecord.of(track) for track in features.tracks],
    )


def link_appearance(project: Project, templates: list[FeatureFile], basis: Any) -> None:
    made = []
    for template in templates:
        template.appearance(basis)
        made.append(template.folder / f"appearance-{basis.basis_id}.npy")
    for number, record in enumerate(project.store.videos()):
        file = made[number % len(made)]
        target = project.feature_folder(record.content_hash) / file.name
        with suppress(FileExistsError):
            os.link(file, target)


def judge(
    project: Project, n_videos: int, n_judgements: int, truth: list[np.ndarray]
) -> None:
    rng = np.random.default_rng(1)
    given = []
    for i in range(n_judgements):
        number, frame = i % n_videos, int(rng.integers(FRAMES))
        value = truth[number % len(truth)][frame] + rng.normal(0, 0.15, 2)
        judgement = Judgement(
            video_id=f"v{number:05d}.mp4",
            track_id=0,
            scope="frame",
            first_frame=frame,
            last_frame=frame,
            value=tuple(np.clip(value, -1, 1).round(3).tolist()),
            rater="anna",
            active_s=3.0,
        )
        given.append((judgement, 0, None))
    for start in range(0, len(given), 1000):
        project.store.give_judgements(given[start : start + 1000])


# ---- the server


class Served:
    """`feltline serve` in a process of its own, spoken to on one connection."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "feltline", "serve", "--port", str(PORT)],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            env=os.environ
            | {"OPENBLAS_NUM_THREADS": "1", "FELTLINE_HOME": str(folder / "home")},
        )
        while self.process.poll() is None:
            try:
                self.http = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
                token = (folder / ".feltline" / "api-token").read_text().strip()
                self.headers = {"Authorization": f"Bearer {token}"}
                self.ask("GET", "/api/session")
                break
            except OSError:
                time.sleep(0.05)
        self.opening_s = time.monotonic() - began

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        text = None if body is None else json.dumps(body)
        headers = self.headers | {"Content-Type": "application/json"}
        if path.startswith("/api"):
            path = f"/p/{self.folder.name}{path}"
        self.http.request(method, path, text, headers)
        answer = self.http.getresponse()
        content = answer.read()
        assert answer.status == 200, (answer.status, path, content[:300])
        is_json = answer.headers["content-type"].startswith("application/json")
        return json.loads(content) if is_json else content

    def memory(self, name: str) -> float:
        """MiB, by the name that /proc has for it."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [s for s in status.splitlines() if s.startswith(name)]
        return int(line.split()[1]) / 1024

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def milliseconds(began: float) -> float:
    return 1000 * (time.monotonic() - began)


def work(served: Served, clicks: int) -> dict[str, list[float]]:
    """Take the next item, correct it, look at its curve; times in ms."""
    took: dict[str, list[float]] = {"next": [], "saved": [], "refilled": []}
    item = served.ask("GET", "/api/queue?limit=50")["items"][0]
    rng = np.random.default_rng(2)
    for _ in range(clicks):
        value = rng.uniform(-0.6, 0.6, 2).round(2).tolist()
        video, track, frame = item["video_id"], item["track_id"], item["frame"]
        body = {
            "client_id": uuid.uuid4().hex,
            "video_id": video,
            "track_id": track,
            "first_frame": frame,
            "last_frame": frame,
            "value": value,
            "decision": "label",
            "item_id": item["item_id"],
            "active_s": 2.0,
        }
        began = time.monotonic()
        served.ask("POST", "/api/judgements", body)
        took["saved"].append(milliseconds(began))
        path = f"/api/videos/{video}/tracks/{track}"
        packed = served.ask("GET", f"{path}/prediction")
        took["refilled"].append(milliseconds(began))
        n = int(np.frombuffer(packed, "<u4", 1)[0])
        frames = np.frombuffer(served.ask("GET", f"{path}/faces"), "<i4", n, 4)
        at = int(np.searchsorted(frames, frame))
        shown = np.frombuffer(packed, "<f4", 2 * n, 8).reshape(n, 2)[at]
        np.testing.assert_allclose(shown, value, atol=1e-6)
        began = time.monotonic()
        items = served.ask("GET", f"/api/queue?limit=50&video_id={video}")["items"]
        took["next"].append(milliseconds(began))
        item = items[0]
    return took


def edit(served: Served, times: int) -> list[float]:
    """Split and merge, each until the curve of the new track is there; in ms."""
    took = []
    for number in range(times):
        path = f"/api/videos/v{number:05d}.mp4"
        for verb, body in (("split", {"frame": 700}), ("merge", {"into": 0})):
            tracks = served.ask("GET", path)["tracks"]
            track = tracks[-1]["track_id"] if verb == "merge" else 0
            began = time.monotonic()
            name = {"client_id": uuid.uuid4().hex}
            served.ask("POST", f"{path}/tracks/{track}/{verb}", name | body)
            served.ask("GET", f"{path}/tracks/0/prediction")
            took.append(milliseconds(began))
    return took


def statements(project: Project) -> int:
    """SQL statements of one judgement, from request to answer."""
    from fastapi.testclient import TestClient

    from feltline.server import Credentials, KnownProjects, ServedProjects, create_app

    home = project.hidden / "home"
    known = KnownProjects(home)
    projects = ServedProjects(known, Credentials.load(home))
    key = projects.adopt(project)
    served = projects.served(key)
    served.worker.close()  # what it asks the database is not counted
    token = (project.hidden / "api-token").read_text().strip()
    base = f"http://127.0.0.1:{PORT}/p/{key}/"
    http_client = TestClient(create_app(projects), base_url=base)
    counted: list[str] = []

    def count(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        counted.append(statement)

    ends = {"first_frame": 5, "last_frame": 5, "value": [0.1, 0.1]}
    body = {"video_id": "v00003.mp4", "track_id": 0, **ends}
    headers = {"Authorization": f"Bearer {token}"}
    for _ in range(2):  # the first one finds nothing in the cache
        body["client_id"] = uuid.uuid4().hex
        counted.clear()
        sa.event.listen(sa.Engine, "before_cursor_execute", count)
        answer = http_client.post("/api/judgements", json=body, headers=headers)
        sa.event.remove(sa.Engine, "before_cursor_execute", count)
        assert answer.status_code == 200, answer.text
    projects.close()
    return len(counted)


def command(folder: Path, *words: str) -> tuple[float, float]:
    """Seconds and MiB of a command of its own."""
    began = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", "feltline", *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, words
    return time.monotonic() - began, usage.ru_maxrss / 1024


def p95(values: list[float]) -> float:
    return float(np.quantile(values, 0.95))


def until_fresh(project: Project) -> None:
    """Wait until the server has brought all summaries up to date."""
    began = time.monotonic()
    while project.store.stale_summaries(
        model_id=project.store.current_model_id() or "", threshold=project.threshold
    ):
        time.sleep(1.0)
    said("all summaries up to date", began)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--judgements", type=int, default=20_000)
    parser.add_argument("--clicks", type=int, default=200)
    parser.add_argument("--commands", action="store_true", help="suggest, export too")
    parser.add_argument("--keep", type=Path, help="the project, made once, kept here")
    asked = parser.parse_args()
    bars, made = Bars(), Path(tempfile.mkdtemp()) if asked.keep is None else asked.keep
    folder = made / "project"
    if folder.is_dir():
        project = Project.open(folder)
    else:
        project = make(folder, asked.videos, asked.judgements)
    try:
        bars.check("SQL statements of a judgement", statements(project), 12, "")
        measure(bars, project, asked.clicks)
        if asked.commands:
            seconds, memory = command(folder, "suggest", "--total", "1000")
            bars.check("suggest --total 1000", seconds, 120, "s")
            bars.check("suggest --total 1000, memory", memory, 1024, "MiB")
            _, memory = command(folder, "export", str(made / "labels.parquet"))
            bars.check("export, memory", memory, 1024, "MiB")
    finally:
        project.close()
        if asked.keep is None:
            shutil.rmtree(made)
    return int(bars.missed > 0)


def measure(bars: Bars, project: Project, clicks: int) -> None:
    served = Served(project.folder)
    try:
        bars.check("opening", served.opening_s, 10, "s")
        for state in ("busy", "idle"):
            took = work(served, clicks)
            bars.check(f"{state}: acknowledged, p95", p95(took["saved"]), 100, "ms")
            bars.check(f"{state}: refilled, p95", p95(took["refilled"]), 300, "ms")
            bars.check(f"{state}: next item, p95", p95(took["next"]), 150, "ms")
            bars.check(
                f"{state}: split or merge, p95", p95(edit(served, 10)), 500, "ms"
            )
            if state == "busy":
                until_fresh(project)
                served.http.close()  # an idle connection is closed by the server too
        anonymous = served.memory("RssAnon")
        print(f"memory without mapped files{anonymous:>35.2f} MiB")
        bars.check("memory, peak", served.memory("VmHWM"), 1536, "MiB")
        began = time.monotonic()
        served.ask("GET", "/api/threshold")
        said("costs of all thresholds", began)
        began = time.monotonic()
        served.ask("GET", "/api/videos")
        said("list of videos", began)
    finally:
        served.close()


if __name__ == "__main__":
    sys.exit(main())
