# ruff: noqa: RUF001 - letters that look alike are what is tested
"""No verb replaces a file that holds anything a person filled in."""

import pytest
from tests.cli.sheets import NAME, rows_of, write


def test_what_was_filled_in_is_never_overwritten(feltline, meeting):
    sheet = meeting.with_name("labels.csv")
    words = ("suggest", NAME, "--total", 2, "--out", sheet)
    for _ in range(2):  # what nobody touched may be made anew
        assert feltline(*words)[0] == 0
    empty = sheet.read_text("utf-8")
    for column, text in (
        *(("expression", "happiness"), ("rater", "mina"), ("valence", "0.1")),
        *(("reason", "blurred: ask ben"), ("face", "")),
    ):
        sheet.write_text(empty, "utf-8")
        rows = rows_of(sheet)
        rows[0][column] = text
        write(sheet, rows)
        mine = sheet.read_bytes()
        code, _, err = feltline(*words)
        assert (code, sheet.read_bytes()) == (4, mine)
        assert "is not overwritten" in err
    assert feltline(*words, "--force")[0] == 0
    assert sheet.with_name("labels.csv.bak-1").read_bytes() == mine


def test_every_result_of_label_spares_what_others_made(feltline, meeting, support):
    support.write_text(support.read_text().replace("talk.mp4", NAME))
    options = {"--out": "o.csv", "--plot": "o.png", "--overlay": "o.mp4"}
    for option, name in options.items():
        path = meeting.with_name(name)
        path.write_bytes(b"mine")
        words = [w for pair in options.items() for w in pair]
        code, _, err = feltline("label", NAME, "--support", support, *words)
        assert code == 4
        assert f"{name} is there already" in err
        assert [p for p in options.values() if meeting.with_name(p).exists()] == [name]
        path.unlink()
        assert option in words
    for _ in range(2):
        words = [w for pair in options.items() for w in pair]
        assert feltline("label", NAME, "--support", support, *words)[0] == 0
    meeting.with_name("o.png").write_bytes(b"mine")
    assert feltline("label", NAME, "--support", support, *words, "--force")[0] == 0
    assert [p.name for p in meeting.parent.glob("*.bak-*")] == ["o.png.bak-1"]


def test_inputs_are_spared_even_if_forced(feltline, meeting, support):
    support.write_text(support.read_text().replace("talk.mp4", NAME))
    before = support.read_bytes()
    for words in (
        ("label", NAME, "--support", support, "--out", support),
        ("suggest", NAME, "--total", 1, "--support", support, "--out", support),
        ("suggest", NAME, "--total", 1, "--among", support, "--out", support),
        ("suggest", NAME, "--total", 1, "--out", meeting),
    ):
        code, _, err = feltline(*words, "--force")
        assert code == 4
        assert "would be overwritten" in err
    assert support.read_bytes() == before


def test_an_export_spares_the_labels_that_were_imported(feltline, video, tmp_path):
    study = tmp_path / "study"
    assert feltline("init", study)[0] == 0
    assert feltline("add", video, "--project", study)[0] == 0
    mine = tmp_path / "labels.csv"
    mine.write_bytes("video;frame;valence;arousal\ntalk.mp4;3;0,1;−0,2\n".encode())
    code, out, _ = feltline("labels", "import", mine, "--project", study)
    assert (code, "brought in 1 labels" in out) == (0, True)
    before = mine.read_bytes()
    code, _, err = feltline("export", mine, "--project", study)
    assert (code, mine.read_bytes()) == (4, before)
    assert "not overwritten" in err
    for _ in range(2):
        assert feltline("export", tmp_path / "all.csv", "--project", study)[0] == 0
    assert feltline("export", mine, "--project", study, "--force")[0] == 0
    assert (tmp_path / "labels.csv.bak-1").read_bytes() == before
    sheet = tmp_path / "more.csv"
    sheet.write_bytes(before)
    code, said, err = feltline("suggest", "--total", 99, "--project", study)
    assert (code, "all 29 that are there" in err) == (0, True), err
    assert "then every frame has a label" in said
    words = ("suggest", "--total", 2, "--project", study, "--out", sheet)
    assert feltline(*words)[0] == 4
    assert feltline(*words, "--force")[0] == 0
    assert rows_of(sheet)[0]["video"] == "talk.mp4"


def test_the_demo_spares_what_stands_in_its_folder(feltline, tmp_path):
    (tmp_path / "support.csv").write_text("mine")
    code, _, err = feltline("demo", "--out", tmp_path)
    assert code == 4
    assert "support.csv is there already" in err
    assert (tmp_path / "support.csv").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["support.csv"]


def test_reports_spare_what_others_made(feltline, tmp_path):
    for words, name in (
        (("bench", "run", "clips", "no.csv", "--report"), "page.html"),
        (("bench", "run", "clips", "no.csv", "--table"), "rows.csv"),
        (("evaluate", "ferplus-s", "folder", tmp_path, "--confusion"), "seen.png"),
        (("data", "split", "folder", tmp_path, "--out"), "folds.csv"),
        (("demo", "--out", tmp_path), "curves.png"),
    ):
        path = tmp_path / name
        path.write_text("mine")
        more = () if words[0] == "demo" else (path,)
        code, _, err = feltline(*words, *more)
        assert code == 4
        assert f"{name} is there already" in err or f"{name} exists" in err
        assert path.read_text() == "mine"
        path.unlink()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".xls", ".ods"])
def test_suggestions_are_what_their_name_says(feltline, video, tmp_path, suffix):
    out = tmp_path / f"labels{suffix}"
    code, _, err = feltline("suggest", video, "--total", 1, "--out", out)
    assert (code, out.exists()) == (4, False)
    assert "written as .csv or .xlsx" in err
