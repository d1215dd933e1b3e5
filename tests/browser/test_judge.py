"""Judging in a real browser: what is labelled is what is in sight, and nothing else.

`FELTLINE_SHOTS=folder` keeps pictures.
"""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.judging import (
    at_work,
    held,
    judge,
    last_frame,
    moves_on,
    seen,
    suggested_study,
    until,
    waiting_study,
)
from tests.browser.rater import judgements_of, stored, until_judgements

from feltline.project import Project, ProjectSettings

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

LANGUAGES = pytest.mark.parametrize("language", ["en", "ja"])
PICTURES = re.compile(r"/frames/\d+/(crop|thumbnail)|/media$|/play$|/video$")


@pytest.fixture
def study(project_template, tmp_path):
    """A project with frames to label first, and a queue after them."""
    return suggested_study(project_template[0], tmp_path)


@pytest.fixture
def review(project_template, tmp_path):
    """A project whose queue waits."""
    return waiting_study(project_template[0], tmp_path)


# ---- what was undone, and what nobody gave


@pytest.mark.parametrize("way", ["next", "free"])
def test_an_undone_correction_stays_undone(browser, review, way):
    with at_work(browser, review) as rater:
        before = len(judgements_of(review))
        item = rater.item()
        judge(rater, "ArrowUp", "ArrowUp", "Enter")
        until_judgements(review, lambda found: len(found) == before + 1)
        rater.press("Control+z")
        expect(rater.at("queue-card")).to_have_attribute("data-item", item)
        until_judgements(review, lambda found: len(found) == before)
        if way == "next":
            rater.press("n")
            moves_on(rater, item)
        else:
            rater.press("m", "End")
            expect(rater.at("free-card")).to_be_visible()
            expect(rater.at("current-frame")).to_have_text(last_frame(rater))
        rater.saved()
        assert len(judgements_of(review)) == before
        kinds = stored(review, lambda s: [e.kind for e in s.events(limit=1000)])
        assert kinds[-1] == "undo"


def test_an_undone_label_of_a_clip_stays_undone(browser, review):
    with at_work(browser, review) as rater:
        before = len(judgements_of(review))
        judge(rater, "Shift+I", "1", "Enter")
        until_judgements(review, lambda found: len(found) == before + 1)
        rater.press("Control+z")
        until_judgements(review, lambda found: len(found) == before)
        rater.press("m", "End")
        expect(rater.at("current-frame")).to_have_text(last_frame(rater))
        rater.saved()
        assert len(judgements_of(review)) == before


CAN_PLAY = """() =>
    document.querySelector('video[data-active=true]')?.readyState >= 3"""
PLAYED_ON = """() => Number(
    document.querySelector('[data-testid=current-frame]').textContent) >= 5"""


def test_a_class_key_while_it_plays_gives_no_value(browser, review):
    with at_work(browser, review) as rater:
        before = len(judgements_of(review))
        rater.press("m", "Home")
        expect(rater.at("current-frame")).to_have_text("0")
        until(rater, CAN_PLAY)
        rater.press("Space")
        until(rater, PLAYED_ON)
        rater.press("1", "Home")  # what was given is kept once its frame is left
        found = until_judgements(review, lambda found: len(found) == before + 1)
        assert (found[-1].expression, found[-1].value) == ("neutral", ())


# ---- what Enter is for


def test_a_reload_keeps_card_and_value_together(browser, review):
    with at_work(browser, review) as rater:
        item = rater.item()
        rater.press("n")
        moves_on(rater, item)
        seen(rater)
        frame = rater.at("item-frame").inner_text()
        rater.press("ArrowUp")
        expect(rater.at("plan")).to_contain_text(f"frame {frame}")
        rater.page.reload()
        expect(rater.at("plan")).to_contain_text(f"frame {frame}")
        expect(rater.at("queue-card")).to_have_attribute("data-free", "false")
        expect(rater.at("item-frame")).to_have_text(frame)
        of_frame = re.compile(rf"/frames/{frame}/crop")
        expect(rater.at("crop")).to_have_attribute("src", of_frame)
        judge(rater, "Enter")
        found = until_judgements(review, lambda found: len(found) == 3)
        assert found[-1].first_frame == int(frame)


LINE_S = 2.0
PREFETCHED = """() => performance.getEntriesByType('resource').filter(
    (one) => one.name.includes('/crop?') && one.responseEnd > 0).length >= 3"""
NEXT_FACE = """async () => {
  const card = document.querySelector('[data-testid=queue-card]');
  const before = card.dataset.item;
  const start = performance.now();
  for (const key of ['=', '6', '4', '2', 'Enter'])
    dispatchEvent(new KeyboardEvent('keydown', {key, cancelable: true}));
  const there = () => {
    const crop = card.querySelector('[data-testid=crop]');
    return card.dataset.item !== before && crop?.complete && crop.naturalWidth > 0;
  };
  while (!there() && performance.now() - start < 9000)
    await new Promise(requestAnimationFrame);
  return (performance.now() - start) / 1000;
}"""


def test_on_a_slow_line_the_next_face_is_there_before_any_answer(browser, study):
    with at_work(browser, study) as rater:
        seen(rater)
        until(rater, PREFETCHED)
        line = rater.page.context.new_cdp_session(rater.page)
        line.send("Network.enable")
        slow = {"offline": False, "latency": LINE_S * 1000}
        line.send(
            "Network.emulateNetworkConditions",
            slow | {"downloadThroughput": 60_000, "uploadThroughput": 60_000},
        )
        # Nothing that is asked for now could be there so soon.
        assert rater.page.evaluate(NEXT_FACE) < LINE_S
        until_judgements(study, bool)


@LANGUAGES
def test_judging_is_locked_until_the_face_was_on_screen(browser, study, language):
    loading = {"en": "Loading the face …", "ja": "顔を読み込んでいます…"}[language]
    with at_work(browser, study, language) as rater:
        let_pictures_come = held(rater.page, PICTURES)
        rater.page.reload()
        card = rater.at("queue-card")
        expect(card).to_have_attribute("data-seen", "false")
        expect(rater.at("video-loading")).to_be_visible()
        expect(rater.at("plan")).to_contain_text(loading)
        item = rater.item()
        for key in ("=", "6", "4", "Enter", "Enter"):
            rater.page.keyboard.press(key)
        expect(rater.at("notice").last).to_contain_text(loading)
        expect(rater.at("plan")).to_contain_text(loading)
        expect(rater.at("decide-accept")).to_be_disabled()
        assert rater.item() == item
        rater.shoot("loading")
        let_pictures_come()
        expect(rater.at("plan")).to_contain_text("+0.60")
        expect(rater.at("decide-accept")).to_be_enabled()
        expect(rater.at("video-loading")).to_have_count(0)
        judge(rater, "Enter")
        (one,) = until_judgements(study, bool)
        assert one.value == (0.6, 0.4)


# ---- numbers, and what is not there


CONFIDENCES = """() => fetch('api/queue?limit=20').then((a) => a.json()).then(
    ({items}) => Object.fromEntries(items.filter((one) => one.prediction).map(
        (one) => [one.item_id, one.prediction.confidence])))"""


def test_card_and_read_out_say_the_same_and_round_down(browser, review):
    with at_work(browser, review) as rater:
        known = rater.page.evaluate(CONFIDENCES)
        # Rounded to the nearest, some of them would read one more.
        assert any(100 * share % 1 >= 0.5 for share in known.values())
        compared = []
        for _ in range(len(known)):
            seen(rater)
            item = rater.item()
            if item in known:
                text = f"{int(100 * known[item] + 1e-4)}% sure"
                expect(rater.at("card-confidence")).to_contain_text(text)
                expect(rater.at("readout")).to_contain_text(text)
                compared.append(100 * known[item] % 1)
            rater.press("n")
            if len(compared) == len(known):
                break
            moves_on(rater, item)
        assert max(compared) >= 0.5


@LANGUAGES
def test_an_empty_project_says_nothing_untrue(browser, tmp_path, language):
    settings = ProjectSettings(project_id="a" * 32, name="empty", rater="anna")
    with Project.init(tmp_path / "empty", settings) as project:
        folder = project.folder
    with at_work(browser, folder, language) as rater:
        expect(rater.at("empty-folder")).to_be_visible()
        expect(rater.at("position")).to_have_text("")
        for decision in ("accept", "edit", "reject", "skip", "cannot"):
            expect(rater.at(f"decide-{decision}")).to_be_disabled()
        unseen = {"en": "not seen", "ja": "写っていません"}[language]
        expect(rater.at("readout")).not_to_contain_text(unseen)
        # Red means that something waits.
        expect(rater.page.locator(".count")).to_have_class(re.compile("none"))
        rater.press("g")
        no_name = {"en": "this name", "ja": "この名前"}[language]
        expect(rater.at("panel-videos")).not_to_contain_text(no_name)
        rater.shoot("empty")


# ---- a line that breaks


BROKEN = re.compile("ERR_INTERNET_DISCONNECTED|ERR_FAILED")
THERE = "(img) => img.complete && img.naturalWidth > 0"


def test_the_face_that_failed_offline_comes_with_the_line(browser, review):
    with at_work(browser, review) as rater:
        rater.forgiven = BROKEN
        seen(rater)
        rater.press("m")
        expect(rater.at("free-card")).to_be_visible()
        is_crop = lambda request: "/crop?" in request.url  # noqa: E731
        with rater.page.expect_event("requestfailed", is_crop):
            rater.page.context.set_offline(True)
            rater.press("End")
        crop = rater.at("crop")
        expect(crop).to_have_js_property("naturalWidth", 0)
        rater.page.context.set_offline(False)
        expect(crop).not_to_have_js_property("naturalWidth", 0)
        assert f"/frames/{last_frame(rater)}/" in crop.get_attribute("src")


@LANGUAGES
def test_no_key_judges_a_face_that_was_not_on_screen(browser, review, language):
    loading = {"en": "Loading the face …", "ja": "顔を読み込んでいます…"}[language]
    with at_work(browser, review, language) as rater:
        let_pictures_come = held(rater.page, PICTURES)
        rater.page.reload()
        expect(rater.at("queue-card")).to_have_attribute("data-seen", "false")
        item = rater.item()
        for keys in (("x",), ("u",), ("Enter",), ("4", "Enter")):
            for key in keys:
                rater.page.keyboard.press(key)
            expect(rater.at("notice").last).to_contain_text(loading)
        for button in ("accept", "reject", "cannot"):
            expect(rater.at(f"decide-{button}")).to_be_disabled()
        assert rater.item() == item
        let_pictures_come()
        expect(rater.at("decide-reject")).to_be_enabled()
        judge(rater, "x")
        rater.saved()
        (*_, one) = until_judgements(review, lambda found: len(found) == 3)
        assert one.decision == "reject"


def test_pictures_of_sheets_come_with_the_line(browser, study):
    with at_work(browser, study) as rater:
        rater.forgiven = BROKEN
        seen(rater)
        crops = re.compile(r"/crop\?")
        rater.page.route(crops, lambda route: route.abort())
        for key, pictures in (
            ("k", '[data-testid="panel-sheet"] .sheet-cell'),
            ("b", ".face-row"),
        ):
            rater.press(key)
            first = rater.page.locator(f"{pictures} img").first
            # Cells are drawn before their pictures are asked for.
            expect(first).to_have_js_property("complete", True)
            expect(first).to_have_js_property("naturalWidth", 0)
            rater.page.unroute(crops)
            rater.page.context.set_offline(True)
            rater.page.context.set_offline(False)
            expect(first).not_to_have_js_property("naturalWidth", 0)
            rater.page.route(crops, lambda route: route.abort())
            rater.press("Escape")
