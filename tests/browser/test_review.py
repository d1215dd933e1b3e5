"""A rater's day on the review page, by keyboard, in a real browser.

`FELTLINE_SHOTS=folder` keeps pictures of it; those in the documents are from there.
"""

import polars as pl
import pytest
from playwright.sync_api import expect
from tests.browser.conftest import close_context
from tests.browser.judging import N_SUGGESTED, suggested_study
from tests.browser.rater import (
    FACE_GONE,
    Rater,
    judgements_of,
    stored,
    until_judgements,
)
from tests.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]


SIZES = {"laptop": (1280, 720), "tablet": (820, 1180)}


@pytest.fixture
def study(project_template, tmp_path):
    """A project with six suggested frames, and the truth of talk.mp4."""
    return suggested_study(project_template[0], tmp_path)


ASKED = """() => document.querySelector('[data-testid=queue-empty]')
    || document.querySelector('[data-testid=queue-card]').dataset.item !== ''"""
"""Something is asked for, or nothing is left."""


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
        close_context(context)


BOTH = pytest.mark.parametrize(
    "rater", [("en", "laptop"), ("ja", "tablet")], indirect=True, ids=str
)
ENGLISH = pytest.mark.parametrize(
    "rater", [("en", "laptop")], indirect=True, ids=["en"]
)


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
def test_the_language_and_the_theme_are_switched_and_kept(rater):
    if rater.at("more").is_visible():  # the bar has no room for all
        rater.at("more").click()
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
