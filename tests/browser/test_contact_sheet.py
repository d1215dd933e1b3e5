"""The contact sheet in a real browser: many faces are judged at once.

`FELTLINE_SHOTS=folder` keeps pictures.
"""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import FACES_IN_SIGHT
from tests.browser.judging import held
from tests.browser.rater import judgements_of, until_judgements
from tests.browser.sheets import pages, queued_study, show

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def study(project_template, tmp_path):
    """A project without suggested frames whose every frame waits in the queue."""
    return queued_study(project_template[0], tmp_path)


@pytest.fixture
def open_page(browser):
    with pages(browser) as open_page:
        yield open_page


def test_what_was_labelled_on_the_contact_sheet_is_not_selected_any_more(
    open_page, study
):
    rater = open_page(study)
    rater.press("k")
    rater.at("sheet-kind-pending").click()
    groups = rater.page.locator("[data-testid^=sheet-cluster-]")
    expect(groups.nth(1)).to_be_visible()
    rater.shoot("sheet-pending")

    def size(group):
        box = groups.nth(group).locator("xpath=ancestor::*[@role='group'][1]")
        return box.locator("[role=option]").count()

    first, second = size(0), size(1)
    groups.nth(0).click()
    expect(rater.at("sheet-card-count")).to_contain_text(str(first))
    # Not on the button, where Enter would take the selection away again.
    expect(rater.page.locator("[role=option]:focus")).to_have_count(1)
    rater.press("Enter", "ArrowUp", "ArrowUp", "2")
    expect(rater.at("sheet-plan")).to_contain_text("happiness")
    rater.shoot("sheet-given")
    rater.press("Enter")
    found = until_judgements(study, lambda found: len(found) == first)
    assert {x.expression for x in found} == {"happiness"}
    assert {x.value for x in found} == {(0.05, None)}
    expect(rater.at("sheet-count")).to_contain_text(re.compile(r"^0 of"))
    groups.nth(1).click()
    expect(rater.at("sheet-count")).to_contain_text(re.compile(rf"^{second} of"))
    rater.press("3", "Enter")
    found = until_judgements(study, lambda found: len(found) == first + second)
    classes = [x.expression for x in found]
    assert classes == ["happiness"] * first + ["surprise"] * second
    rater.press("Escape")
    expect(rater.at("queue-card")).to_be_visible()
    rater.press("Control+z")
    until_judgements(study, lambda found: len(found) == first)
    rater.saved()


def test_a_draft_of_the_page_waits_while_the_contact_sheet_is_open(open_page, study):
    rater = open_page(study)
    show(rater)
    item = rater.item()
    rater.press("ArrowUp", "ArrowUp")
    plan = rater.at("plan").inner_text()
    rater.press("k")
    expect(rater.at("sheet-card")).to_be_visible()
    rater.at("sheet-kind-pending").click()
    rater.page.locator("[role=option]").first.click()
    rater.press("n")
    expect(rater.at("notice").last).to_contain_text("Esc")
    rater.press("4")
    expect(rater.at("sheet-plan")).to_contain_text("sadness for one face")
    rater.press("Escape", "Escape")
    expect(rater.at("queue-card")).to_have_attribute("data-item", item)
    expect(rater.at("plan")).to_have_text(plan)
    assert judgements_of(study) == []


def test_the_contact_sheet_says_in_words_that_it_loads(open_page, study):
    rater = open_page(study)
    let_faces_come = held(rater.page, "**/api/sheet**")
    let_pictures_come = held(rater.page, "**/crop**")
    rater.press("k")
    rater.at("sheet-kind-pending").click()
    expect(rater.at("sheet-loading")).to_contain_text("sorting them by appearance")
    let_faces_come()
    expect(rater.at("sheet-wait").first).to_contain_text("Loading")
    let_pictures_come()
    rater.page.wait_for_function(FACES_IN_SIGHT)
    expect(rater.at("sheet-loading")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 820])
def test_the_contact_sheet_has_its_pad_in_narrow_windows_too(open_page, study, width):
    size = {"width": width, "height": 1100}
    rater = open_page(study, "ja", size, color_scheme="dark")
    rater.press("k")
    rater.at("sheet-kind-pending").click()
    rater.page.locator("[role=option]").first.click()
    rater.at("pad-plane").click(position={"x": 60, "y": 60})
    expect(rater.at("sheet-save")).to_be_enabled()
    rater.shoot(f"sheet-{width}")
    rater.at("sheet-save").click()
    until_judgements(study, bool)
    rater.saved()
