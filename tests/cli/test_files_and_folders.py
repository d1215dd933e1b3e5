"""Folders and files of people, as they are typed."""

import json
import shutil

import pytest
from PIL import Image

from feltline.video import VideoWriter, read_frames

pytestmark = pytest.mark.usefixtures("study")


@pytest.fixture
def study(tmp_path, feltline, monkeypatch):
    """An empty project in which one works."""
    assert feltline("init", tmp_path / "study")[0] == 0
    monkeypatch.chdir(tmp_path / "study")
    return tmp_path / "study"


@pytest.fixture
def nas(tmp_path, video, pair):
    """A folder as network storage leaves it: two videos of one name, and more."""
    folder = tmp_path / "nas"
    for name in ("anna", "ben", "@eaDir/talk.mp4"):
        (folder / name).mkdir(parents=True)
    shutil.copy(video, folder / "anna/talk.mp4")
    shutil.copy(pair, folder / "ben/talk.mp4")
    Image.new("RGB", (64, 64)).save(folder / "anna/talk.jpg")
    Image.new("RGB", (64, 64)).save(folder / "@eaDir/talk.mp4/x.jpg")
    (folder / "ben/._talk.mp4").write_bytes(b"x")
    (folder / "loop").symlink_to(".")
    return folder


def pictures(folder, source, suffix, names):
    folder.mkdir()
    for name, frame in zip(names, read_frames(source), strict=False):
        Image.fromarray(frame.rgb).save(folder / f"{name}{suffix}")
    return folder


def test_add_says_what_it_renamed_and_passed_over(feltline, nas):
    code, out, said = feltline("add", nas)
    assert code == 0
    assert "added  2" in " ".join(out.split("\n"))
    assert (
        "passed over: 2 of the system, or hidden (@eaDir, ._talk.mp4); 1 beside videos "
        "(talk.jpg); 1 reached by another way already (loop)"
    ) in said or "1 reached by another way already (loop)" in said
    assert said.count("passed over") == 1
    assert (
        f"the second talk.mp4 became talk~2.mp4: {nas}/ben/talk.mp4; the first is "
        f"{nas}/anna/talk.mp4"
    ) in said


def test_moved_files_are_listed_and_relocated(feltline, feltline_json, nas, tmp_path):
    feltline("add", nas)
    assert "nothing is wrong" in feltline("status", "--check")[1]
    nas.rename(tmp_path / "nas2")
    problems = feltline_json("status", "--check")["problems"]
    assert [p.split(":")[0] for p in problems] == ["talk.mp4", "talk~2.mp4"]
    made = feltline_json("relocate", nas, tmp_path / "nas2")
    assert made["moved"] == {
        "talk.mp4": str(tmp_path / "nas2/anna/talk.mp4"),
        "talk~2.mp4": str(tmp_path / "nas2/ben/talk.mp4"),
    }
    assert feltline_json("status", "--check")["problems"] == []
    (tmp_path / "nas2/anna/talk.mp4").rename(tmp_path / "a.mp4")
    made = feltline_json("relocate", tmp_path / "a.mp4")
    assert made == {"moved": {"talk.mp4": str(tmp_path / "a.mp4")}, "unchanged": {}}


def test_another_file_is_not_relocated_to(feltline, nas, tmp_path, pair):
    feltline("add", nas)
    shutil.copytree(nas, tmp_path / "nas2", symlinks=True)
    shutil.copy(pair, tmp_path / "nas2/anna/talk.mp4")
    shutil.rmtree(nas)
    code, out, said = feltline("relocate", nas, tmp_path / "nas2")
    assert code == 4
    assert "1 of 2 videos stay as they were" in said
    assert f"{tmp_path}/nas2/anna/talk.mp4 is another file" in said
    code, out, _ = feltline("relocate", nas, tmp_path / "nas2", "--json")
    assert (code, list(json.loads(out)["unchanged"])) == (4, ["talk.mp4"])
    code, _, said = feltline("relocate", "talk.mp4", tmp_path / "nas2/anna/talk.mp4")
    assert code == 4
    assert "nothing was changed" in said


def test_export_says_that_a_file_was_replaced(feltline, feltline_json, nas, video):
    feltline("add", nas)
    assert "files_lost" not in feltline_json("export", "one.csv")
    shutil.copy(video, nas / "ben/talk.mp4")
    code, _, said = feltline("export", "two.csv")
    assert code == 0
    assert "talk~2.mp4: " in said
    assert "is not the video that was added" in said
    (lost,) = feltline_json("export", "three.csv")["files_lost"]
    assert lost.startswith("talk~2.mp4: ")
    assert "files_lost" not in feltline_json("export", "4.csv", "--video", "talk.mp4")


def test_folders_are_looked_into_by_every_verb_alike(feltline, nas, tmp_path):
    code, out, said = feltline("extract", nas, "--json")
    assert code == 0
    assert [e["frames"] for e in json.loads(out)] == [30, 6]
    assert "passed over" in said
    code, _, said = feltline(
        "suggest", nas, "--labels-per-clip", 2, "--out", tmp_path / "ask.csv"
    )
    assert (code, said.count("passed over")) == (0, 1)
    lines = (tmp_path / "ask.csv").read_text(encoding="utf-8-sig").splitlines()
    assert {line.split(",")[0] for line in lines[1:]} == {
        *(f"{nas}/anna/talk.mp4", f"{nas}/ben/talk.mp4")
    }


@pytest.mark.parametrize("suffix", [".tif", ".tiff", ".bmp", ".jpg"])
def test_a_picture_sequence_is_one_to_extract_and_to_add(
    feltline_json, tmp_path, pair, suffix
):
    folder = pictures(tmp_path / "seq", pair, suffix, ("f1", "f2", "f10"))
    (one,) = feltline_json("extract", folder)
    assert (one["video"], one["frames"]) == ("seq", 3)
    assert feltline_json("add", tmp_path / "seq")["added"] == ["seq"]


def test_more_faces_than_are_followed_are_said(feltline, feltline_json, pair):
    (one,) = feltline_json("extract", pair, "--faces", 1)
    assert one["more_faces"] == {"max_faces": 1, "frames": 6, "most": 2}
    _, out, _ = feltline("extract", pair, "--faces", 1)
    words = " ".join(out.split())
    assert "in 6 frames more than 1 faces were in view" in words
    assert "--faces 2" in words
    (both,) = feltline_json("extract", pair, "--faces", 2)
    assert both["more_faces"] == {"max_faces": 2, "frames": 0, "most": 0}
    assert "more than" not in feltline("extract", pair, "--faces", 2)[1]


@pytest.mark.parametrize("suffix", [".gif", ".ogv", ".vob", ".mxf", ".asf"])
def test_what_is_of_an_accepted_kind_and_no_video_is_said(feltline, tmp_path, suffix):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / f"a{suffix}").write_bytes(b"no video at all")
    code, _, said = feltline("add", folder)
    assert code == 4
    assert f"a{suffix} cannot be read" in said


def test_kinds_that_decode_are_added(feltline_json, tmp_path, pair):
    folder = tmp_path / "in"
    folder.mkdir()
    frames = [Image.fromarray(f.rgb) for f in read_frames(pair)]
    frames[0].save(
        folder / "a.gif", save_all=True, append_images=frames[1:], duration=80
    )
    with VideoWriter(folder / "b.mov", width=640, height=240, rate=15) as writer:
        for frame in read_frames(pair):
            writer.write(frame.rgb)
    (folder / "b.mov").rename(folder / "b.f4v")
    assert feltline_json("add", folder)["added"] == ["a.gif", "b.f4v"]
