"""What the tests of videos and jobs share: clips, projects, people, drops and jobs."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import close_context
from tests.browser.rater import Rater
from tests.projects import copied, write_clip
from tests.soak import IS_SOAK

from feltline.lab.demo import portrait_clip
from feltline.project import Project, ProjectSettings

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
# The others of this file are in English.
BOTH = pytest.mark.parametrize(
    ("language", "scheme"),
    [("en", "light"), ("ja", "dark")] if IS_SOAK else [("ja", "dark")],
    ids=str,
)
LONG_S = 60.0
"""So long a test waits for videos that are extracted on a busy machine."""


def made_clips(folder):
    """One short clip, one long clip, and a text."""
    for name, seconds in (("short.mp4", 1.0), ("long.mp4", 16.0)):
        clip = portrait_clip(
            seconds=seconds, rate_hz=15.0, width=320, height=240, seed=len(name)
        )
        write_clip(folder / name, list(clip.frames()))
    (folder / "notes.txt").write_text("no video")
    return folder


def media_root(clips, parent):
    """A media root: `takes/short.mp4` in it."""
    folder = parent / "media"
    (folder / "takes").mkdir(parents=True)
    shutil.copy(clips / "short.mp4", folder / "takes" / "short.mp4")
    return folder


def queued_study(template, folder):
    """A project whose queue waits."""
    with copied(template, folder) as project:
        project.store.set_threshold(0.97, rater="anna")  # so that there is a queue
        return project.folder


def empty_study(parent):
    folder = parent / "empty"
    settings = ProjectSettings(project_id="0" * 32, name="Empty", rater="mika")
    Project.init(folder, settings).close()
    return folder


@contextmanager
def people(browser, name, shots="videos"):
    """Opens a page in a language and colours; faults of any page fail the test."""
    made = []

    def open_(language="en", scheme="light", width=1280, height=800):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=language,
            color_scheme=scheme,
        )
        someone = Rater(context.new_page(), f"{shots}-{language}-{name}")
        made.append((context, someone))
        return someone

    yield open_
    for context, someone in made:
        forgiven = someone.forgiven
        faults = [f for f in someone.faults if not (forgiven and forgiven.search(f))]
        close_context(context)
        assert faults == []


def no_serious_finding(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document)).violations")
    bad = [
        (v["id"], [n["html"][:120] for n in v["nodes"]])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert bad == []


def job(someone, kind, state="done"):
    """The one job of a kind that is shown, once it stands so."""
    found = someone.page.locator(f'[data-testid="job"][data-kind="{kind}"]')
    expect(found).to_have_attribute("data-state", state, timeout=LONG_S * 1000)
    return found


def open_videos(someone, address):
    """Open the page, and on it the panel of videos."""
    someone.page.goto(address)
    expect(someone.at("queue-card")).to_be_visible()  # keys work from now on
    someone.press("g")
    expect(someone.at("panel-videos")).to_be_visible()


def drop(page, *paths):
    """Let files and folders of the disk go over the page, as a file manager does."""
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": list(map(str, paths)), "dragOperationsMask": 1}
    where = {"x": 400, "y": 300, "data": data}
    for kind in ("dragEnter", "dragOver"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, **where})
    yield
    devtools.send("Input.dispatchDragEvent", {"type": "drop", **where})
