"""Nothing of the page lies over another thing or is cut, however narrow the window."""

from itertools import product

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import FACES_IN_SIGHT
from tests.browser.design import LANGUAGES, LAYOUT, SIZES, Entry, opened, shoot
from tests.projects import copied, judge_truth, write_clip
from tests.serving import served
from tests.soak import IS_SOAK

from feltline.fewshot import Budget
from feltline.lab.demo import portrait_clip
from feltline.pipeline import add_videos, suggest_in
from feltline.store import PersonName

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

NAME = "Interviews on grief, spring 2026"
VIDEO = "participant-07_session-2.mp4"


@pytest.fixture(scope="module")
def study(project_template, tmp_path_factory):
    """A project whose name and one of whose videos have long names; labels in it."""
    template, truth = project_template
    with copied(template, tmp_path_factory.mktemp("layout")) as project:
        judge_truth(project, truth)
        suggest_in(project, Budget(total=12))
        clip = portrait_clip(seconds=1.0, rate_hz=15.0, width=160, height=120, seed=2)
        write_clip(project.folder / VIDEO, list(clip.frames()))
        added = add_videos(project, [str(project.folder / VIDEO)])
        assert added.added == [VIDEO]
        name = PersonName(video_id=VIDEO, track_id=0, name="Yuki")
        project.store.name_person(name, found_track_id=0, rater="anna")
        folder = project.folder
    file = folder / "feltline.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('name = "study"', f'name = "{NAME}"'), "utf-8")
    with served(folder) as link:
        yield Entry(link)


def test_what_covers_another_thing_is_seen(browser):
    """The check itself sees what it is there for."""
    page = browser.new_context(viewport={"width": 800, "height": 300}).new_page()
    at = "style='position:absolute;width:90px;height:24px;"
    page.set_content(
        f"<button id=a {at}top:10px'>one</button>"
        f"<div role=separator class=edge {at}top:20px'></div>"
        f"<canvas class=lane {at}top:80px'></canvas><p {at}top:85px;margin:0'>two</p>"
        f"<ul class=timeline-legend {at}top:150px;margin:0'><li>three</li></ul>"
        f"<select {at}top:160px'></select>"
        f"<button {at}top:230px'>a picture <img width=10 height=10></button>"
        "<details><summary>more</summary><table><tr><td>x</table></details>"
    )
    found = page.evaluate(LAYOUT)
    assert {fault.split(":")[0] for fault in found} <= {"covers", "overlap"}
    pairs = [("button", "edge"), ("lane", "two"), ("timeline-legend", "select")]
    for one, other in pairs:
        assert any(one in fault and other in fault for fault in found), (one, found)
    assert not any("picture" in fault for fault in found)
    page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_covers_another_thing_beside_a_contact_sheet(browser, study, language):
    page = study.visit(browser, locale=language)
    page.keyboard.press("k")
    page.get_by_test_id("sheet-kind-pending").click()
    expect(page.locator("[role=option]").first).to_be_visible()
    page.wait_for_function(FACES_IN_SIGHT)
    found = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)
        shoot(page, "beside-sheet", language, width, height)
        found[width, height] = page.evaluate(LAYOUT)
    page.context.close()
    assert {where: faults for where, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("sheet", "language"),
    list((product if IS_SOAK else zip)(["overview", "history"], LANGUAGES)),
)
def test_nothing_covers_another_thing_beside_a_sheet(browser, study, sheet, language):
    page = study.visit(browser, locale=language)
    opened_by_key = {"history": "h"}.get(sheet)
    if opened_by_key:
        page.keyboard.press(opened_by_key)
    else:
        if not page.get_by_test_id("open-overview").is_visible():
            page.get_by_test_id("more").click()
        opened(page, sheet)
    expect(page.get_by_test_id(f"panel-{sheet}")).to_be_visible()
    found = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)
        shoot(page, sheet, language, width, height)
        found[width, height] = page.evaluate(LAYOUT)
    page.context.close()
    assert {where: faults for where, faults in found.items() if faults} == {}


WHOLE = """(selector) => {
  const on = document.querySelector(selector);
  return on.scrollWidth <= on.clientWidth && on.getClientRects().length === 1;
}"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_in_the_bar_are_whole_and_all_of_it_is_in_reach(browser, study, language):
    page = study.visit(browser, locale=language)
    page.get_by_test_id("videos").click()
    page.get_by_test_id("video-row").filter(has_text=VIDEO).click()
    page.keyboard.press("Escape")
    for width, height in ((1280, 720), (1280, 800), (1440, 900), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)
        shoot(page, "names", language, width)
        expect(page.locator(".brand b")).to_have_text(NAME)
        assert page.evaluate(WHOLE, ".brand b"), width
        assert page.evaluate(WHOLE, ".videos-button .button-label"), width
        assert page.evaluate(LAYOUT) == [], width
        for wanted in ("open-overview", "language", "theme"):
            part = page.get_by_test_id(wanted)
            if not part.is_visible():
                page.get_by_test_id("more").click()
            expect(part).to_be_visible()
            assert page.evaluate(LAYOUT) == [], (width, wanted)
            page.locator(".work").click(position={"x": 3, "y": 3})
    page.get_by_test_id("videos").click()
    page.get_by_test_id("video-row").first.wait_for()
    page.context.close()


def test_the_history_is_of_one_person(browser, study):
    page = study.visit(browser)
    page.keyboard.press("h")
    lines = page.get_by_test_id("history-list").locator("li")
    expect(lines.filter(has_text=VIDEO)).to_have_count(2)
    page.get_by_test_id("history-person").select_option("Yuki")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Yuki")
    page.get_by_test_id("history-person").select_option("")
    expect(lines).not_to_have_count(1)
    page.context.close()


def test_the_overview_says_once_that_the_model_is_provisional(browser, study):
    page = study.visit(browser)
    if not page.get_by_test_id("open-overview").is_visible():
        page.get_by_test_id("more").click()
    opened(page, "overview")
    panel = page.get_by_test_id("panel-overview")
    expect(panel.get_by_test_id("model-state")).to_contain_text("Provisional")
    expect(panel.get_by_test_id("calibration")).to_be_visible()
    assert panel.inner_text().count("Provisional") == 1
    page.context.close()
