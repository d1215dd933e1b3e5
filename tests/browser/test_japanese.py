# ruff: noqa: RUF001 - signs of Japanese that look like others
"""The page in Japanese: no English is left, and what is refused is said in Japanese.

`FELTLINE_SHOTS=folder` keeps pictures.
"""

import json
import re
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import close_context
from tests.browser.rater import Rater, stored, until_judgements
from tests.browser.test_data import give_table, open_import
from tests.docs.test_japanese import JAPANESE, former_words
from tests.projects import copied
from tests.serving import served, serving

from feltline.fewshot import Budget
from feltline.pipeline import suggest_in

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

TEXTS = (Path(__file__).parent / "visible_text.js").read_text(encoding="utf-8")

NAMES = {
    # What users and projects are called; languages are named in themselves.
    *("feltline", "anna", "study", "project", "English"),
    # Formats, keys and units.
    *("Excel", "Label", "Studio", "Parquet", "Lines", "Ctrl", "Shift", "Alt", "Enter"),
    *("Space", "Esc", "Tab", "Home", "End", "Backspace", "kB", "Hz", "px", "dev"),
}
TYPED = re.compile(
    r"affect-s(\+geometry)?|feltline( [a-z]+)?|--[a-z-]+|/[\w./-]+"
    r"|\w*\.(mp4|csv|xlsx|toml|zip)\b|\b[A-Z0-9+_-]{1,8}\b"
)
"""Commands, files and short forms are the same in every language."""


PARTED = re.compile(
    r"\S*(?:[ぁ-んァ-ヶー一-龠] [ぁ-んァ-ヶ一-龠（「]|[。、）」] \S)\S*"
)
"""A space within Japanese: it stands beside numbers and Latin letters only."""


def english_in(texts, names=NAMES):
    """Texts with words in Latin letters that are no names."""
    left = []
    for text in texts:
        words = re.findall(r"[A-Za-z][A-Za-z’']*[A-Za-z]", TYPED.sub(" ", text))
        if any(word not in names for word in words):
            left.append(text)
    return left


def is_japanese(rater, what, names=NAMES):
    texts = rater.page.evaluate(TEXTS)
    assert any(JAPANESE.search(text) for text in texts), what
    assert english_in(texts, names) == [], what
    assert [former_words(text) for text in texts if former_words(text)] == [], what
    whole = rater.page.evaluate("document.body.innerText")
    assert PARTED.findall(whole) == [], what
    rater.shoot(what)


def test_english_is_found():
    texts = ["動画 a.mp4", "Nothing left", "Ctrl+Z で元に戻す", "feltline add で追加"]
    assert english_in([*texts, "V 0.3", "Enter で saved"]) == [
        "Nothing left",
        "Enter で saved",
    ]


def test_a_space_within_japanese_is_found():
    assert PARTED.findall("3 個に 1 分未満 かかりました。 次は") == [
        "分未満 かかりました。",
    ]
    assert PARTED.findall("2 分かかりました。次は a.mp4 です") == []


@pytest.fixture
def study(project_template, tmp_path):
    """A project with suggested frames and a queue."""
    with copied(project_template[0], tmp_path) as project:
        suggest_in(project, Budget(total=3))
        project.store.set_threshold(0.97, rater="anna")
        return project.folder


@pytest.fixture(params=["light", "dark"])
def rater(browser, study, request):
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        locale="ja",
        color_scheme=request.param,
        accept_downloads=True,
    )
    with served(study) as link:
        made = Rater(context.new_page(), f"japanese-{request.param}")
        made.page.goto(link)
        expect(made.at("queue-card")).to_be_visible()
        yield made
        forgiven = made.forgiven
        assert [f for f in made.faults if not (forgiven and forgiven.search(f))] == []
        close_context(context)


def sheet(rater, name):
    rater.at(f"open-{name}").click()
    expect(rater.at(f"panel-{name}")).to_be_visible()
    rater.page.wait_for_load_state("networkidle")
    rater.page.wait_for_timeout(300)


SHEETS = (
    "threshold",
    "sheet",
    "faces",
    "history",
    "team",
    "overview",
    "export",
    "guide",
    "help",
)


def test_no_screen_holds_english(rater):
    is_japanese(rater, "1-suggested")
    for _ in range(3):  # those that were suggested
        item = rater.item()
        rater.press("ArrowUp", "2", "Enter")
        expect(rater.at("queue-card")).not_to_have_attribute("data-item", item)
    rater.saved()
    expect(rater.at("queue-card")).to_have_attribute("data-lane", "queue")
    is_japanese(rater, "2-queue")
    for key in ("Enter", "u", "s", "x"):
        item = rater.item()
        if rater.at("blind").count():
            key = "s"
        rater.press(key)
        expect(rater.at("queue-card")).not_to_have_attribute("data-item", item)
    rater.saved()
    rater.press("Control+z")
    rater.saved()
    is_japanese(rater, "3-undone")
    rater.press("m", "i", "ArrowRight", "o")
    is_japanese(rater, "4-free")
    rater.press("m")
    for name in SHEETS:
        sheet(rater, name)
        is_japanese(rater, f"5-{name}")
        rater.press("Escape")
    rater.at("videos").click()
    expect(rater.at("panel-videos")).to_be_visible()
    is_japanese(rater, "6-videos")
    for name in ("suggest", "settings"):
        rater.at(f"open-{name}").click()
        expect(rater.at(f"{name}-form")).to_be_visible()
        is_japanese(rater, f"6-{name}")


def test_why_a_video_cannot_be_added_is_said_in_japanese(rater):
    rater.at("videos").click()
    file = {"name": "words.mp4", "mimeType": "video/mp4", "buffer": b"no video\n" * 99}
    rater.at("choose-input").first.set_input_files(file)
    failed = rater.at("job-failed").or_(rater.at("job-fault"))
    expect(failed.first).to_contain_text("動画として読み取れません")
    is_japanese(rater, "6-failed")


def test_a_refused_merge_says_why_in_japanese(rater):
    rater.forgiven = re.compile(r"^400 .*/merge$|status of 400")
    rater.at("videos").click()
    rater.at("video-row").filter(has_text="pair.mp4").click()
    rater.press("Escape", "b")
    panel = rater.at("panel-faces")
    expect(panel).to_be_visible()
    rater.at("face-actions-1").click()
    rater.at("face-merge-1").select_option("0")
    rater.at("face-merge-do-1").click()
    fault = panel.get_by_text("別々の顔のため統合できません")
    expect(fault).to_be_visible()
    assert "pair.mp4 の顔 1 と顔 0 は、どちらもフレーム" in fault.inner_text()
    fault.click(trial=True)  # nothing lies on it, its own menu neither
    is_japanese(rater, "7-merge")
    # A switch of the language is heard by the very next request.
    rater.at("language").select_option("en")
    rater.at("face-actions-1").click()
    rater.at("face-merge-do-1").click()
    expect(panel.get_by_text("so they are two faces")).to_be_visible()


def test_a_table_is_brought_in_in_japanese(rater):
    columns = {"clip", "frame", "pleasure", "coder", "mika", "talk", "my", "take"}
    columns |= {"valence", "arousal", "video", "rater", "time_s"}
    typed = {"labels", "import", "column", "scale", "theirs", "csv", "time"}
    rater.forgiven = re.compile(r"^400 .*/labels/(preview|import)|status of 400")
    open_import(rater)
    is_japanese(rater, "10-import")
    give_table(rater, "clip,frame,pleasure,coder\ntalk,3,9,mika\nmy take,20,1,mika\n")
    expect(rater.at("import-rows").locator("tbody tr")).to_have_count(2)
    expect(rater.at("import-refusal")).to_be_visible()
    is_japanese(rater, "11-import-refused", NAMES | columns | typed)
    give_table(rater, "\x00\x01", "x.xlsx")
    expect(rater.at("panel-fault")).to_contain_text("x.xlsx")
    is_japanese(rater, "12-import-no-table")


def test_tour_keys_and_menus_are_in_japanese(rater):
    rater.at("tour-offer").click()
    for step in range(8):
        expect(rater.at("tour")).to_be_visible()
        is_japanese(rater, f"13-tour-{step}")
        rater.press("Enter")
    expect(rater.at("tour")).to_have_count(0)
    sheet(rater, "help")
    rater.at("change-keys").check()
    is_japanese(rater, "14-keys")
    faulty = {"feltline_keys": 1, "keys": {"skip": ["x"]}}
    for text in (json.dumps(faulty), "no keys"):
        file = {"name": "k.json", "mimeType": "", "buffer": text.encode()}
        rater.at("import-keys").set_input_files(file)
        expect(rater.at("panel-fault").first).to_be_visible()
        is_japanese(rater, "14-keys-refused")
    rater.press("Escape")
    rater.at("videos").click()
    row = rater.page.locator(".video-entry", has_text="pair.mp4")
    row.get_by_test_id("video-menu").click()
    is_japanese(rater, "15-menu")
    rater.at("purge").click()
    expect(rater.at("purge-what")).to_be_visible()
    is_japanese(rater, "15-purge")
    rater.at("browse-media").click()
    is_japanese(rater, "15-browse")


def test_what_the_server_refuses_of_a_judgement_is_said_in_japanese(rater, study):
    """Another sentence of the outbox: an answer that the server does not take."""
    rater.forgiven = re.compile(r"^400 .*/judgements$|status of 400")

    def other_value(route):
        body = json.loads(route.request.post_data)
        body["value"] = [40.0] * len(body["value"])
        route.continue_(post_data=json.dumps(body))

    rater.page.route("**/api/judgements", other_value)
    rater.press("ArrowUp", "a", "ArrowUp", "Enter")
    refused = rater.page.get_by_text("範囲は -1.0 から 1.0 までです").or_(
        rater.page.get_by_text("範囲は -1 から 1 までです")
    )
    expect(refused.first).to_be_visible()
    is_japanese(rater, "8-refused")
    assert until_judgements(study, lambda found: found == []) == []


def test_history_is_in_japanese(rater, study):
    sheet(rater, "export")
    with rater.page.expect_download():
        rater.at("export").click()
    rater.press("Escape")
    location = stored(study, lambda s: s.video("talk.mp4").location)
    stored(study, lambda s: s.relocate_video("talk.mp4", location, rater="anna"))
    sheet(rater, "history")
    panel = rater.at("panel-history")
    for words in ("書き出し（最終値）", "動画の新しい場所を登録"):
        expect(panel.get_by_text(words).first).to_be_visible()
    is_japanese(rater, "9-history")


def test_start_and_sign_in_pages_are_in_japanese(browser, tmp_path, study):
    context = browser.new_context(locale="ja", viewport={"width": 1280, "height": 800})
    rater = Rater(context.new_page(), "japanese-start")
    with serving(tmp_path / "home", "--all", str(study)) as link:
        rater.page.goto(link.partition("?")[0])
        expect(rater.page.get_by_role("heading")).to_be_visible()
        is_japanese(rater, "sign-in")
        rater.page.goto(link)
        expect(rater.page.get_by_role("link", name="study")).to_be_visible()
        is_japanese(rater, "start", NAMES | {study.name, "home"})
        (tmp_path / "no.zip").write_text("no")
        rater.at("restore-file").set_input_files(tmp_path / "no.zip")
        expect(rater.at("restore-fault")).to_contain_text("バックアップではないか")
        is_japanese(rater, "start-refused", NAMES | {study.name, "home"})
    context.close()


def test_who_asks_for_nothing_is_answered_in_english(study):
    with served(study) as link:
        base = link.partition("?")[0].rstrip("/")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{base}/api/session")  # noqa: S310 - of this machine
        said = json.loads(refused.value.read())["error"]
    assert said.startswith("you are not signed in")
