"""Files and folders that are sent to the page in a real browser: dropped, cut off, bad.

`FELTLINE_SHOTS=folder` keeps pictures.
"""

import re
import shutil

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect
from tests.browser.videos import (
    BOTH,
    LONG_S,
    drop,
    job,
    made_clips,
    media_root,
    no_serious_finding,
    open_videos,
    people,
    queued_study,
)
from tests.serving import serving

from feltline.lab.demo import portrait_clip
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
def media(clips, tmp_path):
    return media_root(clips, tmp_path)


@pytest.fixture
def person(browser, request):
    with people(browser, request.node.name) as open_:
        yield open_


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
