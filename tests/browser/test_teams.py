"""A team in a real browser: blind raters, practice, a lead, and who looks on."""

import itertools
import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect
from tests.browser.rater import Rater
from tests.browser.test_people import assert_axe_finds_nothing_serious
from tests.projects import copied
from tests.server.conftest import projects_in

from feltline.review import Candidate, Overlap, assign_work
from feltline.server import create_app
from feltline.server.identity import Identity
from feltline.store import KnownAnswer
from feltline.types import Role

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

FRAMES = (10, 30)
REASONS = re.compile("assigned|training")
TEAM: dict[str, Role] = {"ann": "rater", "ben": "rater", "lea": "lead", "vic": "viewer"}


@pytest.fixture
def project(project_template, tmp_path):
    with copied(project_template[0], tmp_path) as made:
        yield made


@pytest.fixture
def projects(project):
    """A server's projects; to be closed once nobody looks at them."""
    made = projects_in(project.hidden / "home")
    yield made
    made.end_streams()
    made.close()


@pytest.fixture
def served(projects, project):
    return projects.served(projects.adopt(project))


@pytest.fixture
def open_as(browser, projects, served, serve):
    """Opens the page as one of the team."""
    (key,) = [key for key, one in projects.opened().items() if one is served]
    accounts = projects.people.accounts
    for name, role in TEAM.items():
        user_id = accounts.add_user(name, name=name.title()).user_id
        project_id = served.project.settings.project_id
        accounts.set_membership(project_id, user_id, role, rater_id=name)
    coming: list[str] = []
    known: dict[str, str] = {}

    def identity_in(_key, caller):
        name = known.setdefault(caller.session, coming[-1])
        caller = replace(caller, is_admin=False)
        return Identity.of(caller, TEAM[name], name)

    projects.identity_in = identity_in
    address = serve(create_app(projects))
    contexts = []

    def opened(name, language="en", **look):
        coming.append(name)
        context = browser.new_context(locale=language, **look)
        contexts.append(context)
        someone = Rater(context.new_page(), name)
        token = projects.credentials.new_link_token()
        someone.page.goto(f"{address}/?token={token}")
        someone.page.goto(f"{address}/p/{key}/")
        part = "look-on" if TEAM[name] == "viewer" else "queue-card"
        expect(someone.at(part)).to_be_visible()
        return someone

    yield opened
    for context in contexts:
        context.close()
    projects.end_streams()


def assign(served, frames=FRAMES):
    live = served.live
    live.settle()
    candidates = [
        Candidate(
            video_id="talk.mp4",
            found_track_id=0,
            track_id=0,
            first_frame=frame,
            last_frame=frame,
            frame=frame,
        )
        for frame in frames
    ]
    overlap = Overlap(by="share", share=1.0, most_raters=2)
    raters = ["ann", "ben"]
    return assign_work(
        live, candidates, raters, overlap, plan="both", honeypots=0.0, rater="lea"
    )


def judge(someone, valence):
    """Give the item on the card a value, and go on."""
    page = someone.page
    before = someone.item()
    expect(someone.at("reason")).to_have_attribute("data-reason", REASONS)
    expect(someone.at("blind")).to_be_visible()
    expect(someone.at("pad-model")).to_have_count(0)
    someone.at("decide-edit").click()
    someone.set_value(valence)
    someone.press("Enter")
    page.wait_for_function(
        "(before) => document.querySelector('[data-testid=queue-card]')"
        ".dataset.item !== before",
        arg=before,
    )
    someone.saved()


def test_two_raters_judge_blind_and_a_lead_resolves(open_as, served):
    assign(served)
    store = served.project.store
    ann, ben = open_as("ann"), open_as("ben")
    for someone, valence in ((ann, 0.8), (ben, -0.8)):
        for _ in FRAMES:
            judge(someone, valence)
    given = {
        (s.judgement.rater, s.judgement.first_frame): s.judgement
        for s in store.judgements()
    }
    assert set(given) == set(itertools.product(("ann", "ben"), FRAMES))
    for (rater, _), one in given.items():
        assert one.shown is None
        assert one.decision == "label"
        vertical = max(one.value, key=lambda v: abs(v or 0))
        assert (vertical > 0) == (rater == "ann")
    assert ann.faults + ben.faults == []

    lead = open_as("lea")
    lead.press("Shift+T")
    lead.at("team-tab-disagreements").click()
    rows = lead.at("disagreement")
    expect(rows).to_have_count(2)
    rows.first.get_by_test_id("resolve-ann").click()
    expect(rows).to_have_count(1)
    (resolved,) = [s for s in store.judgements() if s.judgement.purpose == "resolve"]
    frame = resolved.judgement.first_frame
    assert resolved.judgement.rater == "lea"
    assert resolved.judgement.value == given["ann", frame].value
    stands = served.live.view("talk.mp4", 0).annotations
    assert stands.value[frame, 0] == given["ann", frame].value[0]
    assert lead.faults == []


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Look at the eyes."), ("ja", "目を見てください。")]
)
def test_practice_is_followed_by_what_is_known(open_as, served, language, words):
    served.project.store.add_known_answer(
        KnownAnswer(
            answer_id="smile-01",
            video_id="talk.mp4",
            found_track_id=0,
            first_frame=20,
            last_frame=20,
            value=(0.8, None),
            tolerance=(0.3, 0.3),
            expression=None,
            text=words,
            use="training",
        )
    )
    assign(served)
    ann = open_as("ann", language)
    expect(ann.at("reason")).to_have_attribute("data-reason", "training")
    judge(ann, -0.8)
    note = ann.at("training-result")
    expect(note).to_have_attribute("data-within", "false")
    expect(note).to_contain_text(words)
    expect(ann.at("reason")).to_have_attribute("data-reason", "assigned")
    assert served.live.video("talk.mp4").observations_of(0) == []
    assert ann.faults == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_lead_assigns_and_a_question_comes_back(open_as, served, language):
    lead = open_as("lea", language)
    lead.press("Shift+T")
    expect(lead.at("work-raters").locator("tbody tr")).to_have_count(2)
    lead.at("assign-source").select_option("video")
    for name in ("ann", "ben"):
        lead.at(f"rater-{name}").check()
    lead.at("assign-share").fill("100")
    lead.at("assign-count").fill("2")
    lead.at("assign-go").click()
    expect(lead.at("dealt")).to_contain_text("Ann 2")
    expect(lead.at("withdraw")).to_have_count(1)
    assert_axe_finds_nothing_serious(lead.page)
    lead.shoot(f"work-{language}")

    lead.at("team-tab-work").focus()
    lead.press("ArrowRight")
    expect(lead.at("team-tab-known")).to_be_focused()
    lead.at("known-value-0").fill("0.8")
    lead.at("known-text").fill("Mouth and eyes smile.")
    lead.at("known-add").click()
    expect(lead.at("known-answer")).to_have_count(1)
    lead.at("rater-ben").check()
    lead.at("practice-go").click()
    expect(lead.at("practice")).to_contain_text("Ben 1")
    assert_axe_finds_nothing_serious(lead.page)
    lead.shoot(f"known-{language}")

    ann = open_as("ann", language)
    expect(ann.at("reason")).to_have_attribute("data-reason", "assigned")
    frame = ann.at("item-frame").inner_text()
    ann.press("j")
    ann.page.keyboard.type("@le")
    names = ann.at("frame-talk").get_by_role("option")
    expect(names).to_have_text(["Lea"])
    ann.page.keyboard.press("Enter")
    expect(ann.at("composer")).to_have_value("@Lea ")
    ann.page.keyboard.type("Is this a smile?")
    ann.page.keyboard.press("Enter")
    expect(ann.at("frame-talk")).to_have_count(0)
    ann.press("j")
    expect(ann.at("thread")).to_have_count(1)
    ann.shoot(f"asked-{language}")
    (asked,) = served.project.store.comments()
    assert asked.comment.mentions == ("lea",)
    assert (asked.comment.is_question, str(asked.comment.frame)) == (True, frame)

    expect(lead.at("team-waiting")).to_contain_text("1")
    lead.at("team-tab-comments").click()
    lead.at("panel-team").get_by_test_id("go-to-frame").click()
    expect(lead.at("frame-talk").get_by_test_id("thread")).to_have_count(1)
    lead.at("panel-team").get_by_test_id("reply").click()
    lead.page.keyboard.type("Yes, it is.")
    lead.shoot(f"comments-{language}")
    lead.page.keyboard.press("Enter")
    expect(lead.at("team-waiting")).to_have_count(0)
    assert_axe_finds_nothing_serious(lead.page)

    # The frame is on screen, and what is said of it open: nothing waits elsewhere.
    expect(ann.at("frame-talk").locator(".words")).to_have_count(2)
    expect(ann.at("talk-waiting")).to_have_count(0)
    ann.press("Escape")
    expect(ann.at("talk-waiting")).to_be_visible()
    ann.at("talk-go").click()
    expect(ann.at("frame-talk")).to_be_visible()
    ann.at("open-team").click()
    for name in ("work", "known", "disagreements"):
        expect(ann.at(f"team-tab-{name}")).to_have_count(0)
    expect(ann.at("panel-team").locator(".words")).to_have_count(2)
    for name in ("threshold", "faces", "overview", "export"):
        expect(ann.at(f"open-{name}")).to_have_count(0)
    expect(ann.at("team-waiting")).to_have_count(1)
    ann.at("panel-team").get_by_test_id("settle").click()
    expect(ann.at("team-waiting")).to_have_count(0)
    assert ann.faults + lead.faults == []


def test_who_looks_on_can_judge_nothing(open_as, served):
    store = served.project.store
    before = store.last_event_id()
    viewer = open_as("vic")
    for part in ("pad", "label-bar", "undo", "decide-accept", "open-team", "talk"):
        expect(viewer.at(part)).to_have_count(0)
    viewer.press("ArrowUp", "2", "Enter", "x", "Control+z", "Shift+T", "k", "j", "t")
    expect(viewer.at("app")).to_have_attribute("data-sheet", "none")
    viewer.press("h")
    expect(viewer.at("panel-history")).to_be_visible()
    viewer.at("videos").click()
    expect(viewer.at("video-row").first).to_be_visible()
    for part in ("video-menu", "choose-files", "open-settings", "open-suggest"):
        expect(viewer.at(part)).to_have_count(0)
    assert_axe_finds_nothing_serious(viewer.page)
    viewer.shoot("viewer")
    viewer.page.wait_for_load_state("networkidle")
    assert viewer.faults == []
    assert store.last_event_id() == before
