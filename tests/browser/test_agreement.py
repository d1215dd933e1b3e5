"""Agreement and profiles of raters in a real browser: a lead sees them, a rater not."""

import pytest
from playwright.sync_api import expect
from tests.browser.design import LAYOUT, shoot
from tests.browser.rater import Rater
from tests.browser.test_design import AXE, serious
from tests.projects import copied, judgement_of
from tests.server.conftest import projects_in

from feltline.server import create_app
from feltline.server.identity import Identity
from feltline.types import Role

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

TEAM: tuple[tuple[Role, str], ...] = (("lead", "lea"), ("rater", "ann"))
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 720}


@pytest.fixture
def open_next(browser, serve, project_template, tmp_path):
    """Opens the page as the next of the team, in a project that two have judged."""
    with copied(project_template[0], tmp_path) as project:
        for frame, own in enumerate((-0.8, -0.3, 0.1, 0.4, 0.6, 0.7, 0.2, -0.5)):
            for rater, bias in (("ann", 0.0), ("ben", 0.2)):
                given = judgement_of(
                    5 * frame,
                    (own + bias, round(own / 2, 2)),
                    rater=rater,
                    expression="happiness" if own + bias > 0 else "sadness",
                )
                project.store.give_judgements([(given, 0, None)])
        again = judgement_of(0, (-0.6, -0.4), rater="ben", purpose="repeat")
        project.store.give_judgements([(again, 0, None)])
        project.change_settings(consensus="posterior")
        projects = projects_in(project.hidden / "home")
        key = projects.adopt(project)
        coming, known = iter(TEAM), {}

        def identity_in(_key, caller):
            if caller.session not in known:
                known[caller.session] = next(coming)
            return Identity.of(caller, *known[caller.session])

        projects.identity_in = identity_in
        address = serve(create_app(projects))
        contexts = []

        def opened(name):
            contexts.append(browser.new_context(locale="en", viewport=DESK))
            someone = Rater(contexts[-1].new_page(), name)
            token = projects.credentials.new_link_token()
            someone.page.goto(f"{address}/?token={token}")
            someone.page.goto(f"{address}/p/{key}/")
            expect(someone.at("queue-card")).to_be_visible()
            return someone, f"{address}/p/{key}"

        yield opened
        for context in contexts:
            context.close()
        projects.end_streams()
        projects.close()


def faults_in(page, *names):
    """What axe, and the eye, find wrong on the screen as it is, small and large."""
    found = []
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        for part in ("agreement-basis", "profile-valence"):
            page.get_by_test_id(part).evaluate("e => e.scrollIntoView()")
            page.wait_for_timeout(100)
            found += page.evaluate(LAYOUT)
            shoot(page, *names, part, size["width"])
        found += serious(page)
    return found


def test_a_lead_sees_agreement_and_profiles_and_a_rater_neither(open_next):
    lead, _ = open_next("lea")
    page = lead.page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.keyboard.press("Shift+T")
    tab = lead.at("team-tab-agreement")
    tab.click()
    row = lead.at("agreement-valence").get_by_test_id("figure-alpha")
    expect(row).to_contain_text("Agreement beyond chance")
    expect(row.locator("td")).to_have_count(2)
    sign = lead.at("agreement-valence").get_by_test_id("figure-sagr")
    expect(sign).to_contain_text("0 is a sign of its own")
    lead.at("profile-rater").select_option("ben")
    profile = lead.at("profile")
    expect(profile).to_have_attribute("data-rater", "ben")
    expect(lead.at("profile-valence")).to_contain_text("Judged one item twice")
    expect(profile.get_by_role("img").first).to_be_visible()
    found = faults_in(page, "agreement", "en")
    lead.at("more").click()
    lead.at("language").select_option("ja")
    lead.at("more").click()
    expect(tab).to_have_text("一致度")
    expect(row).to_contain_text("偶然を超えた一致")
    found += faults_in(page, "agreement", "ja")
    assert [fault for fault in found if "team-tab" not in fault] == []

    rater, address = open_next("ann")
    rater.page.keyboard.press("Shift+T")
    expect(rater.at("team-tab-agreement")).to_have_count(0)
    for path in ("agreement", "raters/ann/profile"):
        answer = rater.page.request.get(f"{address}/api/{path}")
        assert answer.status == 403
