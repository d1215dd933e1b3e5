"""A team in a real browser: two raters blind, practice, and a lead who resolves."""

import itertools
import re

import pytest
from playwright.sync_api import expect
from tests.browser.rater import Rater
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
OF_JOBS = re.compile(r"^403 .*/api/jobs$|status of 403")
TEAM: tuple[tuple[Role, str], ...] = (
    ("rater", "ann"),
    ("rater", "ben"),
    ("lead", "lea"),
)


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
    """Opens the page as one of the team: who signs in first is the first."""
    (key,) = [key for key, one in projects.opened().items() if one is served]
    coming = iter(TEAM)
    known: dict[str, tuple[Role, str]] = {}

    def identity_in(_key, caller):
        if caller.session not in known:
            known[caller.session] = next(coming)
        role, rater_id = known[caller.session]
        return Identity.of(caller, role, rater_id)

    projects.identity_in = identity_in
    address = serve(create_app(projects))
    contexts = []

    def opened(name, language="en"):
        context = browser.new_context(locale=language)
        contexts.append(context)
        someone = Rater(context.new_page(), name)
        token = projects.credentials.new_link_token()
        someone.page.goto(f"{address}/?token={token}")
        someone.page.goto(f"{address}/p/{key}/")
        expect(someone.at("queue-card")).to_be_visible()
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


def faults_of(someone):
    """What went wrong, but for jobs: the page asks for them whoever looks at it."""
    return [one for one in someone.faults if not OF_JOBS.search(one)]


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
    assert faults_of(ann) + faults_of(ben) == []

    lead = open_as("lea")
    lead.press("Shift+T")
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
    assert faults_of(lead) == []


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
    assert faults_of(ann) == []
