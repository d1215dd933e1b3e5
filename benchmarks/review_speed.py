"""The review page on a one-hour video: how long a rater waits.

A made-up hour (108,000 frames, each with its number painted in) is put into a project
with one face followed through all of it, `feltline serve` is started, and a browser
works in it. Printed per question: median and 95th percentile in milliseconds, over a
reference measured in the same run: a bare page of the same browser that plays the same
file, or an empty request to the same server.

    python benchmarks/review_speed.py [--folder DIR] [--seconds 3600]
"""

import argparse
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from feltline.lab.demo import portrait_clip
from feltline.pipeline import extract
from feltline.project import Project, ProjectSettings
from feltline.project.extraction_cache import Sightings, shelf_of
from feltline.store import VideoRecord
from feltline.types import FaceTrack, HumanLabel
from feltline.video import VideoWriter, content_hash, frame_times

RATE = 30.0
WIDTH, HEIGHT = 320, 180
BITS, SIDE = 17, 16
N_LABELS = 40
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LIMITS_MS = {"first paint": 1000, "queue next": 150, "exact seek": 250, "drag": 16}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="Keeps the video for the next run.")
    parser.add_argument("--seconds", type=float, default=3600.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        video = made_video(folder, asked.seconds)
        study = Path(scratch) / "study"
        made_project(study, video)
        with served(study) as (link, base), sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=ARGS
            )
            measure(browser, link, base, study)
            browser.close()


def made_video(folder, seconds):
    """Grey frames that carry their number in black and white squares."""
    path = folder / f"hour-{seconds:g}.mp4"
    if path.exists():
        return path
    began = time.monotonic()
    ramp = np.linspace(60, 180, WIDTH, dtype=np.float32)
    with VideoWriter(path, width=WIDTH, height=HEIGHT, rate=RATE) as writer:
        for number in range(round(seconds * RATE)):
            grey = np.roll(ramp, number % WIDTH).astype(np.uint8)
            rgb = np.repeat(np.tile(grey, (HEIGHT, 1))[:, :, None], 3, axis=2)
            for bit in range(BITS):
                left = 8 + bit * SIDE
                rgb[8 : 8 + SIDE, left : left + SIDE] = 255 * (number >> bit & 1)
            writer.write(rgb, number / RATE)
    print(f"made {path.name} in {time.monotonic() - began:.0f} s")
    return path


def made_project(folder, video):
    """A face through the whole video: the portrait's, over and over."""
    settings = ProjectSettings(
        project_id=uuid.uuid4().hex, name="hour", rater="anna", threshold=0.9
    )
    content, time_s = content_hash(video), frame_times(video)
    n = len(time_s)
    with Project.init(folder, settings) as project:
        rows, seen = rows_of(folder, n, time_s)
        options = settings.extraction
        shelf_of(content, project.encoder, options, project.faces_folder).finish(rows)
        track = FaceTrack(
            video_id="hour.mp4",
            track_id=0,
            frame=np.arange(n),
            time_s=time_s,
            box_xyxy=rows.column["box_xyxy"],
            quality=rows.column["quality"],
        )
        record = VideoRecord(
            video_id="hour.mp4",
            content_hash=content,
            location=str(video.resolve()),
            width=WIDTH,
            height=HEIGHT,
            n_frames=n,
            duration_s=n / RATE,
            time_base="1/90000",
            codec="h264",
            encoder_id=project.encoder_id,
            added_at=datetime.now(tz=UTC),
            time_s=time_s,
            looked_at=np.arange(n),
        )
        project.store.add_video(record, [track])
        for at in np.linspace(0, n - 1, N_LABELS).astype(int).tolist():
            valence, arousal = (float(v) for v in np.clip(seen[at], -1, 1))
            label = HumanLabel(
                video_id="hour.mp4",
                track_id=0,
                scope="frame",
                first_frame=at,
                last_frame=at,
                valence=valence,
                arousal=arousal,
                expression=None,
                rater="anna",
                active_s=3.0,
                shown_run_id=None,
            )
            project.store.give_label(label, found_track_id=0)


def rows_of(folder, n, time_s):
    """Sightings of an hour out of those of some seconds, forwards and backwards."""
    clip = portrait_clip(seconds=8.0, rate_hz=RATE, width=320, height=240, seed=2)
    short = folder / "short.mp4"
    with VideoWriter(short, width=320, height=240, rate=RATE) as writer:
        for rgb in clip.frames():
            writer.write(rgb)
    found = extract(short, cache=folder / "cache")
    (track,), (seen,) = found.tracks, found.embeddings
    m = len(track)
    at = np.abs((np.arange(n) + m) % (2 * m) - m).clip(0, m - 1)
    noise = np.random.default_rng(0).normal(0, 0.02, (n, 1)).astype(np.float32)
    column = {
        "frame": np.arange(n),
        "time_s": time_s,
        "track_id": np.zeros(n, np.int64),
        "box_xyxy": track.box_xyxy[at] * np.float32(HEIGHT / 240),
        "quality": track.quality[at],
        "vector": seen.vector[at] + noise * seen.vector.std(axis=0),
        "zero_shot_value": seen.zero_shot_value[at],
        "zero_shot_expression": seen.zero_shot_expression[at],
        "views": np.tile(np.array(seen.views, np.int64), (n, 1)),
    }
    return Sightings(column), seen.zero_shot_value[at]


@contextmanager
def served(folder):
    command = [sys.executable, "-m", "feltline", "serve", "--port", "0"]
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, text=True
    ) as server:
        link = server.stdout.readline().split("page: ")[1].strip()
        base = link.split("/?")[0]
        until_up(base)
        print(f"served after {time.monotonic() - began:.1f} s")
        try:
            yield link, base
        finally:
            server.terminate()
            server.wait(20)


def until_up(base):
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{base}/health", timeout=5)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start")


def measure(browser, link, base, study):
    context = browser.new_context(
        viewport={"width": 1280, "height": 720},
        locale="en",
        bypass_csp=True,  # what waits for a mark is a script of our own
    )
    page = context.new_page()
    page.add_init_script(LISTEN)
    page.goto(link)
    page.wait_for_selector("[data-testid=queue-card]:not([data-item=''])")
    page.wait_for_timeout(4000)
    paints = [first_paint(context, base) for _ in range(7)]
    blank = [first_paint(context, f"{base}/health") for _ in range(7)]
    report("first paint", paints, "a page with nothing on it", blank)
    report("queue next", queue_next(page), "an empty request", empty_requests(base))
    seeks, exact = seek_times(page)
    report("exact seek", seeks, "a bare <video>", bare_seeks(page))
    print(f"  {exact} of {len(seeks)} seeks show exactly the frame asked for")
    work = drag_work(page)
    report("drag", work, "a frame of 60 Hz", [1000 / 60])
    refills(base, study)
    context.close()


LISTEN = """
addEventListener('keydown', (e) => { window.asked = e.timeStamp; }, true);
addEventListener('pointerdown', (e) => { window.asked = e.timeStamp; }, true);
"""


def first_paint(context, address):
    page = context.new_page()
    page.goto(address)
    found = None
    while found is None:
        page.wait_for_timeout(50)
        found = page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
        )
    page.close()
    return found


def queue_next(page, times=50):
    """From the key that accepts to the next item on screen."""
    waits = []
    for _ in range(times):
        item = page.get_by_test_id("queue-card").get_attribute("data-item")
        if not item:
            break
        page.evaluate("performance.clearMarks()")
        if page.get_by_test_id("blind").count():
            page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "performance.getEntriesByName('feltline:item-shown').length > 0"
        )
        waits.append(
            page.evaluate(
                "performance.getEntriesByName('feltline:item-shown').at(-1).startTime"
                " - window.asked"
            )
        )
        page.wait_for_timeout(700)
    return waits


def empty_requests(base, times=50):
    waits = []
    for _ in range(times):
        began = time.perf_counter()
        urllib.request.urlopen(f"{base}/health", timeout=5).read()
        waits.append(1000 * (time.perf_counter() - began))
    return waits


READ_NUMBER = f"""(video) => {{
  const canvas = document.createElement('canvas');
  canvas.width = {WIDTH}; canvas.height = {HEIGHT};
  const ink = canvas.getContext('2d');
  ink.drawImage(video, 0, 0, {WIDTH}, {HEIGHT});
  let number = 0;
  for (let bit = 0; bit < {BITS}; bit += 1) {{
    const x = 8 + bit * {SIDE} + {SIDE // 2};
    if (ink.getImageData(x, 8 + {SIDE // 2}, 1, 1).data[0] > 127) number += 2 ** bit;
  }}
  return number;
}}"""


def seek_times(page, times=60):
    """From a click into the timeline to the frame on screen, read off the picture."""
    page.keyboard.press("m")
    box = page.get_by_test_id("timeline-over").bounding_box()
    rng = np.random.default_rng(1)
    waits, exact = [], 0
    for _ in range(times):
        page.evaluate("performance.clearMarks()")
        x = box["x"] + 70 + float(rng.random()) * (box["width"] - 80)
        page.mouse.click(x, box["y"] + box["height"] * 0.4)
        page.wait_for_function(
            "performance.getEntriesByName('feltline:frame-shown').length > 0"
        )
        mark = page.evaluate(
            "(() => { const m = performance.getEntriesByName('feltline:frame-shown')"
            ".at(-1); return [m.startTime - window.asked, m.detail.frame]; })()"
        )
        waits.append(mark[0])
        painted = page.eval_on_selector("video[data-active=true]", READ_NUMBER)
        exact += painted == mark[1]
        page.wait_for_timeout(150)
    return waits, exact


def bare_seeks(page, times=40):
    """The same file in an element of its own."""
    return page.evaluate(
        """async (times) => {
          const video = document.createElement('video');
          video.src = document.querySelector('video').src;
          video.muted = true;
          document.body.append(video);
          await new Promise((done) => video.addEventListener('loadeddata', done));
          const waits = [];
          for (let i = 0; i < times; i += 1) {
            const began = performance.now();
            video.currentTime = video.duration * ((i * 0.6180339887) % 1);
            await new Promise((done) => video.requestVideoFrameCallback(done));
            waits.push(performance.now() - began);
          }
          video.remove();
          return waits;
        }""",
        times,
    )


def drag_work(page):
    """The main thread's work per frame of 60 Hz while the timeline is dragged."""
    for _ in range(6):
        page.get_by_test_id("timeline-zoomIn").click()
        page.wait_for_timeout(100)
    box = page.get_by_test_id("timeline-over").bounding_box()
    y = box["y"] + box["height"] * 0.4
    session = page.context.new_cdp_session(page)
    events = []
    session.on("Tracing.dataCollected", lambda said: events.extend(said["value"]))
    done = []
    session.on("Tracing.tracingComplete", lambda _said: done.append(True))
    session.send("Tracing.start", {"categories": "toplevel,devtools.timeline"})
    page.mouse.move(box["x"] + box["width"] - 60, y)
    page.mouse.down()
    for step in range(120):
        page.mouse.move(box["x"] + box["width"] - 60 - 5 * step, y)
        page.wait_for_timeout(8)
    page.mouse.up()
    session.send("Tracing.end")
    while not done:
        page.wait_for_timeout(50)
    return per_frame(events)


def per_frame(events):
    """Milliseconds of tasks between one animation frame and the next."""
    frames = [e for e in events if e["name"] == "FireAnimationFrame"]
    if not frames:
        raise SystemExit("the timeline was not redrawn while it was dragged")
    thread = frames[0]["pid"], frames[0]["tid"]
    starts = sorted(e["ts"] for e in frames if (e["pid"], e["tid"]) == thread)
    tasks = [
        e
        for e in events
        if (e["pid"], e["tid"]) == thread
        and e["ph"] == "X"
        and e["name"].endswith("RunTask")
    ]
    work = np.zeros(len(starts))
    for task in tasks:
        at = int(np.searchsorted(starts, task["ts"] + task["dur"], side="right")) - 1
        if at >= 0:
            work[at] += task["dur"] / 1000
    return work[:-1].tolist()


def refills(base, study):
    """How long corrections took to reach the curves, by the server's own count."""
    token = (study / ".feltline" / "api-token").read_text().strip()
    request = urllib.request.Request(
        f"{base}/metrics", headers={"Authorization": f"Bearer {token}"}
    )
    said = urllib.request.urlopen(request, timeout=10).read().decode()
    lines = dict(
        line.rsplit(" ", 1) for line in said.splitlines() if not line.startswith("#")
    )
    count = float(lines["feltline_refill_seconds_count"])
    total = float(lines["feltline_refill_seconds_sum"])
    print(f"re-fill after a correction: mean {1000 * total / max(count, 1):.0f} ms")


def report(name, waits, reference, of):
    median, p95 = np.percentile(waits, [50, 95])
    base = float(np.median(of))
    limit = LIMITS_MS[name]
    verdict = "met" if p95 < limit else "MISSED"
    print(
        f"{name}: median {median:.1f} ms, p95 {p95:.1f} ms of {limit} ms ({verdict}); "
        f"{median / base:.1f} times {reference} ({base:.1f} ms), n = {len(waits)}"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
