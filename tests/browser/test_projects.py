"""The start page: projects made, opened and forgotten, in a real browser."""

import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.videos import people
from tests.projects import copied
from tests.serving import serving

from feltline.project import Project

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
LANGUAGES = pytest.mark.parametrize(
    ("language", "scheme"), [("en", "light"), ("ja", "dark")], ids=str
)


@pytest.fixture
def study(project_template, tmp_path):
    with copied(project_template[0], tmp_path) as project:
        return project.folder


@pytest.fixture
def person(browser, request):
    with people(browser, request.node.name, shots="start") as open_:
        yield open_


def tab_to(page, testid, most=30):
    """Press Tab until a part has the focus, as somebody without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.testid") == testid:
            return
    pytest.fail(f"Tab does not lead to {testid}")


@LANGUAGES
def test_from_nothing_to_a_project_by_keyboard(person, tmp_path, language, scheme):
    someone = person(language, scheme)
    page = someone.page
    with serving(tmp_path / "home", "--all") as link:
        page.goto(link)
        expect(someone.at("no-project")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("html").get_attribute("data-theme") == scheme
        someone.shoot("empty")
        tab_to(page, "new-name")
        page.keyboard.type("表情研究")
        page.keyboard.press("Tab")
        page.keyboard.type("花子")
        page.keyboard.press("Enter")
        expect(someone.at("app")).to_be_visible()
        assert re.search(r"/p/project/$", page.url)
        expect(page.locator(".brand b")).to_have_text("表情研究")
        someone.shoot("project")
        tab_to(page, "to-start")
        page.keyboard.press("Enter")
        expect(someone.at("project-link")).to_have_text("表情研究")
        assert page.url.endswith("/")
        assert "/p/" not in page.url
        expect(someone.at("project-counts")).to_contain_text(re.compile(r"\d|本"))
        someone.shoot("one")


def test_a_folder_is_found_opened_and_forgotten(person, tmp_path, study):
    someone = person()
    page = someone.page
    (tmp_path / "plain").mkdir()
    with serving(tmp_path / "home", "--all", "--media", str(tmp_path)) as link:
        page.goto(link)
        someone.at("browse").click()
        expect(someone.at("folder-path")).to_be_visible()
        someone.at("folder").get_by_text(str(tmp_path)).click()
        expect(someone.at("folder-path")).to_have_text(str(tmp_path))
        expect(someone.at("folder").get_by_text("plain")).to_be_visible()
        expect(someone.at("folder-open")).to_have_count(1)
        someone.shoot("folders")
        someone.at("folder-open").click()
        expect(someone.at("project-link")).to_have_text("study")
        someone.at("project-link").click()
        expect(someone.at("queue-card")).to_be_visible()
        page.go_back()
        expect(someone.at("project-counts")).to_contain_text("2 videos")
        someone.at("forget").click()
        expect(someone.at("forget-yes")).to_be_focused()
        page.keyboard.press("Enter")
        expect(someone.at("no-project")).to_be_visible()
    assert (study / "feltline.db").exists()


@LANGUAGES
def test_a_broken_project_says_why_and_others_open(
    person, tmp_path, study, language, scheme
):
    broken = tmp_path / "broken"
    shutil.copytree(study, broken)
    (broken / "feltline.db").write_bytes(b"no database at all, " * 400)
    someone = person(language, scheme)
    someone.forgiven = re.compile(r"\b503\b")
    page = someone.page
    with serving(tmp_path / "home", str(broken), str(study)) as link:
        page.goto(link)
        expect(someone.at("project")).to_have_count(2)
        fault = someone.at("project-fault")
        expect(fault).to_have_count(1)
        expect(fault).to_contain_text("feltline.db")
        someone.shoot("broken")
        page.locator('[data-key="broken"] a').click()
        expect(someone.at("before")).to_contain_text("feltline.db")
        page.go_back()
        page.locator('[data-key="study"] a').click()
        expect(someone.at("queue-card")).to_be_visible()


def test_two_projects_side_by_side_keep_their_work_apart(person, tmp_path, study):
    """What one page keeps in the browser is not sent to the other project."""
    other = tmp_path / "second"
    shutil.copytree(study, other)
    toml = (other / "feltline.toml").read_text()
    with Project.open(study) as project:
        before = project.settings.project_id
    assert before in toml
    someone = person()
    with serving(tmp_path / "home", str(study), str(other)) as link:
        someone.page.goto(link)
        someone.page.locator('[data-key="study"] a').click()
        expect(someone.at("queue-card")).to_be_visible()
        someone.press("ArrowUp", "ArrowUp", "a", "ArrowUp", "Enter")
        someone.saved()
        someone.page.goto(link.split("?")[0] + "p/second/")
        expect(someone.at("queue-card")).to_be_visible()
    counts = []
    for folder in (study, other):
        with Project.open(folder) as project:
            counts.append(len(project.store.judgements()))
    assert counts == [1, 0]


def test_a_small_window_shows_all_of_it(person, tmp_path, study):
    someone = person(width=390, height=844)
    page = someone.page
    with serving(tmp_path / "home", str(study), "--all") as link:
        page.goto(link)
        expect(someone.at("project")).to_be_visible()
        someone.shoot("phone")
        wide = page.evaluate(
            """() => [...document.querySelectorAll('body *')]
                .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
                .map((one) => one.outerHTML.slice(0, 80))"""
        )
        assert wide == []
        # `innerWidth` grows with what is too wide on some devices.
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@LANGUAGES
def test_axe_finds_nothing_serious(person, tmp_path, study, language, scheme):  # noqa: ARG001 - one to open
    if not AXE.exists():
        lack = f"there is no {AXE}; run npm --prefix web ci"
        if os.environ.get("CI") == "true":
            pytest.fail(lack)
        pytest.skip(lack)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "feltline.toml").write_text("not = [toml")
    someone = person(language, scheme)
    page, home = someone.page, tmp_path / "home"
    found = {}

    def look(what):
        found[what] = page.evaluate(
            """async () => (await axe.run(document)).violations
              .filter(rule => ["serious", "critical"].includes(rule.impact))
              .map(rule => `${rule.id}: ${rule.nodes[0].html}`)"""
        )

    with serving(home, "--all", "--media", str(tmp_path)) as link:
        page.goto(link)
        expect(someone.at("no-project")).to_be_visible()
        page.evaluate(AXE.read_text(encoding="utf-8"))
        look("empty")
        someone.at("browse").click()
        someone.at("folder").first.click()
        for number in (0, 1):
            someone.at("folder-open").nth(number).click()
            expect(someone.at("project")).to_have_count(number + 1)
        expect(someone.at("project-fault")).to_be_visible()
        someone.at("forget").first.click()
        someone.shoot("all")
        look("projects")
        page.set_viewport_size({"width": 390, "height": 844})
        look("phone")
    assert found == {"empty": [], "projects": [], "phone": []}
