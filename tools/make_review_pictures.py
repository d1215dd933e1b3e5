"""Makes the pictures of the review page that stand in the documents.

    python tools/make_review_pictures.py docs/images

A project of two generated portrait clips is labelled at its suggested frames with the
truth, served, and looked at in Chromium. Needs `make web`, /usr/bin/chromium, and a
font that has Japanese (Debian: fonts-noto-cjk).
"""

import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from feltline.fewshot import Budget
from feltline.lab.demo import portrait_clip
from feltline.pipeline import add_videos, suggest_in
from feltline.project import Project, ProjectSettings, learn
from feltline.types import Judgement
from feltline.video import VideoWriter

CLIPS = {"interview.mp4": 0, "talk.mp4": 3}
SHOTS = (
    ("review", "en", "light", None),
    ("review-ja", "ja", "dark", None),
    ("review-sheet", "en", "light", "k"),
    ("review-threshold", "en", "light", "t"),
)


def main(out):
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "study"
        make_project(folder)
        command = [sys.executable, "-m", "feltline", "serve", "--port", "0"]
        with subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, text=True
        ) as server:
            look(server, out)
            server.terminate()


def make_project(folder):
    settings = ProjectSettings(
        project_id=uuid.uuid4().hex, name="Pilot study", rater="anna", threshold=0.95
    )
    truth = {}
    with Project.init(folder, settings) as project:
        for name, seed in CLIPS.items():
            clip = portrait_clip(
                seconds=14.0, rate_hz=25.0, width=640, height=480, seed=seed
            )
            truth[name] = clip.affect
            with VideoWriter(folder / name, width=640, height=480, rate=25.0) as writer:
                for rgb in clip.frames():
                    writer.write(rgb)
        add_videos(project, [str(folder / name) for name in CLIPS])
        given = [
            (judgement_of(s, truth[s.video_id][s.frame]), s.track_id, None)
            for s in suggest_in(project, Budget(per_clip=6))
        ]
        project.store.give_judgements(given)
        learn(project)


def judgement_of(suggested, truth):
    return Judgement(
        video_id=suggested.video_id,
        track_id=suggested.track_id,
        scope="frame",
        first_frame=suggested.frame,
        last_frame=suggested.frame,
        value=tuple(round(float(v), 2) for v in truth),
        rater="anna",
        purpose="suggested",
        active_s=6.0,
    )


def look(server, out):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for name, language, theme, key in SHOTS:
            link = server.stdout.readline().split("page: ")[1].strip()
            context = browser.new_context(
                viewport={"width": 1280, "height": 720},
                locale=language,
                color_scheme=theme,
            )
            page = context.new_page()
            page.goto(link)
            page.wait_for_selector("[data-testid=pad-model]")
            if key is not None:
                page.keyboard.press(key)
            if key == "k":
                page.get_by_test_id("sheet-kind-pending").click()
            page.wait_for_timeout(2500)
            path = out / f"{name}.png"
            page.screenshot(path=path)
            # 256 colours show a page well, at a third of the bytes.
            Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)
            context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
