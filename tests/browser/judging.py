"""What the tests of judging share: projects, a page at work, its states."""

import re
from contextlib import contextmanager

from playwright.sync_api import Route, expect
from tests.browser.conftest import browsing
from tests.browser.rater import Rater
from tests.projects import copied, judgement_of
from tests.serving import served

from feltline.fewshot import Budget
from feltline.pipeline import suggest_in
from feltline.store import Suggested

SIZE = {"width": 1280, "height": 800}
N_SUGGESTED = 6


def suggested_study(template, folder):
    """A project with frames to label first, and a queue after them."""
    with copied(template, folder) as project:
        suggest_in(project, Budget(total=N_SUGGESTED))
        project.store.set_threshold(0.97, rater="anna")
        return project.folder


def waiting_study(template, folder):
    """A project whose queue waits, with own labels at frames 2 and 40 of talk.mp4."""
    with copied(template, folder) as project:
        project.store.give_judgements(
            [(judgement_of(f, (0.3, 0.1)), 0, f"given-{f}") for f in (2, 40)]
        )
        project.store.set_threshold(0.97, rater="anna")
        return project.folder


def asked_study(template, folder, frame, given=(), **other):
    """A project that asks for one frame of talk.mp4; labels are given at others."""
    with copied(template, folder) as project:
        project.store.give_judgements(
            [(judgement_of(f, value), 0, f"given-{f}") for f, value in given]
        )
        asked = {"track_id": 0, "frame": frame, "rank": 1, "reason": "far"} | other
        project.store.save_suggestions([Suggested(video_id="talk.mp4", **asked)])
        project.store.set_threshold(0.97, rater="anna")
        return project.folder


@contextmanager
def at_work(browser, folder, language="en", **options):
    """A rater on the page of a project; what went wrong there fails the test."""
    options = {"locale": language, "viewport": SIZE} | options
    with served(folder) as link, browsing(browser, **options) as context:
        rater = Rater(context.new_page(), f"judge-{language}")
        rater.page.goto(link)
        expect(rater.at("queue-card")).to_be_visible()
        yield rater
        forgiven = rater.forgiven
        faults = [f for f in rater.faults if not (forgiven and forgiven.search(f))]
        assert faults == []


def seen(rater):
    """Waits until the face of the item was on screen."""
    expect(rater.at("queue-card")).to_have_attribute("data-seen", "true")


def moves_on(rater, item):
    expect(rater.at("queue-card")).not_to_have_attribute("data-item", item)


def judge(rater, *keys):
    """Keys that end in a decision; waits for the next card."""
    seen(rater)
    item = rater.item()
    rater.press(*keys)
    moves_on(rater, item)


def last_frame(rater):
    """The number of the video's last frame, as the clock says it."""
    return re.sub(r"\D", "", rater.page.locator(".clock .of").inner_text())


def until(rater, holds, arg=None):
    """Waits until a JavaScript function holds."""
    rater.page.wait_for_function(holds, arg=arg, timeout=20_000)


def held(page, url):
    """Holds a page's requests until what this gives is called."""
    waiting: list[Route] = []
    released: list[bool] = []

    def hold(route):
        if released:
            route.continue_()
        else:
            waiting.append(route)

    def release():
        released.append(True)
        for route in waiting:
            route.continue_()

    page.route(url, hold)
    return release
