"""Folders as people have them: what is found in them, in which order, and how often."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from feltline import video
from feltline.errors import InputError, VideoError
from feltline.pipeline import find_sources
from feltline.video import (
    PICTURE_SUFFIXES,
    VIDEO_SUFFIXES,
    content_hash,
    is_picture,
    is_system,
    is_video,
    natural_key,
    pictures_in,
)


@pytest.fixture
def make(tmp_path):
    """Makes files, empty or pictures; returns the folder."""

    def made(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix.lower() in (".png", ".jpg", ".tif", ".tiff", ".bmp"):
                Image.new("RGB", (8, 8)).save(path)
            else:
                path.write_bytes(b"x")
        return tmp_path

    return made


def found(folder):
    return [os.path.relpath(s, folder) for s in find_sources([str(folder)]).sources]


@pytest.mark.parametrize(
    "name",
    [
        *("@eaDir/talk.mp4/x.jpg", "._talk.mp4", ".DS_Store", ".hidden/b.mp4"),
        *("#recycle/b.mp4", "$RECYCLE.BIN/S-1-5/$R1.mp4", "Thumbs.db", "desktop.ini"),
        *("System Volume Information/b.mp4", "lost+found/b.mp4", "ehthumbs.db"),
        *("@Recycle/b.mp4", "@tmp/b.mp4", "__MACOSX/._talk.mp4", "#snapshot/b.mp4"),
        *("__MACOSX/b.mp4", ".Trash-1000/files/b.mp4", ".thumbnails/x.jpg"),
        *("@eadir/b.mp4", "RECYCLER/b.mp4", ".fseventsd/b.mp4", ".talk.mp4.Xy12z"),
        *("~$talk.mp4", ".Trashes/old.mp4"),
    ],
)
def test_what_belongs_to_the_system_is_passed_over(make, name):
    folder = make("talk.mp4", name)
    assert found(folder) == ["talk.mp4"]
    (paths,) = find_sources([str(folder)]).passed_over.values()
    assert len(paths) == 1
    assert "of the system, or hidden" in find_sources([str(folder)]).sentence


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (("talk.mp4", "talk.jpg"), ["talk.mp4"]),
        (("talk.mp4", "cover.png", "b.avi"), ["b.avi", "talk.mp4"]),
        (("day1/talk.mp4", "thumbs/talk.jpg"), ["day1/talk.mp4"]),
        (("talk.MOV", "Thumbnails/talk.mov.jpg"), ["talk.MOV"]),
        (("folder.jpg", "day1/talk.mp4"), ["day1/talk.mp4"]),
        (("1.png", "2.png", "raw/talk.mp4"), [".", "raw/talk.mp4"]),
        (("talk.mp4", "face/1.png", "face/2.png"), ["face", "talk.mp4"]),
        (("a/1.tif", "b/1.jpg", "b/x/1.bmp"), ["a", "b", "b/x"]),
    ],
)
def test_a_folder_with_videos_is_no_picture_sequence(make, names, taken):
    assert found(make(*names)) == taken


def test_the_pictures_beside_videos_are_no_video_to_any_verb(make):
    folder = make("talk.mp4", "talk.jpg")
    for read in (content_hash, video.frame_times, video.scan_video, pictures_in):
        with pytest.raises(VideoError, match=r"holds videos \(talk\.mp4\)"):
            read(folder)


def test_links_that_lead_back_are_followed_once(make):
    folder = make("l/talk.mp4", "l/sub/b.mp4")
    (folder / "l/sub/loop").symlink_to("..")
    assert found(folder) == ["l/sub/b.mp4", "l/talk.mp4"]
    assert found(folder / "l") == ["sub/b.mp4", "talk.mp4"]


@pytest.mark.parametrize(
    ("link", "target", "taken"),
    [
        ("a_link", "z_real", ["z_real/b.mp4"]),  # two ways to one folder
        ("sub/deep/up", "../..", ["z_real/b.mp4"]),
        ("self", "self", ["z_real/b.mp4"]),  # leads nowhere
        ("c.mp4", "z_real/b.mp4", ["z_real/b.mp4"]),  # a file and a link to it
        ("zz.mp4", "z_real/b.mp4", ["z_real/b.mp4"]),
        ("gone.mp4", "nowhere.mp4", ["z_real/b.mp4"]),
    ],
)
def test_each_file_is_taken_once_and_by_its_own_name(make, link, target, taken):
    folder = make("z_real/b.mp4")
    (folder / link).parent.mkdir(parents=True, exist_ok=True)
    (folder / link).symlink_to(target)
    assert found(folder) == taken


def test_two_links_to_each_other_and_a_folder_outside(make, tmp_path_factory):
    folder, outside = make("a/1.mp4", "b/2.mp4"), tmp_path_factory.mktemp("out")
    (outside / "3.mp4").write_bytes(b"x")
    (folder / "a/to_b").symlink_to(folder / "b")
    (folder / "b/to_a").symlink_to(folder / "a")
    (folder / "c").symlink_to(outside)
    assert found(folder) == ["a/1.mp4", "b/2.mp4", "c/3.mp4"]


@pytest.mark.parametrize("target", ["../..", "../../..", "/"])
def test_a_link_to_a_folder_above_does_not_lead_out(make, target):
    folder = make("theirs/3.mp4", "mine/sub/1.mp4")
    (folder / "mine/sub/up").symlink_to(target)
    assert found(folder / "mine") == ["sub/1.mp4"]


def test_sources_that_overlap_give_each_video_once(make):
    folder = make("a/1.mp4", "a/b/2.mp4", "seq/7.png")
    sources = [folder / "a/b/2.mp4", folder, folder / "a", folder / "seq", folder]
    names = [
        os.path.relpath(s, folder) for s in find_sources([*map(str, sources)]).sources
    ]
    assert names == ["a/b/2.mp4", "a/1.mp4", "seq"]


@pytest.mark.parametrize(
    ("names", "order"),
    [
        ("1 10 2", "1 2 10"),
        ("f9 f10 F11 f8", "f8 f9 f10 F11"),
        ("v1.10 v1.9 v1.2a", "v1.2a v1.9 v1.10"),
        ("a_002 a_01 a_3", "a_01 a_002 a_3"),
        ("b a A", "A a b"),
        ("S2E1 S1E10 S1E2", "S1E2 S1E10 S2E1"),
        ("f010 f9 f08", "f08 f9 f010"),
        ("x2y10 x2y9 x10y1", "x2y9 x2y10 x10y1"),
        ("場面10 場面2", "場面2 場面10"),
        ("img\uff12 img\uff11\uff10", "img\uff12 img\uff11\uff10"),  # full width
        ("2023-1-9 2023-1-10 2023-01-08", "2023-01-08 2023-1-9 2023-1-10"),
        (f"z{'9' * 200} z1", f"z1 z{'9' * 200}"),
    ],
)
def test_natural_order(names, order):
    assert sorted(names.split(), key=natural_key) == order.split()


def test_pictures_of_a_sequence_are_in_natural_order(make):
    folder = make("crops/1.png", "crops/2.png", "crops/10.png")
    for number, name in enumerate(("1", "2", "10")):
        grey = np.full((16, 16, 3), 60 * number, np.uint8)
        Image.fromarray(grey).save(folder / f"crops/{name}.png")
    assert [p.name for p in pictures_in(folder / "crops")] == [
        *("1.png", "2.png", "10.png")
    ]
    shown = [int(f.rgb[8, 8, 0]) for f in video.read_frames(folder / "crops")]
    assert shown == [0, 60, 120]


def test_videos_of_a_folder_are_in_natural_order(make):
    names = ["P1/take1.mp4", "P1/take2.mp4", "P1/take10.mp4", "P2/a.mp4", "P10/a.mp4"]
    assert found(make(*reversed(names))) == names


def test_what_belongs_to_the_system_is_no_picture_of_a_sequence(make):
    folder = make("s/1.png", "s/._1.png", "s/@eaDir/1.png/x.jpg", "s/Thumbs.db")
    (folder / "s/2.png").mkdir()  # a folder of that name
    (folder / "s/3.png").symlink_to("nowhere")
    assert [p.name for p in pictures_in(folder / "s")] == ["1.png"]
    assert found(folder) == ["s"]


@pytest.mark.parametrize("suffix", [*PICTURE_SUFFIXES, ".TIFF", ".Jpg"])
def test_every_kind_of_picture_is_a_sequence_to_every_verb(tmp_path, suffix):
    folder = tmp_path / "pictures"
    folder.mkdir()
    kind = {".jfif": "JPEG", ".jpe": "JPEG"}.get(suffix.lower())
    for n in (1, 2):
        Image.new("RGB", (16, 16)).save(folder / f"f{n}{suffix}", kind)
    assert find_sources([str(tmp_path)]).sources == [str(folder)]
    assert len(video.scan_video(folder).time_s) == 2
    assert len(list(video.read_frames(folder))) == 2


@pytest.mark.parametrize("suffix", [*VIDEO_SUFFIXES, ".MP4", ".Vob"])
def test_every_kind_of_video_is_found(make, suffix):
    assert found(make(f"talk{suffix}")) == [f"talk{suffix}"]
    assert not is_picture(make() / f"talk{suffix}")


def test_no_kind_is_both():
    assert not set(VIDEO_SUFFIXES) & set(PICTURE_SUFFIXES)
    assert {".vob", ".gif", ".ogv", ".dv", ".mxf", ".asf"} <= set(VIDEO_SUFFIXES)
    assert {".tif", ".tiff"} <= set(PICTURE_SUFFIXES)


def test_what_is_passed_over_is_said_once_with_counts(make):
    folder = make("talk.mp4", "talk.jpg", "notes.txt", "a.srt", "b.srt", "._talk.mp4")
    (folder / "gone.mp4").symlink_to("nowhere")
    report = find_sources([str(folder)])
    assert report.sources == [str(folder / "talk.mp4")]
    assert report.sentence == (
        "passed over: 1 of the system, or hidden (._talk.mp4); "
        "3 of no accepted kind (.srt, .txt); "
        "1 that lead nowhere or are no files (gone.mp4); "
        "1 beside videos (talk.jpg)"
    )
    assert find_sources([str(folder / "talk.mp4")]).sentence == ""


def test_a_folder_of_other_files_says_what_it_holds(make):
    folder = make("notes.txt", "sound.wav")
    with pytest.raises(InputError, match=r"2 of no accepted kind \(\.txt, \.wav\)"):
        find_sources([str(folder)])


@pytest.mark.skipif(os.name != "posix", reason="pipes and modes of POSIX")
def test_a_pipe_is_no_video(make):
    folder = make("talk.mp4")
    os.mkfifo(folder / "pipe.mp4")
    assert found(folder) == ["talk.mp4"]


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_a_folder_that_cannot_be_read_keeps_no_other_out(make, monkeypatch):
    folder = make("a/1.mp4", "b/2.mp4", "c/3.mp4")
    genuine = type(folder).iterdir

    def denied(path):
        if path.name == "b":
            raise PermissionError(13, "denied")
        return genuine(path)

    monkeypatch.setattr(type(folder), "iterdir", denied)
    assert found(folder) == ["a/1.mp4", "c/3.mp4"]
    assert "1 that cannot be read (b)" in find_sources([str(folder)]).sentence


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
def test_a_name_that_is_no_text_can_be_said(make):
    folder = make("talk.mp4")
    (folder / os.fsdecode(b"\xff.txt")).touch()
    sentence = find_sources([str(folder)]).sentence
    assert sentence.encode()
    (path,) = find_sources([str(folder)]).passed_over["of no accepted kind"]
    assert os.fsencode(path).endswith(b"\xff.txt")


def test_names_of_the_system_in_any_case():
    assert all(is_system(Path(n)) for n in ("THUMBS.DB", "@EADIR", ".x", "Lost+Found"))
    assert not any(is_system(Path(n)) for n in ("talk.mp4", "#1.mp4", "@home.mp4"))
    assert is_video(Path("#1.mp4"))
