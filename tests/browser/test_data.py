"""Tables in, overview, what numbers rest on, backup and restore, in a real browser.

`FELTLINE_SHOTS=folder` keeps pictures of it.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.projects import copied, judge_truth
from tests.serving import served

from feltline.pipeline import purge
from feltline.project import Project, learn

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

TABLE = "clip,frame,pleasure,arousal,coder\ntalk,3,9,5,mika\nmy take,20,1,1,mika\n"
LANGUAGES = {"en": "light", "ja": "dark"}
BOTH = pytest.mark.parametrize("desk", LANGUAGES, indirect=True)
ENGLISH = pytest.mark.parametrize("desk", ["en"], indirect=True)


@pytest.fixture
def study(project_template, truth, tmp_path):
    """A project that learnt from three labels."""
    with copied(project_template[0], tmp_path) as project:
        judge_truth(project, truth)
        learn(project)
        return project.folder


class Desk:
    """The page, and what it complained of."""

    def __init__(self, page, language, link):
        self.page, self.language, self.link = page, language, link
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda d: self.faults.append(f"a dialog: {d.message}"))
        page.on("response", self.answered)

    def answered(self, answer):
        if answer.status >= 400:
            self.faults.append(f"{answer.status} {answer.url}")

    def at(self, testid):
        return self.page.get_by_test_id(testid)

    def shoot(self, what):
        folder = os.environ.get("FELTLINE_SHOTS")
        if folder:
            self.page.wait_for_timeout(400)
            name = f"data-{self.language}-{what}.png"
            self.page.screenshot(path=Path(folder) / name)


@pytest.fixture
def desk(browser, study, request):
    language = request.param
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        locale=language,
        color_scheme=LANGUAGES[language],
        accept_downloads=True,
    )
    with served(study) as link:
        made = Desk(context.new_page(), language, link)
        made.page.goto(link)
        expect(made.at("queue-card")).to_be_visible()
        yield made
        assert made.faults == []
        context.close()


def open_import(desk):
    desk.at("open-overview").click()
    desk.at("overview-import").click()
    expect(desk.at("panel-import")).to_be_visible()


def give_table(desk, text, name="theirs.csv"):
    file = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    desk.at("import-file").set_input_files(file)


@BOTH
def test_a_table_of_another_layout_comes_in(desk, study):
    open_import(desk)
    give_table(desk, TABLE)
    rows = desk.at("import-rows")
    expect(rows.locator("tbody tr")).to_have_count(2)
    expect(rows).to_contain_text("my take")
    # Guessed by other names of columns, and to be seen and changed.
    for ours, theirs in {
        "video": "clip",
        "frame": "frame",
        "valence": "pleasure",
        "arousal": "arousal",
        "rater": "coder",
        "face": "",
    }.items():
        expect(desk.at(f"import-column-{ours}")).to_have_value(theirs)
    refusal = desk.at("import-refusal")
    said = {
        "en": "row 2: valence is 9; expected a number from -1",
        "ja": "-1 から 1 までの数値を入力してください",
    }
    expect(refusal).to_contain_text(said[desk.language])
    expect(desk.at("import-go")).to_be_disabled()
    desk.shoot("1-refused")
    for dimension in ("valence", "arousal"):
        for end, value in (("low", "1"), ("high", "9")):
            field = desk.at(f"import-{end}-{dimension}")
            field.fill(value)
            field.press("Tab")
    said = {"en": "row 3: there is no video 'my take'", "ja": "my take"}
    expect(refusal).to_contain_text(said[desk.language])
    desk.at("import-video-0").select_option("talk.mp4")
    expect(refusal).to_have_count(0)
    expect(desk.at("import-go")).to_be_enabled()
    expect(desk.at("import-trial")).to_contain_text("2")
    command = desk.page.locator(".import-command")
    expect(command).to_contain_text("--column 'valence=pleasure'")
    expect(command).to_contain_text("--scale 'valence=1..9'")
    expect(command).to_contain_text("--video 'talk.mp4=my take'")
    desk.shoot("2-mapped")
    desk.at("import-go").click()
    expect(desk.at("import-done")).to_contain_text("2")
    with Project.open(study) as project:
        brought = [
            s.judgement
            for s in project.store.judgements()
            if s.judgement.origin == "import"
        ]
    assert [(j.rater, j.first_frame, j.value) for j in brought] == [
        ("mika", 3, (1.0, 0.0)),
        ("mika", 20, (-1.0, -1.0)),
    ]
    desk.shoot("3-done")


@ENGLISH
def test_what_is_no_table_is_refused_in_a_sentence(desk):
    open_import(desk)
    give_table(desk, "\x00\x01", "x.xlsx")
    expect(desk.at("panel-fault").or_(desk.at("import-refusal"))).to_contain_text(
        "x.xlsx"
    )
    desk.faults = [f for f in desk.faults if not f.startswith("400")]
    # A second one is looked at all the same.
    give_table(desk, "video,frame,valence,arousal\ntalk.mp4,7,0.5,0.5\n")
    expect(desk.at("import-go")).to_be_enabled()
    # A column of our own name that is not meant.
    desk.at("import-column-arousal").select_option("")
    expect(desk.at("import-refusal")).to_contain_text("lacks the column arousal")


@BOTH
def test_the_overview_says_how_far_the_work_is(desk):
    desk.at("open-overview").click()
    expect(desk.at("overview-videos").locator("tbody tr")).to_have_count(2)
    row = desk.at("overview-videos").locator("tr", has_text="talk.mp4")
    expect(row.locator("td").nth(0)).to_have_text("45")
    expect(row.locator("td").nth(1)).to_have_text("3")
    raters = desk.at("overview-raters").locator("tbody tr")
    expect(raters).to_have_count(1)
    expect(raters).to_contain_text("anna")
    expect(desk.at("overview-forecast")).to_be_visible()
    expect(desk.at("overview-audits")).to_be_visible()
    values = desk.at("values-valence")
    values.locator("summary").click()
    counts = values.locator("tbody td:nth-child(3)").all_inner_texts()
    assert sum(map(int, counts)) == 3
    desk.shoot("4-overview")
    values.scroll_into_view_if_needed()
    desk.shoot("5-values")


@BOTH
def test_the_page_says_what_confidence_rests_on(desk):
    sentence = {"en": "3 blind judgements of one clip", "ja": "1 本に 3 個"}
    says = re.compile(sentence[desk.language])
    desk.at("open-threshold").click()
    expect(desk.at("calibration")).to_contain_text(says)
    desk.shoot("6-threshold")
    desk.at("open-export").click()
    expect(desk.at("calibration")).to_contain_text(says)
    desk.page.get_by_role("radio").nth(1).check()  # what people said needs none
    expect(desk.at("calibration")).to_have_count(0)
    if desk.at("card-confidence").count():
        expect(desk.at("card-confidence")).to_have_attribute("title", says)


@BOTH
def test_a_provisional_model_is_learnt_anew(desk, study, truth):
    few = {"en": "learnt from 3 labels only", "ja": "3 個のラベルだけ"}
    desk.at("open-overview").click()
    expect(desk.at("model-state")).to_contain_text(few[desk.language])
    with desk.page.expect_response("**/api/model/learn") as answered:
        desk.at("learn").click()
    assert answered.value.status == 202
    expect(desk.at("learn")).to_be_enabled()
    with Project.open(study) as project:
        judge_truth(project, truth, frames=(8, 9))
    more = {"en": "learnt from 5 labels only", "ja": "5 個のラベルだけ"}
    # The server learns by itself, too, and says so.
    expect(desk.at("model-state")).to_contain_text(more[desk.language])


@BOTH
def test_a_backup_is_restored_on_the_start_page(desk, study, tmp_path):
    desk.at("open-overview").click()
    with desk.page.expect_download() as downloading:
        desk.at("backup").click()
    file = tmp_path / "study-backup.zip"
    downloading.value.save_as(file)
    desk.page.goto(desk.link.split("/p/")[0] + "/")
    expect(desk.at("restore-file")).to_be_visible()
    with Project.open(study) as project:
        purge(project, "pair.mp4")
    desk.at("restore-file").set_input_files(file)
    done = {"en": "with one video. Purged since, and left out: 1.", "ja": "動画 1 本"}
    expect(desk.at("restore-state")).to_contain_text(done[desk.language])
    links = desk.page.locator("a[href^='/p/']")
    expect(links.first).to_be_visible()
    desk.shoot("7-restored")
    (tmp_path / "no.zip").write_text("no")
    desk.at("restore-file").set_input_files(tmp_path / "no.zip")
    said = {"en": "no.zip is no backup", "ja": "no.zip はバックアップではないか"}
    expect(desk.at("restore-fault")).to_contain_text(said[desk.language])
    desk.faults = [f for f in desk.faults if not f.startswith("400")]
