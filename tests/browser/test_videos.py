"""Videos in and out, jobs, suggestions and settings, in a real browser.

`FELTLINE_SHOTS=folder` keeps pictures of it.
"""

import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect
from tests.browser.conftest import close_context
from tests.browser.rater import FACE_GONE, Rater
from tests.projects import copied, write_clip
from tests.serving import serving
from tests.soak import IS_SOAK

from feltline.fewshot import Budget
from feltline.lab.demo import portrait_clip
from feltline.pipeline import purge, suggest_in
from feltline.project import Project, ProjectSettings

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
# The others of this file are in English.
BOTH = pytest.mark.parametrize(
    ("language", "scheme"),
    [("en", "light"), ("ja", "dark")] if IS_SOAK else [("ja", "dark")],
    ids=str,
)
LONG_S = 60.0
"""So long a test waits for videos that are extracted on a busy machine."""


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A folder with one short clip, one long clip, and a text."""
    folder = tmp_path_factory.mktemp("clips")
    for name, seconds in (("short.mp4", 1.0), ("long.mp4", 16.0)):
        clip = portrait_clip(
            seconds=seconds, rate_hz=15.0, width=320, height=240, seed=len(name)
        )
        write_clip(folder / name, list(clip.frames()))
    (folder / "notes.txt").write_text("no video")
    return folder


@pytest.fixture
def media(clips, tmp_path):
    """A media root: `takes/short.mp4` in it."""
    folder = tmp_path / "media"
    (folder / "takes").mkdir(parents=True)
    shutil.copy(clips / "short.mp4", folder / "takes" / "short.mp4")
    return folder


@pytest.fixture
def study(project_template, tmp_path):
    with copied(project_template[0], tmp_path) as project:
        project.store.set_threshold(0.97, rater="anna")  # so that there is a queue
        return project.folder


@pytest.fixture
def empty(tmp_path):
    folder = tmp_path / "empty"
    settings = ProjectSettings(project_id="0" * 32, name="Empty", rater="mika")
    Project.init(folder, settings).close()
    return folder


@pytest.fixture
def person(browser, request):
    """Opens a page in a language and colours; faults of any page fail the test."""
    made = []

    def open_(language="en", scheme="light", width=1280, height=800):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=language,
            color_scheme=scheme,
        )
        someone = Rater(context.new_page(), f"videos-{language}-{request.node.name}")
        made.append((context, someone))
        return someone

    yield open_
    for context, someone in made:
        forgiven = someone.forgiven
        faults = [f for f in someone.faults if not (forgiven and forgiven.search(f))]
        close_context(context)
        assert faults == []


def no_serious_finding(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document)).violations")
    bad = [
        (v["id"], [n["html"][:120] for n in v["nodes"]])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert bad == []


def job(someone, kind, state="done"):
    """The one job of a kind that is shown, once it stands so."""
    found = someone.page.locator(f'[data-testid="job"][data-kind="{kind}"]')
    expect(found).to_have_attribute("data-state", state, timeout=LONG_S * 1000)
    return found


def open_videos(someone, address):
    """Open the page, and on it the panel of videos."""
    someone.page.goto(address)
    expect(someone.at("queue-card")).to_be_visible()  # keys work from now on
    someone.press("l")
    expect(someone.at("panel-videos")).to_be_visible()


def drop(page, *paths):
    """Let files and folders of the disk go over the page, as a file manager does."""
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": list(map(str, paths)), "dragOperationsMask": 1}
    where = {"x": 400, "y": 300, "data": data}
    for kind in ("dragEnter", "dragOver"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, **where})
    yield
    devtools.send("Input.dispatchDragEvent", {"type": "drop", **where})


@BOTH
def test_an_empty_project_says_how_to_begin(
    person, tmp_path, empty, clips, language, scheme
):
    someone = person(language, scheme)
    page = someone.page
    with serving(tmp_path / "home", str(empty)) as link:
        page.goto(link)
        expect(someone.at("empty-folder")).to_contain_text(str(empty))
        expect(page.locator(".empty-steps li")).to_have_count(4)
        someone.shoot("1-empty")
        no_serious_finding(page)
        page.set_viewport_size({"width": 390, "height": 844})
        someone.shoot("1-empty-phone")
        page.set_viewport_size({"width": 1280, "height": 800})
        someone.at("choose-input").first.set_input_files(
            [clips / "short.mp4", clips / "notes.txt"]
        )
        # A refusal says why, in the language of the page.
        refused = page.locator('[data-testid="upload"][data-state="refused"]')
        why = {"en": "no video or picture", "ja": "拡張子"}[language]
        expect(refused).to_contain_text(why)
        expect(someone.at("queue-card")).not_to_have_attribute(
            "data-item", "", timeout=LONG_S * 1000
        )
        # What became of the files and the next step are at hand, without a key.
        expect(someone.at("panel-videos")).to_be_visible()
        done = job(someone, "add")
        expect(done.get_by_test_id("job-added")).to_contain_text("short.mp4")
        refused.get_by_test_id("upload-remove").click()
        expect(someone.at("upload")).to_have_count(0)
        expect(someone.at("video-row")).to_have_count(1)
        someone.shoot("2-added")
        no_serious_finding(page)
        # The next step is at hand, and comes up without a reload.
        someone.at("suggest-new").click()
        expect(someone.at("queue-card")).to_have_attribute(
            "data-lane", "suggested", timeout=LONG_S * 1000
        )
        expect(someone.at("blind")).to_be_visible()
        job(someone, "suggest")
        someone.shoot("3-suggested")
        page.set_viewport_size({"width": 390, "height": 844})
        someone.shoot("3-suggested-phone")


def test_files_and_folders_are_dropped_anywhere(person, tmp_path, study, media, clips):
    someone = person()
    page = someone.page
    shutil.copy(clips / "notes.txt", media / "takes" / "notes.txt")
    (media / "takes" / "deep").mkdir()
    shutil.copy(clips / "short.mp4", media / "takes" / "deep" / "again.mp4")
    with serving(tmp_path / "home", str(study)) as link:
        page.goto(link)
        expect(someone.at("queue-card")).to_be_visible()
        for _ in drop(page, media / "takes"):
            expect(someone.at("drop-hint")).to_be_visible()
            someone.shoot("1-over")
        expect(someone.at("drop-hint")).to_have_count(0)
        expect(someone.at("notice").first).to_contain_text("One file in a folder")
        expect(someone.at("video-row")).to_have_count(3, timeout=LONG_S * 1000)
        # Both were sent, and are one content.
        known = someone.at("job-known")
        expect(known.first).to_be_visible(timeout=LONG_S * 1000)
        someone.shoot("2-dropped")
    copies = {path.name for path in (study / ".feltline/uploads").iterdir()}
    # The copy that became no video of its own is not kept; which of them, chance says.
    assert len(copies) == 1
    assert copies < {"short.mp4", "again.mp4"}


@BOTH
def test_a_folder_is_browsed_and_a_file_moved_and_purged(
    person, tmp_path, study, media, language, scheme
):
    someone = person(language, scheme)
    # The queue may be asked for once more while its video is being purged; and a face,
    # while its file is away.
    someone.forgiven = re.compile(
        rf"{FACE_GONE.pattern}|^404 .*/queue\?.*only="
        r"|^409 .*/short\.mp4/|status of 409"
    )
    page = someone.page
    with serving(tmp_path / "home", str(study), "--media", str(media)) as link:
        page.goto(link)
        expect(someone.at("queue-card")).to_be_visible()
        someone.press("l")
        someone.at("browse-media").click()
        someone.at("media-folder").get_by_text(str(media)).click()
        someone.at("media-folder").get_by_text("takes").click()
        expect(someone.at("media-path")).to_have_text(str(media / "takes"))
        someone.at("media-file").check()
        someone.shoot("1-browsed")
        no_serious_finding(page)
        someone.at("media-add").click()
        job(someone, "add")
        someone.at("job-put-away").click()
        expect(someone.at("job")).to_have_count(0)
        row = page.locator(".video-entry", has_text="short.mp4")
        expect(row).to_be_visible()
        # Moved: found again by its content.
        (media / "takes" / "short.mp4").rename(media / "moved.mp4")
        row.get_by_test_id("video-menu").click()
        someone.at("relocate").click()
        someone.at("media-folder").get_by_text(str(media)).click()
        someone.at("media-file").get_by_text("moved.mp4").click()
        expect(job(someone, "relocate")).to_contain_text("short.mp4")
        someone.at("job-put-away").click()
        with Project.open(study) as project:
            record = project.store.video("short.mp4")
            assert project.path_of(record) == media / "moved.mp4"
        # Removed, by the keyboard, at the second press.
        row.get_by_test_id("video-row").click()
        expect(someone.at("video")).to_have_attribute("data-video", "short.mp4")
        row.get_by_test_id("video-menu").click()
        someone.at("purge").click()
        expect(someone.at("purge-yes")).to_be_focused()
        expect(someone.at("purge-what")).to_contain_text("short.mp4")
        someone.shoot("2-purge")
        no_serious_finding(page)
        page.keyboard.press("Enter")
        job(someone, "purge")
        expect(someone.at("video-row")).to_have_count(2)
        nothing_of(someone, "short.mp4")
        someone.shoot("3-purged")
    assert (media / "moved.mp4").exists()


def nothing_of(someone, name):
    """Nothing of a video is on the page but what says that it is gone."""
    page = someone.page
    expect(someone.at("videos")).not_to_contain_text(name)
    expect(someone.at("video")).not_to_have_attribute("data-video", name)
    expect(someone.at("queue-card")).not_to_contain_text(name)
    addresses = page.eval_on_selector_all("img, video", "all => all.map(x => x.src)")
    assert [a for a in addresses if name in a] == []


def test_frames_that_a_terminal_suggests_come_up_blind(person, tmp_path, study):
    someone = person()
    page = someone.page
    with serving(tmp_path / "home", str(study)) as link:
        page.goto(link)
        card = someone.at("queue-card")
        expect(card).to_have_attribute("data-lane", "queue")
        expect(card).not_to_have_attribute("data-item", "")
        with Project.open(study) as project:
            suggest_in(project, Budget(total=3))
        expect(card).to_have_attribute("data-lane", "suggested")
        expect(card).to_have_attribute("data-kind", "suggested")
        expect(someone.at("blind")).to_be_visible()
        expect(someone.at("position")).to_contain_text("1 of 3")
        # Who goes on without them is not called back by what others do.
        someone.press("n", "n", "n")
        expect(card).to_have_attribute("data-lane", "queue")
        with Project.open(study) as project:
            project.store.set_threshold(0.96, rater="ben")
        expect(someone.at("position")).to_contain_text("of")
        page.wait_for_timeout(5000)
        expect(card).to_have_attribute("data-lane", "queue")


def test_a_value_that_was_begun_is_finished_before_suggested_frames(
    person, tmp_path, study
):
    someone = person()
    page = someone.page
    with serving(tmp_path / "home", str(study)) as link:
        page.goto(link)
        card = someone.at("queue-card")
        expect(card).to_have_attribute("data-lane", "queue")
        expect(card).not_to_have_attribute("data-item", "")
        before = someone.item()
        someone.press("ArrowUp")
        with Project.open(study) as project:
            suggest_in(project, Budget(total=3))
        expect(card).to_have_attribute("data-lane", "suggested")
        assert someone.item() == before
        someone.press("Enter")
        expect(card).to_have_attribute("data-kind", "suggested")
        someone.saved()


def test_after_a_purge_in_a_terminal_the_page_shows_nothing_of_it(
    person, tmp_path, study
):
    someone = person()
    someone.forgiven = re.compile(rf"{FACE_GONE.pattern}|^404 .*/queue\?.*only=")
    with serving(tmp_path / "home", str(study)) as link:
        open_videos(someone, link)
        row = someone.at("video-row").get_by_text("talk.mp4")
        row.click()
        card = someone.at("queue-card")
        expect(card).to_contain_text("talk.mp4")
        expect(someone.at("video")).to_have_attribute("data-video", "talk.mp4")
        with Project.open(study) as project:
            purge(project, "talk.mp4")
        expect(someone.at("video-row")).to_have_count(1)
        nothing_of(someone, "talk.mp4")
        expect(someone.at("video-all")).to_have_attribute("aria-pressed", "true")
        expect(card).to_contain_text("pair.mp4")
        with Project.open(study) as project:
            purge(project, "pair.mp4")
        expect(someone.at("video-row")).to_have_count(0)
        nothing_of(someone, "pair.mp4")
        expect(card).to_have_attribute("data-item", "")
        expect(someone.at("empty-folder")).to_be_visible()
        # There is nothing to accept.
        expect(someone.at("decide-accept")).to_be_disabled()
        expect(someone.at("notice")).to_have_count(0)


def test_a_reload_in_the_middle_of_a_job_loses_nothing(person, tmp_path, study, clips):
    someone = person()
    page = someone.page
    with serving(tmp_path / "home", str(study)) as link:
        open_videos(someone, link)
        someone.at("choose-input").set_input_files(clips / "long.mp4")
        expect(someone.at("job-progress")).to_contain_text("of 240", timeout=60_000)
        open_videos(someone, page.url)
        expect(someone.at("job-progress")).to_contain_text("of 240")
        someone.shoot("1-going")
        expect(someone.at("job-progress")).to_contain_text("left")
        someone.at("job-cancel").click()
        job(someone, "add", "cancelled")
        expect(someone.at("video-row")).to_have_count(2)
        someone.at("job-put-away").click()
        open_videos(someone, page.url)
        expect(someone.at("video-row")).to_have_count(2)
        expect(someone.at("job")).to_have_count(0)


def test_an_upload_is_cancelled_and_sent_again_after_a_break(
    person, tmp_path, study, clips
):
    someone = person()
    someone.forgiven = re.compile("ERR_FAILED|net::")
    page = someone.page
    with serving(tmp_path / "home", str(study)) as link:
        open_videos(someone, link)
        page.route("**/api/uploads*", lambda route: route.abort())
        someone.at("choose-input").set_input_files(clips / "short.mp4")
        expect(someone.at("upload")).to_have_attribute("data-state", "broken")
        expect(someone.at("upload")).to_contain_text("sent again")
        someone.shoot("1-broken")
        someone.at("upload-remove").click()
        expect(someone.at("upload")).to_have_count(0)
        someone.at("choose-input").set_input_files(clips / "short.mp4")
        expect(someone.at("upload")).to_have_attribute("data-state", "broken")
        page.unroute("**/api/uploads*")
        someone.at("upload-retry").click()
        job(someone, "add")
        expect(someone.at("upload")).to_have_count(0)
        expect(someone.at("video-row")).to_have_count(3)


def test_files_under_way_are_asked_about_and_named_after_a_reload(
    person, tmp_path, study, clips
):
    someone = person()
    someone.forgiven = re.compile("a dialog")
    page = someone.page
    asked = []

    def accepted(dialog):
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accepted)
    with serving(tmp_path / "home", str(study)) as link:
        open_videos(someone, link)
        held = []
        page.route("**/api/uploads?*", lambda route: held.append(route))
        chosen = [clips / "short.mp4", clips / "long.mp4"]
        someone.at("choose-input").set_input_files(chosen)
        expect(someone.at("upload")).to_have_count(2)
        page.reload()
        assert asked == ["beforeunload"]
        expect(someone.at("notice")).to_contain_text("2 files did not arrive")
        page.unroute("**/api/uploads?*")
        open_videos(someone, page.url)
        lost = someone.at("uploads-lost")
        expect(lost).to_contain_text("short.mp4, long.mp4")
        someone.shoot("1-lost")
        no_serious_finding(page)
        someone.at("choose-input").set_input_files(clips / "short.mp4")
        expect(lost).not_to_contain_text("short.mp4")
        someone.at("uploads-lost-dismiss").click()
        expect(lost).to_have_count(0)
        job(someone, "add")
        expect(someone.at("video-row")).to_have_count(3)


@BOTH
def test_what_could_not_be_read_is_tried_again(
    person, tmp_path, study, media, clips, language, scheme
):
    someone = person(language, scheme)
    page = someone.page
    (media / "takes" / "late.mp4").write_bytes(b"not copied to its end")
    with serving(tmp_path / "home", str(study), "--media", str(media)) as link:
        open_videos(someone, link)
        someone.at("browse-media").click()
        someone.at("media-folder").get_by_text(str(media)).click()
        someone.at("media-folder-take").click()
        failed = job(someone, "add").get_by_test_id("job-failed")
        expect(failed).to_contain_text("late.mp4")
        someone.shoot("1-failed")
        no_serious_finding(page)
        shutil.copy(clips / "long.mp4", media / "takes" / "late.mp4")
        someone.at("job-again").click()
        expect(someone.at("job-again")).to_have_count(0)
        expect(someone.at("job")).to_have_count(1)
        expect(job(someone, "add").get_by_test_id("job-added")).to_contain_text("late")
        expect(someone.at("job-again")).to_have_count(0)
        expect(someone.at("video-row")).to_have_count(4)


def test_a_folder_of_pictures_is_dropped_as_one_video(person, tmp_path, study):
    someone = person()
    page = someone.page
    walk = tmp_path / "walk"
    walk.mkdir()
    clip = portrait_clip(seconds=0.3, rate_hz=15.0, width=320, height=240, seed=5)
    for n, rgb in enumerate(clip.frames()):
        assert cv2.imwrite(str(walk / f"{n}.png"), np.asarray(rgb)[..., ::-1])
    with serving(tmp_path / "home", str(study)) as link:
        page.goto(link)
        expect(someone.at("queue-card")).to_be_visible()
        for _ in drop(page, walk):
            expect(someone.at("drop-hint")).to_be_visible()
        expect(job(someone, "add").get_by_test_id("job-added")).to_contain_text("walk")
        expect(someone.at("video-row")).to_have_count(3)
    with Project.open(study) as project:
        assert project.store.video("walk").n_frames == len(list(walk.iterdir()))


def test_frames_are_suggested_of_chosen_videos(person, tmp_path, study):
    someone = person()
    page = someone.page
    with serving(tmp_path / "home", str(study)) as link:
        open_videos(someone, link)
        someone.at("open-suggest").click()
        someone.at("suggest-number").fill("0")
        expect(someone.at("suggest-go")).to_be_disabled()
        someone.at("suggest-how").select_option("total")
        someone.at("suggest-number").fill("4")
        someone.at("suggest-chosen").check()
        expect(someone.at("suggest-go")).to_be_disabled()
        page.get_by_label("pair.mp4", exact=True).check()
        someone.shoot("1-form")
        no_serious_finding(page)
        someone.at("suggest-go").click()
        expect(job(someone, "suggest")).to_contain_text("4 frames of one video")
        expect(someone.at("queue-card")).to_have_attribute("data-lane", "suggested")
    with Project.open(study) as project:
        assert {s.video_id for s in project.store.suggestions()} == {"pair.mp4"}


@BOTH
def test_settings_are_said_in_words_and_changed(
    person, tmp_path, study, language, scheme
):
    someone = person(language, scheme)
    someone.forgiven = re.compile(r"\b(400|422)\b")
    page = someone.page
    with serving(tmp_path / "home", str(study)) as link:
        open_videos(someone, link)
        someone.at("open-settings").click()
        expect(someone.at("settings-save")).to_be_disabled()
        expect(someone.at("settings-fixed")).to_contain_text(str(study))
        someone.at("setting-tolerance").fill("7")
        someone.at("settings-save").click()
        expect(someone.at("panel-fault")).to_be_visible()
        someone.at("setting-tolerance").fill("0.3")
        someone.at("setting-name").fill("表情 2")
        someone.at("settings-save").click()
        expect(someone.at("settings-save")).to_be_disabled()
        expect(page.locator(".brand b")).to_have_text("表情 2")
        someone.shoot("1-settings")
        no_serious_finding(page)
        page.set_viewport_size({"width": 390, "height": 844})
        someone.shoot("1-settings-phone")
    with Project.open(study) as project:
        assert project.settings.tolerance == 0.3
        assert project.settings.name == "表情 2"
