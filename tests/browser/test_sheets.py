"""Side sheets and timeline in a real browser: what they say is so, and what they do.

`FELTLINE_SHOTS=folder` keeps pictures.
"""

import datetime
import json
import re

import pytest
from playwright.sync_api import expect
from tests.browser.rater import (
    FACE_GONE,
    stored,
    until_judgements,
)
from tests.browser.sheets import give, label, pages, queued_study, show
from tests.processes import output_of

from feltline.fewshot import Budget
from feltline.pipeline import add_videos, suggest_in
from feltline.project import Project, ProjectSettings

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def study(project_template, tmp_path):
    """A project without suggested frames whose every frame waits in the queue."""
    return queued_study(project_template[0], tmp_path)


@pytest.fixture
def open_page(browser):
    with pages(browser) as open_page:
        yield open_page


@pytest.fixture
def suggested(study):
    """The same project with six suggested frames."""
    with Project.open(study) as project:
        suggest_in(project, Budget(total=6))
    return study


def feltline(folder, *words):
    return json.loads(output_of(*words, "--project", str(folder), "--json"))


def shares(rater):
    """What the bar under the timeline says, in percent by its words."""
    said = rater.at("timeline-overview").get_attribute("aria-label")
    return [float(n) for n in re.findall(r"([\d.]+)%", said)]


# ---- what the timeline draws


def test_what_is_said_of_the_whole_clip_is_drawn_in_no_frame_and_is_seen(
    open_page, study
):
    rater = open_page(study)
    show(rater)
    rater.press("m", "Shift+I", "2", "Enter")
    until_judgements(study, bool)
    rater.saved()
    expect(rater.at("timeline-clip")).to_contain_text("happiness")
    human, accepted, _, pending = shares(rater)
    assert (human, accepted, pending) == (0, 0, 100)
    rater.press("Home", "i", "Shift+ArrowRight", "o", "3", "Enter")
    until_judgements(study, lambda found: len(found) == 2)
    rater.saved()
    # A class of a span gives no value: the curves stay the model's.
    expect(rater.at("timeline-overview")).to_have_attribute(
        "aria-label", re.compile("0% labelled by people")
    )
    rater.shoot("clip-and-span")


def test_labels_that_were_replaced_are_not_drawn(open_page, study):
    give(study, *(label(9, (v / 10, 0.1)) for v in range(5)), label(20))
    rater = open_page(study)
    show(rater)
    expect(rater.at("timeline")).to_have_attribute("data-marks", "2")
    span = {"scope": "span", "first_frame": 5, "last_frame": 15}
    give(study, label(5, (0.9, 0.9), **span))
    expect(rater.at("timeline")).to_have_attribute("data-marks", "2")
    rater.press("m", "Home", "ArrowRight", "ArrowUp", "Enter")
    expect(rater.at("timeline")).to_have_attribute("data-marks", "3")
    rater.press("ArrowUp", "Enter")
    rater.saved()
    expect(rater.at("timeline")).to_have_attribute("data-marks", "3")


def test_a_stretch_that_was_accepted_is_red_no_more(open_page, study):
    rater = open_page(study)
    show(rater)
    expect(rater.at("timeline-overview")).to_have_attribute(
        "aria-label", re.compile("100% under the threshold")
    )
    rater.press("Enter")
    (one,) = until_judgements(study, bool)
    rater.saved()
    first, last = one.reviewed
    assert last > first
    seen = 100 * (last - first) / 45
    expect(rater.at("timeline-overview")).to_have_attribute(
        "aria-label", re.compile(rf"{seen:.0f}% looked at")
    )
    *_, pending = shares(rater)
    n_open = feltline(study, "status")["pending"] - 40  # the two faces of pair.mp4
    assert round(pending * 45 / 100) == n_open
    rater.shoot("accepted-stretch")


def test_page_and_terminal_say_the_same_of_what_is_left_and_wrong(open_page, study):
    rater = open_page(study)
    show(rater)
    rater.press("Enter")
    until_judgements(study, bool)
    rater.saved()
    rater.at("open-export").click()
    with rater.page.expect_download():
        rater.at("export").click()
    rater.press("Escape", "t")
    panel = rater.at("threshold-frames")
    said = feltline(study, "threshold")
    (at,) = [p for p in said["points"] if p["threshold"] == said["threshold"]]
    expect(panel).to_have_text(str(at["frames"]))
    expect(rater.at("threshold-wrong")).to_have_text(f"{at['wrong']:.1%}")
    # Learnt anew in the terminal, the page follows.
    feltline(study, "propagate")
    said = feltline(study, "threshold")
    (at,) = [p for p in said["points"] if p["threshold"] == said["threshold"]]
    expect(panel).to_have_text(str(at["frames"]))
    expect(rater.at("threshold-wrong")).to_have_text(f"{at['wrong']:.1%}")


def test_the_timeline_is_made_higher_and_stays_so(open_page, study):
    rater = open_page(study)
    timeline, edge = rater.at("timeline"), rater.at("timeline-edge")
    before = timeline.bounding_box()["height"]
    box = edge.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 3
    rater.page.mouse.move(x, y)
    rater.page.mouse.down()
    rater.page.mouse.move(x, y - 90, steps=4)
    rater.page.mouse.up()
    higher = timeline.bounding_box()["height"]
    assert higher == pytest.approx(before + 90, abs=2)
    edge.focus()
    rater.press("ArrowUp")
    higher = timeline.bounding_box()["height"]
    assert higher == pytest.approx(before + 106, abs=2)
    rater.shoot("timeline-high")
    rater.page.reload()
    expect(timeline).to_be_visible()
    assert timeline.bounding_box()["height"] == pytest.approx(higher, abs=2)
    edge.dblclick()
    assert timeline.bounding_box()["height"] == pytest.approx(before, abs=2)


def test_a_key_goes_to_frames_that_nobody_has_reviewed(open_page, study):
    span = {"scope": "span", "first_frame": 0, "last_frame": 12}
    give(study, label(0, **span), label(30, scope="span", last_frame=35))
    rater = open_page(study)
    show(rater)
    rater.press("m", "Home")
    for frame in (13, 36):
        rater.press("}")
        expect(rater.at("current-frame")).to_have_text(str(frame))
    rater.press("}")
    expect(rater.at("notice").last).to_contain_text("No unreviewed frame")
    rater.press("{")
    expect(rater.at("current-frame")).to_have_text("13")


CUT = """(inside) => {
  const cut = [];
  for (const one of document.querySelectorAll(inside)) {
    let box = one.getBoundingClientRect();
    if (box.width === 0) continue;
    for (let up = one.parentElement; up; up = up.parentElement) {
      if (getComputedStyle(up).overflow === "visible") continue;
      const frame = up.getBoundingClientRect();
      // A line that is not seen at all is no number that is cut.
      if (box.top >= frame.bottom - 1 || box.left >= frame.right - 1) break;
      if (box.right > frame.right + 1 || box.bottom > frame.bottom + 1) {
        cut.push(one.textContent || one.getAttribute("aria-label"));
      }
    }
  }
  return cut;
}"""
WHOLE = (
    ".readout .value, .readout .confidence, .timeline-legend li, .controls button, "
    ".card-state button, .controls select, .timeline-buttons button, .scope-row button"
)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_number_and_no_button_is_cut_in_half(open_page, study, language):
    rater = open_page(study, language)
    show(rater)
    for width, height in ((1280, 800), (1024, 768), (1366, 768), (820, 1180)):
        rater.page.set_viewport_size({"width": width, "height": height})
        for key in (None, "g", "t", "k", "h", "b"):
            if key:
                rater.press(key)
            rater.page.wait_for_timeout(120)
            assert rater.page.evaluate(CUT, WHOLE) == [], (width, key)
            if key:
                rater.press("Escape")
        rater.shoot(f"whole-{width}")


# ---- the videos


def test_a_video_whose_suggested_frames_wait_is_not_done(open_page, suggested):
    with Project.open(suggested) as project:
        project.store.set_threshold(0.5, rater="anna")
        waiting = {s.video_id for s in project.store.suggestions()}
    rater = open_page(suggested)
    rater.press("g")
    for name in ("talk.mp4", "pair.mp4"):
        row = rater.at("video-row").filter(has_text=name)
        if name in waiting:
            expect(row).to_contain_text("to label first")
        else:
            expect(row).not_to_contain_text("to label first")
    rater.shoot("videos")


def test_videos_are_filtered_and_the_timeline_dims_what_does_not_fit(open_page, study):
    give(study, label(5), label(30))
    rater = open_page(study)
    show(rater)
    ink = (
        "[...document.querySelectorAll('[data-testid=timeline] canvas')][0].toDataURL()"
    )
    before = rater.page.evaluate(ink)
    rater.press("g")
    rows = rater.at("video-row")
    expect(rows).to_have_count(2)
    rater.at("filter-origin").select_option("label")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("talk.mp4")
    expect(rater.at("filter-off").first).to_be_visible()
    rater.page.wait_for_timeout(200)
    assert rater.page.evaluate(ink) != before
    rater.shoot("filtered")
    rater.at("filter-rater").select_option("anna")
    expect(rows).to_have_count(1)
    rater.at("filter-off").first.click()
    expect(rows).to_have_count(2)
    rater.at("filter-order").select_option("labels")
    expect(rows.first).to_contain_text("pair.mp4")
    rater.press("Escape")


def test_a_face_that_is_left_out_has_no_box_any_more(open_page, study):
    rater = open_page(study)
    rater.forgiven = FACE_GONE
    show(rater, "pair.mp4")
    other = rater.page.locator("[data-testid^=face-box-]")
    expect(other).to_have_count(1)
    number = other.get_attribute("data-testid").rsplit("-", 1)[1]
    rater.press("b")
    rater.at(f"face-actions-{number}").click()
    rater.at(f"face-ignore-{number}").click()
    expect(rater.at(f"face-restore-{number}")).to_be_visible()
    expect(other).to_have_count(0)
    rater.at(f"face-restore-{number}").click()
    expect(other).to_have_count(1)


def test_faces_that_were_not_followed_are_told(open_page, study, tmp_path):
    folder = tmp_path / "one"
    settings = ProjectSettings(project_id="one", name="one", rater="anna", faces=1)
    with Project.init(folder, settings) as project:
        added = add_videos(project, [str(study / "pair.mp4")])
        assert added.added == ["pair.mp4"]
    rater = open_page(folder)
    expect(rater.at("crowd")).to_have_text("1 more face seen")
    rater.at("crowd").click()
    expect(rater.at("panel-faces")).to_contain_text("only 1 at once")


def test_a_refusal_reaches_the_user_of_the_japanese_page(open_page, study):
    rater = open_page(study, "ja")
    rater.forgiven = re.compile(r"^400 |status of 400|^409 |status of 409")
    show(rater, "pair.mp4")
    rater.press("b")
    rater.at("face-actions-0").click()
    rater.at("face-merge-0").select_option("1")
    rater.at("face-merge-do-0").click()
    expect(rater.at("panel-fault")).to_be_visible()
    expect(rater.at("panel-fault")).to_contain_text("pair.mp4")
    assert stored(study, lambda s: s.track_edits()) == []


# ---- the end of the queue, history, export


def test_the_queue_ends_with_what_was_done_and_what_comes_next(open_page, study):
    with Project.open(study) as project:
        project.store.set_threshold(0.5, rater="anna")
    whole = {"scope": "span", "first_frame": 0, "last_frame": 44, "active_s": 60.0}
    give(study, label(0, **whole))
    beside = {"video_id": "pair.mp4", "scope": "span", "last_frame": 19}
    with Project.open(study) as project:
        project.store.give_judgements(
            [(label(0, track_id=n, active_s=30.0, **beside), n, None) for n in (0, 1)]
        )
    rater = open_page(study, color_scheme="dark")
    expect(rater.at("queue-empty")).to_be_visible()
    expect(rater.at("queue-done")).to_have_text("Done: 3 decisions in 2 min.")
    rater.shoot("end")
    expect(rater.at("decide-accept")).not_to_be_visible()
    rater.press("ArrowUp")
    expect(rater.at("decide-accept")).to_be_enabled()
    rater.press("Control+z")
    expect(rater.at("decide-accept")).not_to_be_visible()
    rater.at("end-threshold").click()
    expect(rater.at("panel-threshold")).to_be_visible()
    rater.at("end-videos").click()
    expect(rater.at("panel-videos")).to_be_visible()
    rater.at("end-export").click()
    expect(rater.at("panel-export")).to_be_visible()


def test_a_line_of_the_history_is_taken_back(open_page, study):
    give(study, label(5), label(30))
    rater = open_page(study)
    rater.press("h")
    rater.at("history-about-judgements").click()
    lines = rater.at("history-list").locator("li")
    expect(lines).to_have_count(2)
    expect(lines.first.locator("img")).to_be_visible()
    rater.shoot("history")
    lines.last.get_by_role("button", name="Take back").click()
    found = until_judgements(study, lambda found: len(found) == 1)
    assert found[0].first_frame == 30
    expect(lines.last).to_contain_text("undone")
    rater.at("history-about-undo").click()
    lines.first.get_by_role("button", name="Bring back").click()
    until_judgements(study, lambda found: len(found) == 2)
    rater.at("history-video_id").select_option("pair.mp4")
    rater.at("history-about-all").click()
    expect(lines).to_have_count(1)
    rater.at("history-video_id").select_option("")
    rater.at("history-rater").select_option("anna")
    expect(rater.at("history-list")).not_to_contain_text("Added a video")
    rater.saved()


def test_an_exported_file_is_named_after_its_project_and_day(open_page, study):
    text = (study / "feltline.toml").read_text(encoding="utf-8")
    named = re.sub(r"(?m)^name = .*$", 'name = "面接 study"', text)
    (study / "feltline.toml").write_text(named, encoding="utf-8")
    rater = open_page(study)
    rater.at("open-export").click()
    with rater.page.expect_download() as downloading:
        rater.at("export").click()
    today = datetime.datetime.now().astimezone().date().isoformat()
    assert downloading.value.suggested_filename == f"面接 study-final-{today}.csv"
