"""Audits of accepted labels in a real browser, and two faces compared by keyboard."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import browsing, serving
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


def judge(someone, valence):
    """Give the item on the card a value of one's own, and go on."""
    before = someone.item()
    someone.at("decide-edit").click()
    someone.set_value(valence)
    someone.press("Enter")
    someone.page.wait_for_function(
        "(before) => document.querySelector('[data-testid=queue-card]')"
        ".dataset.item !== before",
        arg=before,
    )
    someone.saved()


def batches(team):
    """The state of each audit batch, once all answers are taken in."""
    served = team.projects.served(team.key)
    served.worker.wait()
    return [one.state for one in served.project.store.audit_batches()]


def thresholds(team):
    """The threshold in force in each video."""
    live = team.projects.served(team.key).live
    return {live.threshold_of(name) for name in live.index.videos}


def test_an_audit_reopens_what_was_accepted(open_as, team):
    lead = open_as("lea")
    open_tab(lead, "audits")
    form = lead.at("audit-new")
    form.get_by_label("ann", exact=True).check()
    form.get_by_label("lea", exact=True).uncheck()
    lead.at("audit-start").click()
    batch = lead.at("audit-batch")
    expect(batch).to_have_attribute("data-state", "open")
    expect(lead.at("audit-sentence")).to_contain_text("Nothing was looked at yet")
    n_open = lead.at("videos").inner_text()
    assert thresholds(team) == {THRESHOLD}

    ann = open_as("ann")
    for _ in range(12):
        if batches(team) != ["open"]:
            break
        expect(ann.at("reason")).to_have_attribute("data-reason", "assigned")
        expect(ann.at("blind")).to_be_visible()
        expect(ann.at("pad-model")).to_have_count(0)
        judge(ann, -1)
    expect(batch).to_have_attribute("data-state", "reopened")
    expect(lead.at("audit-sentence")).to_contain_text("At least")
    expect(lead.at("audit-reopened")).to_contain_text("in the queue again")
    expect(lead.at("videos")).not_to_have_text(n_open)
    assert min(thresholds(team)) > THRESHOLD
    lead.shoot("reopened")
    # Nothing more of it is asked.
    expect(ann.at("reason")).not_to_have_attribute("data-reason", "assigned")

    lead.at("audit-undo").click()
    expect(lead.at("audit-reopened")).to_have_attribute("data-in-force", "false")
    assert thresholds(team) == {THRESHOLD}


def test_an_overdue_audit_blocks_the_export(open_as):
    lead = open_as("lea")
    open_tab(lead, "audits")
    expect(lead.at("audit-due")).to_contain_text("no schedule")
    lead.at("audit-every_judgements").fill("1")
    lead.at("audit-blocks").check()
    lead.at("audit-save").click()
    expect(lead.at("audit-overdue")).to_contain_text("blocked")
    lead.at("open-overview").click()
    expect(lead.at("audit-overdue")).to_contain_text("blocked")
    lead.at("open-export").click()
    expect(lead.at("export-blocked")).to_be_visible()
    expect(lead.at("export")).to_be_disabled()
    lead.shoot("blocked")
    lead.at("export-anyway").check()
    with lead.page.expect_download() as download:
        lead.at("export").click()
    assert download.value.failure() is None


@pytest.mark.parametrize("language", WORDS)
def test_two_faces_are_compared_by_keyboard(open_as, team, language):
    lead = open_as("lea", language)
    open_tab(lead, "audits")
    expect(lead.at("anchoring")).to_be_visible()
    assert_axe_finds_nothing_serious(lead.page)
    open_tab(lead, "compare")
    compare = lead.at("compare")
    for key, done in (("ArrowLeft", "1"), ("ArrowDown", "2"), ("Control+z", "1")):
        expect(compare).to_have_attribute("data-seen", "true")
        lead.press(key)
        expect(compare).to_have_attribute("data-done", done)
    expect(lead.at("compare-question")).to_contain_text(WORDS[language])
    assert_axe_finds_nothing_serious(lead.page)
    lead.saved()
    lead.shoot(f"compare-{language}")
    store = team.projects.served(team.key).project.store
    (kept,) = store.comparisons()
    assert kept.comparison.answer == "first"
    open_tab(lead, "audits")
    expect(lead.at("comparison-score")).to_contain_text("%")
