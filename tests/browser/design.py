"""What the tests of how the page looks share: its sizes, pages of projects, sheets."""

import os
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect
from tests.browser.conftest import FACES_IN_SIGHT
from tests.projects import copied, judge_truth
from tests.serving import served

from feltline.fewshot import Budget
from feltline.pipeline import suggest_in
from feltline.project import Project, ProjectSettings

LAYOUT = (Path(__file__).parent / "layout.js").read_text(encoding="utf-8")

SIZES = (
    (390, 844),
    (768, 1024),
    (1024, 768),
    (1280, 720),
    (1280, 800),
    (1440, 900),
    (1920, 1080),
    (1080, 1920),
)
SHEETS = ("threshold", "sheet", "faces", "history", "team", "export", "guide", "help")
LANGUAGES = ("en", "ja")
THEMES = ("light", "dark")
SEEN = "for (const k of ['tour', 'phoneNote']) localStorage['feltline.' + k] = 'seen';"


class Entry:
    """A sign-in link, which is good for one visit, and then the cookie of it."""

    def __init__(self, link):
        self.address, self.cookies = link, None

    def visit(self, browser, *, seen=True, **options):
        """A page that is signed in; whether its browser has seen the tour."""
        context = browser.new_context(**options)
        if seen:
            context.add_init_script(SEEN)
        if self.cookies:
            context.add_cookies(self.cookies)
        page = context.new_page()
        page.goto(self.address)
        page.get_by_test_id("app").wait_for()
        # Where the link has led to, without its token.
        self.address = page.url.split("?")[0]
        self.cookies = self.cookies or context.cookies()
        return page


@contextmanager
def served_studies(project_template, folder):
    """A project with suggested frames, one with a queue, one without videos."""
    template, truth = project_template
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    with copied(template, folder / "a") as project:
        suggest_in(project, Budget(total=6))
        suggested = project.folder
    with copied(template, folder / "b") as project:
        judge_truth(project, truth)
        project.store.set_threshold(0.97, rater="anna")
        queue = project.folder
    settings = ProjectSettings(project_id="e" * 32, name="empty", rater="anna")
    with Project.init(folder / "empty", settings) as project:
        empty = project.folder
    with served(suggested) as a, served(queue) as b, served(empty) as c:
        yield {"suggested": Entry(a), "queue": Entry(b), "empty": Entry(c)}


def shoot(page, *parts):
    folder = os.environ.get("FELTLINE_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"design-{'-'.join(map(str, parts))}.png")


def sheet_buttons(name):
    return "videos" if name == "videos" else f"open-{name}"


def opened(page, name):
    page.get_by_test_id(sheet_buttons(name)).click()
    expect(page.get_by_test_id(f"panel-{name}")).to_be_visible()
    page.wait_for_function(FACES_IN_SIGHT)
    page.wait_for_timeout(200)
