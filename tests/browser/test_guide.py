"""What the page explains of itself: the tour, the scales, guidelines and keys.

`FELTLINE_SHOTS=folder` keeps pictures.
"""

import pytest
from playwright.sync_api import expect
from tests.browser.design import (
    served_studies,
)

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture(scope="module")
def studies(project_template, tmp_path_factory):
    """A project with suggested frames, one with a queue, one without videos."""
    folder = tmp_path_factory.mktemp("design")
    with served_studies(project_template, folder) as studies:
        yield studies


def test_the_tour_is_offered_once_and_never_in_the_way(browser, studies):
    page = studies["queue"].visit(browser, seen=False)
    page.get_by_test_id("tour-offer").click()
    steps = []
    while page.get_by_test_id("tour").count():
        steps.append(page.get_by_test_id("tour").get_attribute("data-step"))
        expect(page.locator(".tour-ring")).to_be_visible()
        page.keyboard.press("Enter")  # the button for the next step has the focus
    assert steps[0] == "videos"
    assert len(steps) == len(set(steps)) == 8
    assert page.get_by_role("dialog").count() == 0
    page.reload()
    page.get_by_test_id("app").wait_for()
    expect(page.get_by_test_id("tour-offer")).to_have_count(0)
    page.keyboard.press("?")
    page.get_by_test_id("start-tour").click()
    expect(page.get_by_test_id("tour")).to_be_visible()
    # The page goes on working beside it, and Esc leaves it.
    frame = page.get_by_test_id("current-frame").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("current-frame")).not_to_have_text(frame)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("tour")).to_have_count(0)
    page.context.close()


def test_an_empty_project_offers_the_tour(browser, studies):
    page = studies["empty"].visit(browser, seen=False, locale="ja")
    expect(page.locator(".tour-offer")).to_contain_text("動画はまだありません")
    page.get_by_test_id("tour-offer").click()
    expect(page.get_by_test_id("tour")).to_contain_text("まだ一つもありません")
    page.get_by_test_id("tour-skip").click()
    expect(page.get_by_test_id("tour")).to_have_count(0)
    page.context.close()


def test_anchor_faces_explain_the_scales(browser, studies):
    page = studies["queue"].visit(browser)
    page.keyboard.press("Shift+G")
    guide = page.get_by_test_id("panel-guide")
    expect(guide.locator(".anchor-face")).to_have_count(9)
    expect(page.locator(".pad-plane .anchor-face")).to_have_count(9)
    page.keyboard.press("Escape")
    expect(page.locator(".pad-plane .anchor-face")).to_have_count(0)
    page.keyboard.press("Shift+F")
    expect(page.locator(".pad-plane .anchor-face")).to_have_count(9)
    page.reload()
    expect(page.locator(".pad-plane .anchor-face")).to_have_count(9)
    page.get_by_test_id("pad-plane").click(position={"x": 60, "y": 60})
    expect(page.get_by_test_id("pad-own")).to_be_visible()
    page.context.close()


def test_guidelines_are_written_read_and_never_run(browser, studies):
    page = studies["queue"].visit(browser)
    page.keyboard.press("Shift+G")
    page.get_by_test_id("edit-guidelines").click()
    text = "# Who\n\nOnly adults.\n- <b>mouth</b>\n- <img src=x onerror=alert(1)>"
    page.get_by_test_id("guidelines-text").fill(text)
    page.get_by_test_id("panel-close").click()  # what was typed stays
    page.get_by_test_id("open-guide").click()
    expect(page.get_by_test_id("guidelines-text")).to_have_value(text)
    other = studies["queue"].visit(browser)
    other.keyboard.press("Shift+G")
    # It has read that there are none, and learns of these from the server.
    expect(other.get_by_test_id("guidelines")).to_contain_text("None yet")
    page.get_by_test_id("save-guidelines").click()
    shown = page.get_by_test_id("guidelines")
    expect(shown.locator("h4")).to_have_text("Who")
    expect(shown.locator("li")).to_have_text(
        ["<b>mouth</b>", "<img src=x onerror=alert(1)>"]
    )
    assert shown.locator("b, img").count() == 0
    expect(other.get_by_test_id("guidelines").locator("h4")).to_have_text("Who")
    page.context.close()
    other.context.close()


def test_keys_are_changed_kept_and_taken_along(browser, studies, tmp_path):
    page = studies["queue"].visit(browser, accept_downloads=True)
    page.keyboard.press("?")
    page.get_by_test_id("change-keys").check()
    editor = page.locator(".key-editor").filter(has=page.get_by_test_id("set-key-skip"))
    for key, says in (
        ("x", "X is taken: Reject"),
        ("3", "3 is taken by the class surprise"),
        ("F5", "F5 belongs to the browser"),
    ):
        page.get_by_test_id("set-key-skip").click()
        page.keyboard.press(key)
        expect(editor).to_contain_text(says)
    page.get_by_test_id("set-key-skip").click()
    page.keyboard.press("r")
    skip = page.get_by_test_id("decide-skip")
    expect(skip).to_have_attribute("aria-keyshortcuts", "r")
    expect(skip.locator(".key")).to_have_text("R")
    with page.expect_download() as download:
        page.get_by_test_id("export-keys").click()
    file = tmp_path / "keys.json"
    download.value.save_as(file)
    page.keyboard.press("Escape")
    page.reload()
    item = page.get_by_test_id("queue-card").get_attribute("data-item")
    expect(page.get_by_test_id("decide-skip").locator(".key")).to_have_text("R")
    page.keyboard.press("s")  # has no meaning now
    page.keyboard.press("r")
    expect(page.get_by_test_id("queue-card")).not_to_have_attribute("data-item", item)
    page.keyboard.press("Control+z")
    page.context.close()

    fresh = studies["queue"].visit(browser)
    expect(fresh.get_by_test_id("decide-skip").locator(".key")).to_have_text("S")
    fresh.keyboard.press("?")
    fresh.get_by_test_id("change-keys").check()
    fresh.get_by_test_id("import-keys").set_input_files(file)
    expect(fresh.get_by_test_id("decide-skip").locator(".key")).to_have_text("R")
    file.write_text('{"feltline_keys": 1, "keys": {"skip": ["x"]}}')
    fresh.get_by_test_id("import-keys").set_input_files(file)
    expect(fresh.locator(".key-files")).to_contain_text("X is taken")
    fresh.get_by_test_id("reset-keys").click()
    expect(fresh.get_by_test_id("decide-skip").locator(".key")).to_have_text("S")
    fresh.context.close()
