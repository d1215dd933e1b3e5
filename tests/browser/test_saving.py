"""What is saved of keys, whatever happens meanwhile, and what takes it back.

`FELTLINE_SHOTS=folder` keeps pictures.
"""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.browser.judging import at_work, suggested_study
from tests.browser.rater import (
    FACE_GONE,
    SEEN,
    judgements_of,
    stored,
    until_judgements,
)

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def study(project_template, tmp_path):
    """A project with six suggested frames."""
    return suggested_study(project_template[0], tmp_path)


@pytest.fixture
def rater(browser, study):
    size = {"width": 1280, "height": 720}
    with at_work(browser, study, viewport=size, color_scheme="light") as rater:
        yield rater


def test_nothing_is_lost_while_the_server_is_away(rater, study):
    frame = rater.at("item-frame").inner_text()
    expect(rater.at("current-frame")).to_have_text(frame)
    rater.press("m")
    rater.page.context.set_offline(True)
    rater.press("ArrowUp", "ArrowUp", "Enter")
    expect(rater.at("save-state")).not_to_have_attribute("data-state", "saved")
    rater.press("ArrowRight", "ArrowDown", "ArrowDown", "Enter")
    rater.shoot("8-offline")
    assert judgements_of(study) == []
    rater.page.wait_for_timeout(1500)
    rater.page.context.set_offline(False)
    found = until_judgements(study, lambda found: len(found) == 2)
    assert [x.first_frame for x in found] == [int(frame), int(frame) + 1]
    assert [np.sign(x.value[0]) for x in found] == [1, -1]
    assert [x.value[1] for x in found] == [None, None]
    offline = [f for f in rater.faults if "ERR_INTERNET_DISCONNECTED" in f]
    assert offline == rater.faults
    rater.faults.clear()


def test_spans_clips_and_undo_by_keyboard(rater, study):
    rater.press("m", "Home", "i", "Shift+ArrowRight", "o", "ArrowUp", "Enter")
    (span,) = until_judgements(study, bool)
    assert span.scope == "span"
    assert (span.first_frame, span.last_frame > 5) == (0, True)
    rater.press("Shift+I", "ArrowUp", "Enter")
    found = until_judgements(study, lambda found: len(found) == 2)
    assert [one.scope for one in found] == ["span", "clip"]
    rater.press("Control+z")
    rater.saved()
    rater.press("Control+z")
    until_judgements(study, lambda found: found == [])
    rater.saved()
    rater.press("Control+Shift+z")
    (one,) = until_judgements(study, bool)
    assert one.scope == "span"
    rater.press("h")
    expect(rater.at("history-list").locator("li").first).to_be_visible()
    rater.shoot("9-history")
    rater.press("?")
    expect(rater.at("panel-help")).to_be_visible()
    rater.shoot("10-keys")


def test_an_undone_value_does_not_come_back_by_itself(rater, study):
    item = rater.item()
    rater.press("ArrowUp", "Enter")
    until_judgements(study, bool)
    rater.press("Control+z")
    expect(rater.at("queue-card")).to_have_attribute("data-item", item)
    until_judgements(study, lambda found: found == [])
    rater.press("n", "m", "ArrowRight")
    rater.saved()
    assert judgements_of(study) == []
    expect(rater.at("pad-own")).to_have_count(0)


def test_tab_goes_to_the_other_dimension(rater, study):
    rater.press("ArrowUp", "ArrowUp", "Tab", "ArrowDown", "ArrowDown", "Enter")
    (one,) = until_judgements(study, bool)
    assert [np.sign(v) for v in one.value] == [1, -1]
    rater.at("pad-plane").click(position={"x": 20, "y": 20})
    rater.press("Tab")
    expect(rater.at("pad-arousal")).to_be_focused()
    rater.press("Tab")  # out of the pad, which is announced
    expect(rater.at("notice").last).to_contain_text("Enter saves again after Esc")
    rater.press("Escape", "Enter")
    until_judgements(study, lambda found: len(found) == 2)


def test_a_class_key_in_free_play_gives_no_value(rater, study):
    # Nothing is kept for a face that was not on screen yet.
    rater.page.wait_for_function(SEEN)
    rater.press("m", "Home", "3", "ArrowRight")
    (one,) = until_judgements(study, bool)
    assert (one.expression, one.has_value) == ("surprise", False)


HELD_PICTURES = """
const video = HTMLVideoElement.prototype, ask = video.requestVideoFrameCallback;
window.held = [];
window.hold = false;
video.requestVideoFrameCallback = function (listener) {
  return ask.call(this, (...what) =>
    window.hold ? window.held.push(() => listener(...what)) : listener(...what));
};
window.release = () => { window.hold = false; window.held.forEach((go) => go()); };
"""


def test_a_picture_that_is_reported_late_does_not_move_the_rater(rater, study):
    # As on a busy machine: the picture of a seek is reported after the next seek.
    rater.page.add_init_script(HELD_PICTURES)
    rater.page.reload()
    expect(rater.at("queue-card")).to_be_visible()
    rater.press("m")
    on_screen = rater.at("video")
    last = re.sub(r"\D", "", rater.page.locator(".clock .of").inner_text())
    rater.page.evaluate("window.hold = true")
    rater.press("End")
    expect(on_screen).to_have_attribute("data-frame", last)
    rater.press("Home")
    expect(on_screen).to_have_attribute("data-frame", "0")
    assert rater.page.evaluate("window.release(), window.held.length") >= 1
    rater.press("i", "Shift+ArrowRight", "o", "ArrowUp", "Enter")
    (span,) = until_judgements(study, bool)
    assert span.first_frame == 0
    assert span.last_frame > 5
    expect(on_screen).to_have_attribute("data-frame", str(span.last_frame))


def test_thresholds_and_track_edits_are_taken_back_on_screen(rater, study):
    rater.forgiven = FACE_GONE
    rater.press("t")
    slider = rater.at("threshold-slider")
    expect(slider).to_have_value("0.97")
    slider.focus()
    rater.press(*["ArrowLeft"] * 5)
    rater.at("threshold-apply").click()
    rater.saved()
    rater.press("Escape", "Control+z")
    rater.saved()
    expect(rater.page.get_by_text("85 open").first).to_be_visible()
    rater.press("t")
    expect(rater.at("threshold-slider")).to_have_value("0.97")
    rater.press("Escape", "b")
    rater.page.locator("[data-testid^=face-actions-]").first.wait_for()
    rater.press("Escape", "m", "Home", "Shift+ArrowRight", "b")
    rater.page.locator("[data-testid^=face-actions-]").first.click()
    split = rater.page.locator("[data-testid^=face-split-]").first
    expect(split).to_be_enabled()
    split.click()
    opens = rater.page.locator("[data-testid^=face-open-]")
    before = opens.count()
    rater.saved()
    expect(opens).not_to_have_count(0)
    assert len(stored(study, lambda s: s.track_edits())) == 1
    rater.press("Escape", "Control+z")
    rater.saved()
    rater.press("b")
    expect(opens).to_have_count(before if before < 3 else 2)
    assert stored(study, lambda s: s.track_edits()) == []
