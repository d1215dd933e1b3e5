"""The page at all sizes, in both languages and themes: all can be read and reached.

`FELTLINE_SHOTS=folder` keeps pictures of every screen.
"""

import json
import os
import re
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import FACES_IN_SIGHT
from tests.projects import copied, judge_truth
from tests.serving import served
from tests.soak import IS_SOAK

from feltline.fewshot import Budget
from feltline.pipeline import suggest_in
from feltline.project import Project, ProjectSettings

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

ROOT = Path(__file__).parents[2]
LAYOUT = (Path(__file__).parent / "layout.js").read_text(encoding="utf-8")
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"

SIZES = (
    (390, 844),
    (768, 1024),
    (1024, 768),
    (1280, 720),
    (1280, 800),
    (1440, 900),
    (1920, 1080),
    (1080, 1920),
)
SHEETS = ("threshold", "sheet", "faces", "history", "export", "guide", "help")
LANGUAGES, THEMES = ("en", "ja"), ("light", "dark")
SEEN = "for (const k of ['tour', 'phoneNote']) localStorage['feltline.' + k] = 'seen';"


@pytest.fixture(scope="module")
def studies(project_template, tmp_path_factory):
    """A project with suggested frames, one with a queue, one without videos."""
    template, truth = project_template
    folder = tmp_path_factory.mktemp("design")
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    with copied(template, folder / "a") as project:
        suggest_in(project, Budget(total=6))
        suggested = project.folder
    with copied(template, folder / "b") as project:
        judge_truth(project, truth)
        project.store.set_threshold(0.97, rater="anna")
        queue = project.folder
    settings = ProjectSettings(project_id="e" * 32, name="empty", rater="anna")
    with Project.init(folder / "empty", settings) as project:
        empty = project.folder
    with served(suggested) as a, served(queue) as b, served(empty) as c:
        yield {"suggested": Entry(a), "queue": Entry(b), "empty": Entry(c)}


class Entry:
    """A sign-in link, which is good for one visit, and then the cookie of it."""

    def __init__(self, link):
        self.address, self.cookies = link, None

    def visit(self, browser, *, seen=True, **options):
        """A page that is signed in; whether its browser has seen the tour."""
        context = browser.new_context(**options)
        if seen:
            context.add_init_script(SEEN)
        if self.cookies:
            context.add_cookies(self.cookies)
        page = context.new_page()
        page.goto(self.address)
        page.get_by_test_id("app").wait_for()
        # Where the link has led to, without its token.
        self.address = page.url.split("?")[0]
        self.cookies = self.cookies or context.cookies()
        return page


def shoot(page, *parts):
    folder = os.environ.get("FELTLINE_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"design-{'-'.join(map(str, parts))}.png")


def sheet_buttons(name):
    return "videos" if name == "videos" else f"open-{name}"


def opened(page, name):
    page.get_by_test_id(sheet_buttons(name)).click()
    expect(page.get_by_test_id(f"panel-{name}")).to_be_visible()
    page.wait_for_function(FACES_IN_SIGHT)
    page.wait_for_timeout(200)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("study", ["suggested", "queue", "empty"])
def test_no_text_is_cut_or_runs_through_another(browser, studies, study, language):
    page = studies[study].visit(browser, locale=language)
    found: dict[object, object] = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)
        shoot(page, study, language, width)
        found[width, height] = page.evaluate(LAYOUT)
    page.set_viewport_size({"width": 1280, "height": 720})
    for name in (*SHEETS, "videos"):
        opened(page, name)
        shoot(page, study, language, name)
        found[name] = page.evaluate(LAYOUT)
        page.get_by_test_id("panel-close").click()
    page.context.close()
    assert {where: faults for where, faults in found.items() if faults} == {}


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
