"""Judging by few keys in a real browser: values, undo, what one is told, where one is.

`FELTLINE_SHOTS=folder` keeps pictures.
"""

import json
import re

import pytest
from playwright.sync_api import expect
from tests.browser.judging import (
    asked_study,
    at_work,
    judge,
    last_frame,
    moves_on,
    seen,
    suggested_study,
    until,
    waiting_study,
)
from tests.browser.rater import judgements_of, until_judgements

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

LANGUAGES = pytest.mark.parametrize("language", ["en", "ja"])


@pytest.fixture
def study(project_template, tmp_path):
    """A project with frames to label first, and a queue after them."""
    return suggested_study(project_template[0], tmp_path)


@pytest.fixture
def review(project_template, tmp_path):
    """A project whose queue waits."""
    return waiting_study(project_template[0], tmp_path)


# ---- values


def test_five_keys_give_value_and_class(browser, study):
    with at_work(browser, study) as rater:
        judge(rater, *"-642", "Enter")
        judge(rater, "ArrowUp", "1", "Enter")  # the first arrow lands on 0
        judge(rater, *"=.35 -.2", "Enter")
        judge(rater, "ArrowUp", "a", "ArrowDown", "Enter")
        judge(rater, "ArrowUp", "ArrowUp", "Enter")  # on valence again
        found = until_judgements(study, lambda found: len(found) == 5)
        values = [(one.value, one.expression, one.touched) for one in found]
        assert values == [
            ((-0.6, 0.4), "happiness", (True, True)),
            ((0.0, None), "neutral", (True, False)),
            ((0.35, -0.2), None, (True, True)),
            ((0.0, 0.0), None, (True, True)),
            ((0.05, None), None, (True, False)),
        ]


def test_a_correction_is_on_the_grid_and_says_what_becomes_of_the_class(
    browser, review
):
    with at_work(browser, review) as rater:
        seen(rater)
        likely = rater.page.locator(".class-chip[data-likely=true]")
        for _ in range(6):
            seen(rater)
            if likely.count():
                break
            item = rater.item()
            rater.press("n")
            moves_on(rater, item)
        expect(likely).to_have_count(1)
        rater.press("ArrowUp")
        fate = rater.at("class-fate")
        expect(fate).to_be_visible()
        kept = fate.get_attribute("data-kept") == "true"
        frame = int(rater.at("item-frame").inner_text())
        judge(rater, "Enter")
        found = until_judgements(review, lambda found: len(found) == 3)
        (one,) = [x for x in found if x.first_frame == frame and x.decision == "edit"]
        assert one.touched == (True, False)
        assert one.value[0] * 20 == pytest.approx(round(one.value[0] * 20))
        assert (one.expression is not None) == kept
        table = rater.page.evaluate(
            "fetch('api/export?format=csv&layer=human').then((a) => a.text())"
        )
        head, *rows = table.splitlines()
        assert "touched" in head.split(",")
        assert any("valence" in row for row in rows)


@LANGUAGES
def test_a_class_key_proposes_its_place_where_that_is_set(browser, study, language):
    with at_work(browser, study, language) as rater:
        rater.press("?")
        rater.at("setting-classProposes").check()
        rater.press("Escape")
        seen(rater)
        rater.press("2")
        expect(rater.at("pad-proposal")).to_be_visible()
        expect(rater.at("pad-own")).to_have_count(0)
        rater.shoot("proposal")
        judge(rater, "Enter")
        judge(rater, "2", "2", "Enter")
        judge(rater, "4", "ArrowUp", "Enter")
        found = until_judgements(study, lambda found: len(found) == 3)
        alone, taken, moved = found
        assert (alone.value, alone.expression) == ((), "happiness")
        assert taken.value == (0.8, 0.5)
        assert moved.has_value
        proposed = [x.shown is not None and x.shown.proposed_by_class for x in found]
        assert proposed[1:] == [True, True]


# ---- what one is told


def test_own_words_stay_where_the_model_is_hidden(browser, project_template, tmp_path):
    given = [(10, (0.7, 0.1))]
    folder = asked_study(project_template[0], tmp_path, 14, given)
    with at_work(browser, folder) as rater:
        expect(rater.at("blind")).to_be_visible()
        earlier = rater.at("earlier")
        expect(earlier).to_contain_text("+.70/+.10")
        expect(earlier.locator("img").first).to_be_visible()
        rater.shoot("earlier")
        rater.press("[")  # the labelled frame before this one, in the blind stretch
        expect(rater.at("current-frame")).to_have_text("10")
        expect(rater.at("readout")).to_contain_text("+0.70 / +0.10")
        expect(rater.at("readout")).to_contain_text("hidden")
        expect(rater.at("pad-model")).to_have_count(0)
        rater.press("Backspace")
        expect(rater.at("current-frame")).to_have_text("14")
        earlier.get_by_role("button").first.click()
        expect(rater.at("free-card")).to_be_visible()
        expect(rater.at("current-frame")).to_have_text("10")


def test_an_audit_says_how_far_off_one_was(browser, project_template, tmp_path):
    given = [(f, (0.3, 0.1)) for f in range(0, 45, 9)]
    asked = {"reason": "audit", "is_audit": True}
    folder = asked_study(project_template[0], tmp_path, 23, given, **asked)
    with at_work(browser, folder) as rater:
        expect(rater.at("reason")).to_have_attribute("data-reason", "audit")
        expect(rater.at("blind")).to_be_visible()
        expect(rater.at("audit-result")).to_have_count(0)
        judge(rater, *"=31", "Enter")
        said = rater.at("audit-result")
        expect(said).to_contain_text("you +0.30 / +0.10, model ")
        expect(said).to_contain_text("within 0.20")
        rater.shoot("audit")
        (one,) = [x for x in judgements_of(folder) if x.purpose == "audit"]
        assert one.shown is None
        assert one.audited is not None
        for value in one.audited.value:
            sign = "+" if value >= 0 else "\u2212"
            expect(said).to_contain_text(f"{sign}{abs(value):.2f}")


COUNTED = re.compile(r"/api/queue\?")


def test_the_time_left_does_not_jump_from_one_judgement_to_the_next(browser, review):
    with at_work(browser, review) as rater:
        guess_s = [1200]

        def counted(route):
            body = route.fetch().json()
            done = len(judgements_of(review)) - 2
            left = {"done": done, "total": 40, "seconds_left": guess_s[0]}
            answer = json.dumps(body | {"position": left})
            route.fulfill(body=answer, content_type="application/json")

        rater.page.route(COUNTED, counted)
        rater.page.reload()
        position = rater.at("position")
        expect(position).to_contain_text("15\u201328 min left")
        guess_s[0] = 60_000
        for _ in range(3):
            judge(rater, "Enter")
        rater.saved()
        expect(position).to_contain_text("4 of 40")
        # Told of a thousand minutes, it rises by half at most each time; and one time
        # more, for the server may count what is on its way here.
        more = "|".join(str(n) for n in range(29, 143))
        expect(position).to_contain_text(re.compile(rf"\u2013({more}) min left"))


@LANGUAGES
def test_undo_says_what_and_where_and_leads_there(browser, review, language):
    with at_work(browser, review, language) as rater:
        seen(rater)
        rater.press("m", "Home")
        expect(rater.at("current-frame")).to_have_text("0")
        rater.press(*"=642", "Enter")
        found = until_judgements(review, lambda found: len(found) == 3)
        assert found[-1].first_frame == 0
        video = found[-1].video_id
        # Undone from another video: what it was, where, and a way there.
        other = {"pair.mp4": "talk.mp4", "talk.mp4": "pair.mp4"}[video]
        rater.press("g")
        rater.at("video-row").filter(has_text=other).click()
        rater.press("Escape")
        expect(rater.at("video")).to_have_attribute("data-video", other)
        rater.press("Control+z")
        notice = rater.at("notice").filter(has_text="+0.60")
        expect(notice).to_contain_text(video)
        notice.get_by_test_id("notice-show").click()
        expect(rater.at("video")).to_have_attribute("data-video", video)
        expect(rater.at("free-card")).to_be_visible()
        expect(rater.at("current-frame")).to_have_text("0")
        expect(rater.at("notice").filter(has_text="+0.60")).to_have_count(0)


# ---- where one is


def test_keys_lead_back_to_the_item_and_to_the_comment(browser, review):
    with at_work(browser, review) as rater:
        seen(rater)
        frame = rater.at("item-frame").inner_text()
        rater.press("End")
        expect(rater.at("current-frame")).not_to_have_text(frame)
        rater.press("Backspace")
        expect(rater.at("current-frame")).to_have_text(frame)
        rater.press("/")
        expect(rater.at("comment")).to_be_focused()
        rater.page.keyboard.type("blurred 3")
        rater.press("Enter")
        expect(rater.at("comment")).not_to_be_focused()
        judge(rater, "ArrowUp", "Enter")
        expect(rater.at("comment")).to_have_count(0)
        found = until_judgements(review, lambda found: len(found) == 3)
        assert found[-1].comment == "blurred 3"


def test_free_labelling_shows_its_own_face_in_another_colour(browser, review):
    colour = "e => getComputedStyle(e).backgroundColor"
    with at_work(browser, review) as rater:
        seen(rater)
        card = rater.at("queue-card")
        before = card.evaluate(colour)
        frame = rater.at("item-frame").inner_text()
        rater.press("m", "End")
        expect(rater.at("free-card")).to_be_visible()
        last = last_frame(rater)
        assert last != frame
        of_last = re.compile(rf"/frames/{last}/crop")
        expect(rater.at("crop")).to_have_attribute("src", of_last)
        assert card.evaluate(colour) != before
        rater.shoot("free")


WIDER = """(was) => document.querySelector('[data-testid=face-box]')
    .getBoundingClientRect().width > 1.2 * was"""
NARROWER = WIDER.replace("> 1.2 *", "< 0.9 *")


def test_the_video_is_fitted_to_a_small_face_and_remembers(browser, review):
    with at_work(browser, review) as rater:
        seen(rater)
        fit, box = rater.at("fit-face"), rater.at("face-box").first
        expect(box).to_be_visible()
        is_fitted = fit.get_attribute("aria-pressed") == "true"
        was = box.bounding_box()["width"]
        rater.press("z")
        now = "false" if is_fitted else "true"
        expect(fit).to_have_attribute("aria-pressed", now)
        until(rater, NARROWER if is_fitted else WIDER, was)
        rater.shoot("fit")
        rater.page.reload()
        expect(fit).to_have_attribute("aria-pressed", now)
