"""A rater's day on the review page, by keyboard, in a real browser.

`FELTLINE_SHOTS=folder` keeps pictures of it; those in the documents are from there.
"""

import os
import re
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from playwright.sync_api import expect
from tests.projects import copied
from tests.serving import served

from feltline.fewshot import Budget
from feltline.pipeline import suggest_in
from feltline.project import Project

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

FACE_GONE = re.compile(
    r"^404 .*(/tracks/\d+/(faces|prediction)|/crop\?track_id=.*)$|status of 404"
)
"""After a track edit what was prefetched of a face that is gone is not there, also
while the page closes."""

SIZES = {"laptop": (1280, 720), "tablet": (820, 1180)}
N_SUGGESTED = 6


@pytest.fixture
def study(project_template, tmp_path):
    """A project with six suggested frames, and the truth of talk.mp4."""
    with copied(project_template[0], tmp_path) as project:
        suggest_in(project, Budget(total=N_SUGGESTED))
        project.store.set_threshold(0.97, rater="anna")  # so that there is a queue
        return project.folder


SEEN = """() => document.querySelector('[data-testid=queue-card], .sheet-card')
    ?.dataset.seen !== 'false'"""
JUDGING = {"Enter", "x", "u"}

ASKED = """() => document.querySelector('[data-testid=queue-empty]')
    || document.querySelector('[data-testid=queue-card]').dataset.item !== ''"""
"""Something is asked for, or nothing is left."""


class Rater:
    """Presses keys and watches the page."""

    def __init__(self, page, name):
        self.page, self.name = page, name
        self.faults: list[str] = []
        self.forgiven: re.Pattern[str] | None = None
        self.left: dict[str, list[str]] = {}
        """Per screen, texts that are not in its language."""
        page.on("console", self.logged)
        page.on("response", self.answered)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda d: self.faults.append(f"a dialog: {d.message}"))

    def logged(self, message):
        if message.type == "error":
            self.faults.append(message.text)

    def answered(self, answer):
        if answer.status >= 400:
            self.faults.append(f"{answer.status} {answer.url}")

    def at(self, testid):
        return self.page.get_by_test_id(testid)

    def press(self, *keys):
        for key in keys:
            if key in JUDGING:  # not taken before the face was on screen
                self.page.wait_for_function(SEEN)
            self.page.keyboard.press(key)

    def shoot(self, what):
        folder = os.environ.get("FELTLINE_SHOTS")
        if folder:
            self.page.wait_for_timeout(400)
            self.page.screenshot(path=Path(folder) / f"{self.name}-{what}.png")

    def item(self):
        return self.at("queue-card").get_attribute("data-item")

    def saved(self):
        expect(self.at("save-state")).to_have_attribute("data-state", "saved")

    def set_value(self, value):
        """From 0 to a value in steps of .05, by arrow keys."""
        steps = round(float(value) / 0.05)
        far, near = divmod(abs(steps), 4)
        arrow = "ArrowUp" if steps > 0 else "ArrowDown"
        self.press(*[f"Shift+{arrow}"] * far, *[arrow] * near)
        if not steps:  # a value of 0 is a value too
            self.press("ArrowUp", "ArrowDown")


@pytest.fixture
def rater(browser, study, request):
    language, size = request.param
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=language,
        color_scheme="dark" if size == "tablet" else "light",
        accept_downloads=True,
    )
    with served(study) as link:
        made = Rater(context.new_page(), f"{language}-{size}")
        made.page.goto(link)
        expect(made.at("queue-card")).to_be_visible()
        yield made
        forgiven = made.forgiven
        assert [f for f in made.faults if not (forgiven and forgiven.search(f))] == []
        context.close()


BOTH = pytest.mark.parametrize(
    "rater", [("en", "laptop"), ("ja", "tablet")], indirect=True, ids=str
)
ENGLISH = pytest.mark.parametrize(
    "rater", [("en", "laptop")], indirect=True, ids=["en"]
)


def stored(study, what):
    with Project.open(study) as project:
        return what(project.store)


def judgements_of(study):
    return stored(study, lambda s: [x.judgement for x in s.judgements()])


def until_judgements(study, holds):
    """Judgements in force once this holds of them: a key is done before it is saved."""
    until = time.monotonic() + 20
    while not holds(found := judgements_of(study)):
        assert time.monotonic() < until, found
        time.sleep(0.05)
    return found


@BOTH
def test_from_suggested_frames_to_an_exported_file(rater, study, truth):
    page = rater.page
    assert page.locator("html").get_attribute("lang") == rater.name[:2]
    rater.shoot("1-suggested")
    label_suggested(rater, truth)
    judgements = judgements_of(study)
    assert len(judgements) == N_SUGGESTED
    assert all(x.shown is None and x.purpose == "suggested" for x in judgements)
    assert all(x.touched == (True, True) for x in judgements)
    assert all(x.active_s is not None and x.active_s > 0 for x in judgements)
    curves_appear(rater)
    lower_the_threshold(rater, study)
    work_the_queue(rater, study)
    export(rater, judgements)


def label_suggested(rater, truth):
    for done in range(N_SUGGESTED):
        expect(rater.at("queue-card")).to_have_attribute("data-lane", "suggested")
        expect(rater.at("blind")).to_be_visible()
        expect(rater.at("pad-model")).to_have_count(0)
        item = rater.item()
        frame = int(rater.at("item-frame").inner_text().replace(",", ""))
        expect(rater.at("current-frame")).to_have_text(str(frame))
        valence, arousal = truth[min(frame, len(truth) - 1)]
        rater.set_value(valence)
        rater.press("a")
        rater.set_value(arousal)
        rater.press("a", "2")
        expect(rater.at("pad-own")).to_be_visible()
        if done == 2:
            rater.shoot("2-own-value")
        rater.press("Enter")
        expect(rater.at("queue-card")).not_to_have_attribute("data-item", item)
    rater.saved()


def curves_appear(rater):
    expect(rater.at("queue-card")).to_have_attribute("data-lane", "queue")
    expect(rater.at("pad-model")).to_be_visible()
    ink = rater.page.evaluate(
        """() => {
          const canvas = document.querySelector('[data-testid=timeline] canvas');
          const {width, height} = canvas;
          const data = canvas.getContext('2d').getImageData(0, 0, width, height).data;
          const seen = new Set();
          for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3]) seen.add(data.slice(i, i + 3).join());
          }
          return seen.size;
        }"""
    )
    assert ink > 20  # curves, bands, grid: many colours
    rater.shoot("3-queue")


def lower_the_threshold(rater, study):
    rater.press("t")
    slider = rater.at("threshold-slider")
    expect(slider).to_be_visible()
    before = float(slider.input_value())
    rater.shoot("4-threshold")
    slider.focus()
    rater.press(*["ArrowLeft"] * 2)
    assert float(slider.input_value()) < before
    expect(rater.at("threshold-numbers")).to_be_visible()
    with rater.page.expect_response("**/api/threshold"):
        rater.at("threshold-apply").click()
    rater.saved()
    rater.press("Escape")
    expect(rater.at("panel-threshold")).to_have_count(0)
    assert stored(study, lambda s: s.threshold()) < before


def work_the_queue(rater, study):
    keys = ["Enter", "Enter", "u", "s", "x"]
    for done in range(150):
        rater.page.wait_for_function(ASKED)  # more may be on its way
        if rater.at("queue-empty").count():
            # What is being learnt from the last answers may ask for more.
            rater.page.wait_for_timeout(2500)
            if rater.at("queue-empty").count():
                break
        item = rater.item()
        if rater.at("blind").count():  # an audit: it wants a value of one's own
            rater.press("ArrowUp", "Enter")
        else:
            rater.press(keys[done % len(keys)])
        expect(rater.at("queue-card")).not_to_have_attribute("data-item", item)
        if done % 8 == 7:
            rater.saved()
            rater.page.wait_for_timeout(300)
    expect(rater.at("queue-empty")).to_be_visible(timeout=15_000)
    rater.saved()
    rater.shoot("5-empty")
    accepted = [x for x in judgements_of(study) if x.decision == "accept"]
    assert all(x.shown is not None and x.shown.value == x.value for x in accepted)
    decisions = {x.decision for x in judgements_of(study)}
    assert {"accept", "cannot"} <= decisions


def export(rater, judgements):
    rater.at("open-export").click()
    with rater.page.expect_download() as downloading:
        rater.at("export").click()
    table = pl.read_csv(downloading.value.path())
    assert len(table) == 85
    rows = {(r["video_id"], r["track_id"], r["frame"]): r for r in table.to_dicts()}
    for one in judgements:
        row = rows[one.video_id, one.track_id, one.first_frame]
        assert row["origin"] == "human"
        assert row["valence"] == pytest.approx(one.value[0], abs=1e-3)
    rater.press("Escape")


@BOTH
def test_tracks_are_edited_and_named(rater, study):
    rater.forgiven = FACE_GONE
    rater.at("videos").click()
    rater.at("panel-videos").get_by_test_id("video-row").filter(
        has_text="pair.mp4"
    ).click()
    rater.press("Escape", "b")
    panel = rater.at("panel-faces")
    expect(panel).to_be_visible()
    expect(panel.locator("[data-testid^=face-open-]")).to_have_count(2)
    rater.shoot("6-faces")
    rater.at("face-actions-1").click()
    rater.at("face-ignore-1").click()
    expect(rater.at("face-restore-1")).to_be_visible()
    rater.at("face-restore-1").click()
    expect(rater.at("face-actions-1")).to_be_visible()
    name = rater.at("face-name-0")
    name.fill("Mae <b>J.</b>")
    name.press("Enter")
    rater.saved()
    rater.press("Escape")
    persons = stored(study, lambda s: [p.person.name for p in s.persons()])
    assert persons == ["Mae <b>J.</b>"]
    assert rater.page.locator("b", has_text="J.").count() == 0
    edits = stored(study, lambda s: s.track_edits())
    assert edits == []
    kinds = stored(study, lambda s: [e.kind for e in s.events(limit=1000)])
    assert kinds.count("track-edit") == 1


@BOTH
def test_a_contact_sheet_judges_many_faces_at_once(rater, study):
    rater.press("k")
    sheet = rater.at("panel-sheet")
    expect(sheet).to_be_visible()
    cells = sheet.locator("[data-testid^=sheet-cell-]")
    expect(cells.first).to_be_visible()
    count = cells.count()
    assert count == N_SUGGESTED
    cells.first.focus()
    rater.press("Shift+A", "4", "Enter")
    found = until_judgements(study, lambda found: len(found) == count)
    rater.saved()
    rater.shoot("7-sheet")
    assert {x.expression for x in found} == {"sadness"}
    assert {x.value for x in found} == {()}
    expect(rater.at("sheet-count")).to_contain_text("0")
    rater.press("Escape", "Control+z")
    until_judgements(study, lambda found: found == [])
    rater.saved()
    rater.press("Control+Shift+z")
    until_judgements(study, lambda found: len(found) == count)


@ENGLISH
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


@ENGLISH
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


@ENGLISH
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


@ENGLISH
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


@ENGLISH
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


@ENGLISH
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


@ENGLISH
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


@ENGLISH
def test_the_language_and_the_theme_are_switched_and_kept(rater):
    rater.at("language").select_option("ja")
    expect(rater.page.locator("html")).to_have_attribute("lang", "ja")
    rater.at("theme").select_option("dark")
    rater.page.reload()
    expect(rater.at("queue-card")).to_be_visible()
    assert rater.page.locator("html").get_attribute("lang") == "ja"
    assert "valence" not in rater.at("queue-card").inner_text().lower()
    rater.shoot("11-japanese-dark")


@ENGLISH
def test_a_stranger_reads_how_to_sign_in(rater, browser):
    base = rater.page.url.split("?")[0]
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(base)
    assert answer is not None
    assert answer.status == 401
    expect(page.locator("body")).to_contain_text("feltline serve")
    context.close()


def test_every_screen_fits_its_window(browser, study):
    """Nothing is cut off: the page does not scroll sideways at any size."""
    with served(study) as link:
        context = browser.new_context()
        page = context.new_page()
        page.goto(link)
        expect(page.get_by_test_id("queue-card")).to_be_visible()
        for width, height in ((1280, 720), (1024, 768), (820, 1180), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(150)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (width, height)
        page.set_viewport_size({"width": 1280, "height": 720})
        page.keyboard.press("k")
        expect(page.get_by_test_id("panel-sheet")).to_be_visible()
        cut = page.evaluate(
            """() => {
              const legend = document.querySelector(".timeline-head > :first-child");
              return legend.scrollWidth - legend.clientWidth;
            }"""
        )
        assert cut <= 0  # the legend beside the contact sheet
        context.close()
