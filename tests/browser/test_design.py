"""The page in both languages and themes: what keeps people out, colours, small windows.

That all of it can be read at every size is in `test_screens.py`.
"""

import json
import os
import re
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.design import (
    LANGUAGES,
    LAYOUT,
    SHEETS,
    THEMES,
    opened,
    served_studies,
    shoot,
)
from tests.soak import IS_SOAK

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="module")
def studies(project_template, tmp_path_factory):
    """A project with suggested frames, one with a queue, one without videos."""
    folder = tmp_path_factory.mktemp("design")
    with served_studies(project_template, folder) as studies:
        yield studies


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_button_in_a_narrow_head_is_a_bare_key(browser, studies, language):
    page = studies["suggested"].visit(browser, locale=language)
    fit = page.get_by_test_id("fit-face").locator(".button-label")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(fit).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 720})
    opened(page, "sheet")
    expect(fit).to_be_visible()
    page.context.close()


def test_cut_and_crossing_text_is_seen(browser):
    """The check itself sees what it is there for."""
    page = browser.new_context(viewport={"width": 400, "height": 300}).new_page()
    page.set_content(
        "<h2 style='width:60px'>A heading too long</h2>"
        "<p style='width:60px;overflow:hidden;white-space:nowrap'>+0.55 cut</p>"
        "<p style='position:absolute;top:200px'>one</p>"
        "<p style='position:absolute;top:200px'>two</p>"
    )
    kinds = {fault.split(":")[0] for fault in page.evaluate(LAYOUT)}
    assert kinds == {"wraps", "cut", "overlap"}
    page.context.close()


AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
}


def serious(page):
    """What axe finds that keeps people out: `rule: element` of each."""
    results = page.evaluate(f"axe.run(document, {json.dumps(AXE_OPTIONS)})")
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in results["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.fixture(scope="module")
def axe():
    """The source of axe-core, a package for the development of the page alone."""
    if not AXE.exists():
        lack = f"there is no {AXE}; run npm --prefix web ci"
        if os.environ.get("CI") == "true":
            pytest.fail(lack)
        pytest.skip(lack)
    return AXE.read_text(encoding="utf-8")


def test_axe_sees_what_keeps_people_out(browser, axe):
    page = browser.new_context().new_page()
    page.set_content("<img src=x><p style='color:#ccc;background:#fff'>pale</p>")
    page.evaluate(axe)
    rules = {fault.split(":")[0] for fault in serious(page)}
    assert {"image-alt", "color-contrast"} <= rules
    page.context.close()


@pytest.mark.parametrize(
    ("language", "theme"),
    list((product if IS_SOAK else zip)(LANGUAGES, THEMES)),
    ids=str,
)
def test_axe_finds_nothing_serious(browser, studies, axe, language, theme):
    look = {"locale": language, "color_scheme": theme}
    found = {}
    for study in ("queue", "suggested", "empty"):
        page = studies[study].visit(browser, seen=False, **look)
        page.evaluate(axe)
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_timeout(150)
        found[study, "phone"] = serious(page)
        page.set_viewport_size({"width": 1280, "height": 720})
        page.wait_for_timeout(150)
        found[study, "page"] = serious(page)
        names = (*SHEETS, "videos") if study == "queue" else ("sheet", "faces")
        for name in names:
            opened(page, name)
            found[study, name] = serious(page)
            if name == "help":
                page.get_by_test_id("change-keys").check()
                found[study, "keys"] = serious(page)
            if name == "guide":
                page.get_by_test_id("edit-guidelines").click()
                found[study, "guidelines"] = serious(page)
            page.get_by_test_id("panel-close").click()
        page.get_by_test_id("tour-offer").click()
        found[study, "tour"] = serious(page)
        page.context.close()
    assert {where: faults for where, faults in found.items() if faults} == {}


PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_says_what_it_can_do_and_does_it(browser, studies, language):
    page = studies["queue"].visit(browser, seen=False, locale=language, **PHONE)
    note = page.get_by_test_id("phone-note")
    expect(note).to_be_visible()
    note.get_by_role("button").tap()
    expect(note).to_have_count(0)
    accept = page.get_by_test_id("decide-accept")
    box = accept.bounding_box()
    assert box["y"] + box["height"] <= 844  # in sight without scrolling
    assert box["height"] >= 44
    for name in ("accept", "edit", "reject", "skip", "cannot"):
        label = page.get_by_test_id(f"decide-{name}").locator(".button-label")
        assert len(label.inner_text()) >= 2
        assert label.evaluate("e => e.scrollWidth <= e.clientWidth")
    item = page.get_by_test_id("queue-card").get_attribute("data-item")
    plane = page.get_by_test_id("pad-plane")
    plane.scroll_into_view_if_needed()
    assert plane.bounding_box()["width"] > 320
    plane.tap(position={"x": 120, "y": 120})
    expect(page.get_by_test_id("pad-own")).to_be_visible()
    accept.tap()
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    expect(page.get_by_test_id("queue-card")).not_to_have_attribute("data-item", item)
    page.get_by_test_id("more").tap()
    page.get_by_test_id("open-guide").tap()
    expect(page.get_by_test_id("panel-guide")).to_be_visible()
    expect(page.get_by_test_id("language")).to_be_hidden()
    expect(accept).to_be_hidden()  # it would lie on the sheet, which covers the card
    page.context.close()


def place_of(page, selector):
    box = page.locator(selector).bounding_box()
    return [round(box[side]) for side in ("x", "y", "width", "height")]


def own_value(page):
    """Gives the item at hand a value that is far from all others, and sends it."""
    card = page.get_by_test_id("queue-card")
    item = card.get_attribute("data-item")
    page.keyboard.press("ArrowUp")
    expect(card).not_to_have_attribute("data-seen", "false")
    page.keyboard.press("Enter")
    expect(card).not_to_have_attribute("data-item", item)
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def test_the_pad_grows_with_the_window_and_is_the_same_at_each_item(browser, studies):
    page = studies["queue"].visit(browser)
    window = {"width": 1280, "height": 720}
    page.set_viewport_size(window)
    parts = (".pad-plane", ".decisions", ".label-bar")
    expect(page.locator(".earlier")).to_be_visible()
    before = [place_of(page, part) for part in parts]
    for _ in range(8):
        own_value(page)
        if page.get_by_test_id("earlier").count():
            break
    expect(page.get_by_test_id("earlier")).to_be_visible()
    assert [place_of(page, part) for part in parts] == before
    assert page.locator(".judge").evaluate("e => e.scrollHeight <= e.clientHeight")
    sides = {}
    for width, height in ((1280, 720), (1440, 900), (1920, 1080), (1080, 1920)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        box = page.locator(".pad-plane").bounding_box()
        sides[width] = min(box["width"], box["height"])
    shoot(page, "pad")
    page.context.close()
    assert sides[1280] >= 230
    assert sides[1440] > 1.3 * sides[1280]
    assert sides[1920] > 1.8 * sides[1280]
    assert sides[1080] > 1.5 * sides[1280]


def hue(page, selector):
    """Hue in degrees and saturation of a text's colour."""
    colour = page.locator(selector).first.evaluate("e => getComputedStyle(e).color")
    r, g, b = (int(c) / 255 for c in re.findall(r"\d+", colour)[:3])
    most, least = max(r, g, b), min(r, g, b)
    if most == least:
        return 0.0, 0.0
    span = most - least
    if most == r:
        angle = ((g - b) / span) % 6
    else:
        angle = (b - r) / span + 2 if most == g else (r - g) / span + 4
    return 60 * angle, span / most


@pytest.mark.parametrize("theme", THEMES)
def test_red_means_a_fault(browser, studies, theme):
    page = studies["queue"].visit(browser, color_scheme=theme)
    page.locator(".confidence[data-below=true]").wait_for()
    for selector in (".count", ".confidence"):
        angle, _ = hue(page, selector)
        assert 35 <= angle <= 65, selector  # ochre
    page.context.set_offline(True)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "offline")
    angle, _ = hue(page, ".save-state")
    assert angle <= 15
    page.context.set_offline(False)
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    page.context.close()
    page = studies["empty"].visit(browser, color_scheme=theme)
    expect(page.locator(".count.none")).to_contain_text("0")
    _, strength = hue(page, ".count.none")
    assert strength < 0.3  # grey
    page.context.close()


def contrast(page, selector):
    """Contrast of a text against what is behind it, as WCAG counts it."""
    return page.locator(selector).first.evaluate(
        """(element) => {
          const light = (text) => {
            const [r, g, b] = text.match(/[\\d.]+/g).map(Number);
            const of = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92
              : ((c / 255 + 0.055) / 1.055) ** 2.4);
            return 0.2126 * of(r) + 0.7152 * of(g) + 0.0722 * of(b);
          };
          let ground = element;
          const behind = (e) => getComputedStyle(e).backgroundColor;
          while (behind(ground) === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
          const a = light(getComputedStyle(element).color);
          const b = light(behind(ground));
          return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        }"""
    )


@pytest.mark.parametrize("theme", THEMES)
def test_disabled_buttons_can_be_read(browser, studies, theme):
    page = studies["suggested"].visit(browser, color_scheme=theme)
    expect(page.get_by_test_id("decide-accept")).to_be_disabled()
    assert contrast(page, "[data-testid=decide-accept]") >= 4.5
    assert contrast(page, "[data-testid=decide-reject]") >= 4.5
    page.context.close()


@pytest.mark.parametrize("sheet", [None, "sheet"])
def test_messages_cover_neither_curves_nor_what_is_judged(browser, studies, sheet):
    window = {"width": 1280, "height": 720}
    page = studies["suggested"].visit(browser, viewport=window)
    if sheet:
        opened(page, sheet)
    page.keyboard.press("x")
    notice = page.get_by_test_id("notice")
    # With the contact sheet open, nothing is decided about the item behind it.
    said = "The contact sheet is open" if sheet else "A suggested frame wants a value"
    expect(notice).to_contain_text(said)
    box = notice.bounding_box()
    for part in (".timeline", ".under-video", ".judge", ".side", ".top-bar"):
        if not page.locator(part).count():
            continue
        other = page.locator(part).bounding_box()
        apart = (
            box["x"] + box["width"] <= other["x"] + 1
            or other["x"] + other["width"] <= box["x"] + 1
            or box["y"] + box["height"] <= other["y"] + 1
            or other["y"] + other["height"] <= box["y"] + 1
        )
        assert apart, part
    page.context.close()
