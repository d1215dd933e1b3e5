"""Videos in and out, jobs, suggestions and settings, in a real browser.

`FELTLINE_SHOTS=folder` keeps pictures of it.
"""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.rater import FACE_GONE
from tests.browser.videos import (
    BOTH,
    LONG_S,
    empty_study,
    job,
    made_clips,
    media_root,
    no_serious_finding,
    open_videos,
    people,
    queued_study,
)
from tests.serving import serving

from feltline.fewshot import Budget
from feltline.pipeline import purge, suggest_in
from feltline.project import Project

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A folder with one short clip, one long clip, and a text."""
    return made_clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture
def study(project_template, tmp_path):
    return queued_study(project_template[0], tmp_path)


@pytest.fixture
def empty(tmp_path):
    return empty_study(tmp_path)


@pytest.fixture
def person(browser, request):
    with people(browser, request.node.name) as open_:
        yield open_


@pytest.fixture
def media(clips, tmp_path):
    return media_root(clips, tmp_path)


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
        someone.press("g")
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
