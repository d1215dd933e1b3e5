"""What the tests of side sheets share: pages of projects, and labels given before."""

from contextlib import contextmanager

from playwright.sync_api import expect
from tests.browser.conftest import close_context
from tests.browser.rater import Rater
from tests.projects import copied, judgement_of
from tests.serving import served

from feltline.project import Project

LAPTOP = {"width": 1280, "height": 720}


def queued_study(template, folder):
    """A project without suggested frames whose every frame waits in the queue."""
    with copied(template, folder) as project:
        project.store.set_threshold(0.97, rater="anna")
        return project.folder


@contextmanager
def pages(browser):
    """Opens the page of a project: `open_page(folder, language, size)`."""
    closing = []

    def opened(folder, language="en", size=None, **context):
        serving = served(folder)
        link = serving.__enter__()
        made = browser.new_context(
            viewport=size or LAPTOP, locale=language, accept_downloads=True, **context
        )
        rater = Rater(made.new_page(), language)
        closing.append((serving, made, rater))
        rater.page.goto(link)
        expect(rater.at("app")).to_be_visible()
        return rater

    yield opened
    for serving, made, rater in closing:
        forgiven = rater.forgiven
        faults = [f for f in rater.faults if not (forgiven and forgiven.search(f))]
        close_context(made)
        serving.__exit__(None, None, None)
        assert faults == []


def give(folder, *judgements):
    with Project.open(folder) as project:
        return project.store.give_judgements([(j, 0, None) for j in judgements])


def label(frame, value=(0.5, 0.5), **other):
    return judgement_of(frame, value, **other)


def show(rater, video="talk.mp4"):
    """Works on one video only."""
    rater.press("g")
    rater.at("video-row").filter(has_text=video).click()
    rater.press("Escape")
    expect(rater.at("video")).to_have_attribute("data-video", video)
