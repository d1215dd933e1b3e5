"""Folders as cameras, NAS boxes, systems and people leave them."""

import os
from collections import Counter

import pytest
from PIL import Image

from feltline.errors import InputError, VideoError
from feltline.pipeline import WatchedFiles, expand_sources
from feltline.pipeline.watched_files import STEADY_LOOKS
from feltline.video import PICTURE_SUFFIXES, VIDEO_SUFFIXES, frame_times, read_frames


def lay(folder, *names):
    """Empty files; a name that ends in / is a folder."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.touch()
    return folder


def found_in(folder):
    passed: Counter[str] = Counter()
    found = expand_sources([str(folder)], may_be_empty=True, passed_over=passed)
    return [os.path.relpath(f, folder) for f in found], +passed


@pytest.mark.parametrize(
    "name",
    [
        "@eaDir/talk.mp4/SYNOVIDEO_VIDEO_SCREENSHOT.jpg",
        "._talk.mp4",
        ".hidden.mp4",
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "__MACOSX/._talk.mp4",
        "#recycle/old.mp4",
        "$RECYCLE.BIN/old.mp4",
        ".Trashes/old.mp4",
        "System Volume Information/old.mp4",
        "~$talk.mp4",
    ],
)
def test_what_systems_leave_is_passed_over(tmp_path, name):
    found, passed = found_in(lay(tmp_path, "talk.mp4", name))
    assert found == ["talk.mp4"]
    assert passed == {"hidden or system file": 1}


@pytest.mark.parametrize("picture", ["talk.jpg", "poster.PNG", "cover.webp", "f.tif"])
@pytest.mark.parametrize("place", ["", "day1/", "day1/morning/"])
def test_pictures_beside_videos_are_no_sequence(tmp_path, picture, place):
    found, passed = found_in(lay(tmp_path, picture, f"{place}talk.mp4"))
    assert found == [f"{place}talk.mp4"]
    assert passed == {"picture beside videos": 1}


def test_a_folder_that_holds_videos_is_not_read_as_pictures(tmp_path):
    lay(tmp_path, "1.jpg", "talk.mp4")
    with pytest.raises(VideoError, match=r"holds videos \(talk\.mp4\)"):
        frame_times(tmp_path)


@pytest.mark.parametrize("target", ["..", ".", "../..", "/absolute"])
def test_loops_of_links_end(tmp_path, target):
    top = tmp_path / "top"
    lay(top, "l/sub/talk.mp4", "l/other.mp4")
    link = top / "l/sub/loop"
    link.symlink_to(top if target == "/absolute" else target)
    found, _ = found_in(top)
    assert sorted(found) == ["l/other.mp4", "l/sub/talk.mp4"]


def test_a_file_that_links_lead_to_is_taken_once(tmp_path):
    lay(tmp_path, "a/talk.mp4", "b/")
    (tmp_path / "b/again.mp4").symlink_to(tmp_path / "a/talk.mp4")
    (tmp_path / "c").symlink_to(tmp_path / "a")
    assert found_in(tmp_path)[0] == ["a/talk.mp4"]


@pytest.mark.parametrize(
    "names",
    [
        ["1.mp4", "2.mp4", "10.mp4"],
        ["take 9 (2).mp4", "take 9 (10).mp4", "take 11.mp4"],
        ["S1E2.mp4", "S1E10.mp4", "S2E1.mp4"],
        ["f08.mp4", "f9.mp4", "f010.mp4"],
        ["7.mp4", f"{10**400}.mp4"[:200] + ".mp4"],
    ],
)
def test_names_are_in_natural_order(tmp_path, names):
    assert found_in(lay(tmp_path, *reversed(names)))[0] == names


def test_pictures_are_in_natural_order(tmp_path):
    for number, grey in ((1, 10), (10, 90), (2, 50)):
        Image.new("L", (32, 32), grey).save(tmp_path / f"{number}.png")
    assert [int(f.rgb.mean()) for f in read_frames(tmp_path)] == [10, 50, 90]


@pytest.mark.parametrize("suffix", PICTURE_SUFFIXES)
def test_a_sequence_of_any_kind_of_picture_is_found(tmp_path, suffix):
    lay(tmp_path, f"1{suffix}", f"2{suffix.upper()}", "notes.txt")
    assert found_in(tmp_path) == (["."], {".txt": 1})


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_every_kind_of_video_is_found(tmp_path, suffix):
    lay(tmp_path, f"a{suffix}", f"b{suffix.upper()}")
    assert found_in(tmp_path) == ([f"a{suffix}", f"b{suffix.upper()}"], {})


def test_what_is_passed_over_is_counted(tmp_path):
    lay(tmp_path, "talk.mp4", "a.srt", "b.srt", "c.PDF", "README", "x/d.srt")
    assert found_in(tmp_path)[1] == {
        ".srt": 3,
        ".pdf": 1,
        "file without an ending": 1,
    }


def test_a_folder_of_nothing_but_system_files_is_refused(tmp_path):
    with pytest.raises(InputError, match="neither videos nor pictures"):
        expand_sources([str(lay(tmp_path, "._a.mp4", "@eaDir/a.jpg"))])


class TestWatching:
    """`feltline add --watch`: what is ready, and when again."""

    @staticmethod
    def look(watched, *files, times=1):
        ready = []
        for _ in range(times):
            ready += watched.ready(map(str, files))
        return [os.path.basename(r) for r in ready]  # noqa: PTH119 - of text

    def test_a_file_is_ready_once_when_it_stopped_growing(self, tmp_path):
        path, watched = tmp_path / "a.ts", WatchedFiles()
        for size in range(1, 6):
            path.write_bytes(bytes(size))
            assert self.look(watched, path, times=STEADY_LOOKS - 1) == []
        assert self.look(watched, path, times=9) == ["a.ts"]

    def test_what_stalled_and_went_on_is_ready_again(self, tmp_path):
        path, watched = tmp_path / "a.mp4", WatchedFiles()
        path.write_bytes(bytes(10))
        assert self.look(watched, path, times=9) == ["a.mp4"]
        path.write_bytes(bytes(20))
        assert self.look(watched, path, times=9) == ["a.mp4"]

    def test_the_same_size_at_another_time_is_a_change(self, tmp_path):
        path, watched = tmp_path / "a.mp4", WatchedFiles()
        path.write_bytes(bytes(10))
        self.look(watched, path, times=9)
        os.utime(path, ns=(1, 1))
        assert self.look(watched, path, times=9) == ["a.mp4"]

    def test_what_is_known_is_ready_only_when_it_changes(self, tmp_path):
        path = tmp_path / "a.mp4"
        path.write_bytes(bytes(10))
        watched = WatchedFiles([str(path)])
        assert self.look(watched, path, times=9) == []
        path.write_bytes(bytes(20))
        assert self.look(watched, path, times=9) == ["a.mp4"]

    def test_empty_and_vanished_files_wait(self, tmp_path):
        path, watched = tmp_path / "a.mp4", WatchedFiles()
        path.touch()
        assert self.look(watched, path, tmp_path / "gone.mp4", times=9) == []

    def test_a_folder_of_pictures_waits_for_the_last(self, tmp_path):
        watched = WatchedFiles()
        for number in range(3):
            (tmp_path / f"{number}.png").write_bytes(bytes(5))
            assert self.look(watched, tmp_path, times=STEADY_LOOKS - 1) == []
        assert self.look(watched, tmp_path, times=9) == [tmp_path.name]
