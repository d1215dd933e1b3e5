"""Audits of accepted labels in a real browser, and two faces compared by keyboard."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import FACES_IN_SIGHT, browsing, serving
from tests.browser.rater import Rater
from tests.browser.test_people import assert_axe_finds_nothing_serious
from tests.projects import copied, judge_truth
from tests.server.people import PASSWORD, team_of

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

TEAM = (("lea", "lead"), ("ann", "rater"))
THRESHOLD = 0.5
OF_JOBS = re.compile(r"^403 .*/api/jobs$|^401 |status of 40[13]")
WORDS = {"en": "Which is more", "ja": "より"}


@pytest.fixture
def team(project_template, tmp_path):
    """A server of one project whose labels are nearly all accepted: a lead, a rater."""
    template, truth = project_template
    with copied(template, tmp_path) as project:
        judge_truth(project, truth)
        project.store.set_threshold(THRESHOLD, rater="anna")
    with team_of(tmp_path / "home", tmp_path / "study", public=None) as made:
        for name, role in TEAM:
            made.add(name, role)
        yield made


@pytest.fixture
def open_as(browser, team):
    """Opens the project as one of the team, signed in."""
    with serving(team.app) as address:
        closing = []

        def opened(name, language="en", **more):
            context = browsing(browser, locale=language, **more)
            page = context.__enter__().new_page()
            someone = Rater(page, name)
            closing.append((context, someone))
            page.goto(f"{address}/p/{team.key}/")
            page.locator("[name=name]").fill(name)
            page.locator("[name=password]").fill(PASSWORD)
            page.locator("[name=password]").press("Enter")
            expect(someone.at("queue-card")).to_be_visible()
            return someone

        yield opened
        for context, someone in closing:
            context.__exit__(None, None, None)
            assert [one for one in someone.faults if not OF_JOBS.search(one)] == []
        team.projects.end_streams()


def open_tab(someone, name):
    if not someone.at("panel-team").count():
        someone.press("Shift+T")
    someone.at(f"team-tab-{name}").click()


def test_x(open_as, team):
    lead = open_as("lea")
    open_tab(lead, "audits")
    lead.at("audit-start").click()
    lead.page.wait_for_timeout(3000)
    lead.page.screenshot(path="/tmp/auditw/lead.png")
    print(lead.at("audits").inner_text())
