# ruff: noqa: RUF001 - letters that look alike are what is tested
"""Tables that people fill in, as the command line takes and writes them."""

import json
import os
import shutil
import sys
import unicodedata
from pathlib import Path

import openpyxl
import pytest
from tests.cli.sheets import NAME, rows_of, write

from feltline.cli.show import print_json
from feltline.formats import TABLE_SUFFIXES


def label(feltline, *more):
    code, _, err = feltline("label", NAME, "--out", "all.csv", *more)
    return code, err


def by_hand(path="all.csv"):
    return {int(r["frame"]) for r in rows_of(path) if r["origin"] == "support"}


# The newcomer in Japan: suggest, open in Excel, fill in, save as it offers, label.


def filled_in(rows, clip):
    for row in rows:
        valence, arousal = clip.affect[int(row["frame"])]
        row |= {"valence": f"{valence:.2f}", "arousal": f"{arousal:.2f}"}
        row |= {"rater": "美奈", "time_s": f"{float(row['time_s']):g}"}
    return rows


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig", "utf-16"])
def test_a_newcomer_fills_a_csv_in_with_excel(feltline, meeting, clip, encoding):
    assert meeting.exists()
    code, out, err = feltline(
        "suggest", NAME, "--labels-per-clip", 4, "--out", "labels.csv"
    )
    assert code == 0, err
    assert f"feltline label {NAME} --support labels.csv" in out
    sheet = Path("labels.csv")
    assert sheet.read_bytes()[:3] == b"\xef\xbb\xbf"  # by which Excel knows UTF-8
    rows = filled_in(rows_of("labels.csv"), clip)
    divided = {"delimiter": "\t" if encoding == "utf-16" else ","}
    write(sheet, rows, encoding=encoding, **divided)
    code, err = label(feltline, "--support", "labels.csv")
    assert code == 0, err
    assert ("Shift-JIS" in err) == (encoding == "cp932")
    assert by_hand() == {int(row["frame"]) for row in rows}


def test_a_newcomer_fills_a_workbook_in(feltline, meeting, clip):
    assert meeting.exists()
    words = ("suggest", NAME, "--labels-per-clip", 4, "--out", "labels.xlsx")
    assert feltline(*words)[0] == 0
    book = openpyxl.load_workbook("labels.xlsx")
    sheet = book.active
    place = {cell.value: cell.column for cell in sheet[1]}
    frames = set()
    for row in range(2, sheet.max_row + 1):
        frame = sheet.cell(row, place["frame"]).value
        frames.add(frame)
        for j, name in enumerate(("valence", "arousal")):
            value = round(float(clip.affect[frame, j]), 2)
            sheet.cell(row, place[name]).value = value
    book.save("labels.xlsx")
    code, err = label(feltline, "--support", "labels.xlsx")
    assert code == 0, err
    assert by_hand() == frames


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_labels_of_every_kind_are_written(feltline, meeting, support, suffix):
    text = support.read_text().replace("talk.mp4", NAME)
    support.write_text(text)
    out = f"all{suffix}"
    code, _, err = feltline("label", NAME, "--support", support, "--out", out)
    assert (code, meeting.exists()) == (0, True), err
    if suffix == ".xlsx":
        sheet = openpyxl.load_workbook(out).active
        assert sheet["A2"].value == NAME
        assert sheet.max_row == 31


# Names


NFC, NFD = (
    unicodedata.normalize("NFC", "がくしゃ é.mp4"),
    unicodedata.normalize("NFD", "がくしゃ é.mp4"),
)


@pytest.mark.parametrize(("own", "name"), [(NFC, NFD), (NFD, NFC), (NFD, NFD)])
def test_a_name_in_pieces_is_the_same_name(feltline, video, tmp_path, own, name):
    path = tmp_path / own
    shutil.copy(video, path)
    support, out = tmp_path / "s.csv", tmp_path / "all.csv"
    support.write_text(f"video,frame,valence,arousal\n{name},3,0.1,0.1\n")
    code, _, err = feltline("label", path, "--support", support, "--out", out)
    assert code == 0, err
    sheet = tmp_path / "more.csv"
    assert feltline("suggest", path, "--total", 1, "--out", sheet)[0] == 0
    assert rows_of(sheet)[0]["video"] == NFC


@pytest.mark.parametrize(
    "written",
    ["C:\\Users\\mina\\Videos\\{}", "\\\\nas\\videos\\{}", "/mnt/d/Videos/{}"],
)
def test_a_path_of_another_machine_is_found_with_a_note(
    feltline, meeting, support, written
):
    text = support.read_text().replace("talk.mp4", written.format(NAME))
    support.write_text(text)
    code, err = label(feltline, "--support", support)
    assert (code, meeting.exists()) == (0, True), err
    assert f"is taken for {NAME}, the only video of that name" in err
    assert err.count("is taken for") == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("anna/会議.mp4", "ben/会議.mp4"),
        ("C:\\x\\anna\\会議.mp4", "C:\\x\\ben\\会議.mp4"),
        ("/x/anna/会議.mp4", "/x/ben/会議.mp4"),
    ],
)
def test_two_files_of_a_name_are_never_one_video(feltline, meeting, first, second):
    rows = [f"{first},3,0.1,0.1", f"{second},9,0.9,0.9"]
    text = "video,frame,valence,arousal\n" + "\n".join(rows) + "\n"
    support = meeting.with_name("s.csv")
    support.write_text(text)
    code, err = label(feltline, "--support", support)
    assert code == 4
    assert "row 3" in err
    assert not Path("all.csv").exists()


def test_videos_of_one_name_are_told_apart_by_their_paths(
    feltline, video, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for who in ("anna", "ben"):
        (tmp_path / who).mkdir()
        shutil.copy(video, tmp_path / who / "talk.mp4")
    videos = ("anna/talk.mp4", "ben/talk.mp4")
    words = ("suggest", *videos, "--labels-per-clip", 1, "--out", "s.csv")
    assert feltline(*words)[0] == 0
    assert [row["video"] for row in rows_of("s.csv")] == list(videos)
    for name, code in (("ben/talk.mp4", 0), ("talk.mp4", 4), ("ben\\talk.mp4", 0)):
        support = tmp_path / "mine.csv"
        support.write_text(f"video,frame,valence,arousal\n{name},3,0.1,0.1\n")
        said = feltline(
            *("label", *videos, "--support", support, "--out", "all.csv"),
        )
        assert said[0] == code, said
        if code == 0:
            human = {
                r["video_id"] for r in rows_of("all.csv") if r["origin"] == "support"
            }
            assert human == {"ben/talk.mp4"}
        else:
            assert "fits 2 of the videos" in said[2]


@pytest.mark.parametrize("verb", ["label", "suggest", "extract", "add"])
@pytest.mark.parametrize("raw", [b"z\xe9.mp4", b"\xff.mp4", b"a\x82\xa0.mp4"])
def test_a_name_that_is_no_text_is_refused_first(
    feltline, video, support, tmp_path, monkeypatch, verb, raw
):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/" + raw)
    shutil.copy(video, path)
    out = tmp_path / "o.csv"
    words = {
        "label": ("label", path, "--support", support, "--out", out),
        "suggest": ("suggest", path, "--total", 2, "--out", out),
        "extract": ("extract", path),
        "add": ("add", path, "--project", tmp_path / "study"),
    }[verb]
    if verb == "add":
        assert feltline("init", tmp_path / "study")[0] == 0
    monkeypatch.setattr("feltline.pipeline.extraction.scan_video", None)
    code, said, err = feltline(*words)
    assert code == 4, (said, err)
    assert "rename it" in said + err
    code, said, _ = feltline(*words, "--json")
    assert code == 4
    json.loads(said)


def test_a_folder_of_pictures_has_its_own_name(feltline, clip, tmp_path, monkeypatch):
    from PIL import Image

    folder = tmp_path / "顔"
    folder.mkdir()
    for number, rgb in zip(range(6), clip.frames(), strict=False):
        Image.fromarray(rgb).save(folder / f"{number}.png")
    monkeypatch.chdir(folder)
    for written, out in ((".", "a.csv"), ("../顔", "b.csv"), ("./", "c.csv")):
        sheet = tmp_path / out
        assert feltline("suggest", written, "--total", 2, "--out", sheet)[0] == 0
        rows = rows_of(sheet)
        assert {row["video"] for row in rows} == {"顔"}
        for row in rows:
            row |= {"valence": "0.1", "arousal": "0.1"}
        write(sheet, rows)
        made = tmp_path / f"all-{out}"
        code, _, err = feltline("label", ".", "--support", sheet, "--out", made)
        assert code == 0, err


# Notes


def test_labels_moved_by_frame_or_time_are_noted(feltline_json, meeting):
    support = meeting.with_name("s.csv")
    support.write_text(
        f"video;frame;time_s;valence;arousal\n{NAME};7;;0,1;0,1\n"
        f"{NAME};;1,27;0,2;0,2\n{NAME};;00:00:00;0,3;0,3\n{NAME};10;9.9;0,3;0,3\n"
    )
    made = feltline_json(
        *("label", NAME, "--support", support, "--out", "all.csv", "--every", 5)
    )
    moved = [note for note in made["notes"] if note.startswith("row")]
    assert moved[0] == (
        "row 2: the label of frame 7 is used at frame 5, the nearest one looked at"
    )
    assert moved[1].startswith("row 3: the label of 1.27 s is used at frame 20 (1.333")
    assert moved[2].startswith("row 5: time_s 9.9 is passed over, since frame 10 is")
    assert len(moved) == 3


def test_frames_to_choose_from_are_read_by_the_same_reader(feltline_json, meeting):
    among = meeting.with_name("among.csv")
    text = f"video\tframe\nC:\\x\\{NAME}\t４\nother.mp4\t9\n"
    among.write_bytes(text.encode("cp932"))
    made = feltline_json(
        *("suggest", NAME, "--total", 5, "--among", among, "--out", "s.csv")
    )
    assert [s["frame"] for s in made["suggestions"]] == [4]
    notes = "\n".join(made["notes"])
    for part in (
        "Shift-JIS",
        "is taken for",
        "1 rows of other videos",
        "5 frames were",
    ):
        assert part in notes


# Said well


@pytest.mark.parametrize("budget", [("--labels-per-clip", 500), ("--share", "100%")])
@pytest.mark.filterwarnings("error")
def test_a_budget_larger_than_the_video_says_so(feltline, video, tmp_path, budget):
    out = tmp_path / "s.csv"
    code, said, err = feltline("suggest", video, *budget, "--out", out)
    assert code == 0, err
    assert len(rows_of(out)) == 30
    assert "then every frame has a label" in said
    assert "nan" not in said
    assert ("500 frames of each video were asked for" in err) == (500 in budget)


def strict(text):
    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("count", [2, 30])
def test_what_is_no_number_is_null_in_json(feltline, video, tmp_path, count):
    words = ("suggest", video, "--total", count, "--out", tmp_path / "s.csv", "--json")
    code, out, _ = feltline(*words)
    assert code == 0
    made = strict(out)
    assert made["outlook"][0]["ccc"] == [None, None]
    last = made["outlook"][-1]
    assert (last["left"], last["accepted"] is None) == (0, True) or count == 2


def test_json_has_neither_nan_nor_names_that_are_no_text(capsys):
    print_json({"a": float("nan"), "b": (1.0, float("inf")), 3: "\udce9", "c": None})
    assert strict(capsys.readouterr().out) == {
        "a": None,
        "b": [1.0, None],
        "c": None,
        "3": "\udce9",
    }


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("suggest", "v.mp4"), "exactly one of"),
        (("suggest", "v.mp4", "--total", "none"), "--total"),
        (("label", "v.mp4"), "--support"),
        (("export",), "FILE"),
        (("nonsense",), "nonsense"),
        (("labels", "nonsense"), "nonsense"),
        (("label", "--no-such-option"), "--no-such-option"),
        (("extract", "v.mp4", "--faces", "0"), "--faces"),
        (("bench", "run"), "KIND"),
    ],
)
def test_wrong_usage_is_a_json_document_too(feltline, words, says):
    code, out, err = feltline(*words, "--json")
    made = strict(out)
    assert (code, made["exit_code"]) == (2, 2)
    assert says in made["error"]
    assert err == ""


def test_a_stream_without_the_letters_gets_them_escaped(feltline, meeting, monkeypatch):
    import io

    raw = io.BytesIO()
    narrow = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    monkeypatch.setattr(sys, "stdout", narrow)
    code, _, err = feltline("extract", meeting, "--json")
    assert code == 0, err
    assert json.loads(raw.getvalue())[0]["video"] == NAME
