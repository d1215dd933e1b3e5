import json
import tempfile
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import polars as pl
import pytest
from tests.formats.conftest import rows_of, track_of

from feltline.errors import InputError, SetupError
from feltline.formats import (
    TABLE_SUFFIXES,
    encoded_rows,
    read_support,
    table_columns,
    write_rows,
    write_suggestions,
)
from feltline.formats.cell_values import plain_text, safe_text
from feltline.types import DEFAULT_SCHEMA, Dimension, ExpressionClass, LabelSchema

COLUMNS = [
    *(
        "video_id",
        "track_id",
        "frame",
        "time_s",
        "layer",
        "rater",
        "valence",
        "arousal",
    ),
    *("expression", "confidence", "low_valence", "high_valence", "low_arousal"),
    *("high_arousal", "expression_confidence", "quality", "origin"),
    *(
        "expression_origin",
        "model_id",
        "evidence",
        "revision",
        "updated_at",
        "scope",
        "last_frame",
        "touched",
        "comment",
    ),
]


@pytest.fixture
def labelled():
    tracks = [track_of("a.mp4", 0, range(5)), track_of("ü, b.mp4", 2, [3, 7])]
    return [rows_of(t, human=[3]) for t in tracks]


def read(path):
    if path.suffix == ".csv":
        return pl.read_csv(path)
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path, read_only=True).active
        head, *rows = sheet.iter_rows(values_only=True)
        rows = [(*row, *[None] * (len(head) - len(row))) for row in rows]
        return pl.DataFrame(rows, schema=list(head), orient="row")
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_ndjson(path)


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_what_is_written_reads_back(tmp_path, labelled, suffix):
    path = tmp_path / f"labels{suffix}"
    write_rows(path, labelled, {"model_id": "abc"})
    table = read(path)
    assert table.columns == COLUMNS
    assert table["video_id"].to_list() == ["a.mp4"] * 5 + ["ü, b.mp4"] * 2
    assert table["frame"].to_list() == [0, 1, 2, 3, 4, 3, 7]
    for j, name in enumerate(("valence", "arousal")):
        want = np.concatenate([r.value[:, j] for r in labelled])
        np.testing.assert_allclose(table[name].to_numpy(), want, atol=5e-5)
        assert table[f"high_{name}"].null_count() == len(table)  # NaN is missing
        assert table[f"low_{name}"].null_count() == 0
    human = ["model", "model", "model", "support", "model", "support", "model"]
    assert table["origin"].to_list() == human
    assert table["expression"].to_list()[:2] == ["sadness", None]
    assert table["expression_confidence"].to_list()[:2] == [1.0, None]
    evidence = table["evidence"][5]
    is_text = suffix in (".csv", ".xlsx")
    assert str(evidence) == "3" if is_text else evidence.to_list() == [3]


def test_parquet_knows_where_it_comes_from(tmp_path, labelled):
    path = tmp_path / "labels.parquet"
    write_rows(path, labelled, {"tolerance": "0.2"})
    kept = pl.read_parquet_metadata(path)
    assert kept["feltline:tolerance"] == "0.2"
    assert kept["feltline:schema_version"] == "2"


def test_parquet_types_are_those_documented(tmp_path, labelled):
    path = tmp_path / "labels.parquet"
    write_rows(path, labelled, {})
    schema = pl.read_parquet(path).schema
    assert schema["track_id"] == pl.Int32
    assert schema["time_s"] == pl.Float64
    assert schema["valence"] == pl.Float32
    assert schema["evidence"] == pl.List(pl.Int32)
    assert schema["updated_at"] == pl.Datetime("us", "UTC")


def test_json_lines_are_json(tmp_path, labelled):
    path = tmp_path / "labels.jsonl"
    write_rows(path, labelled, {})
    rows = [json.loads(text) for text in path.read_text("utf-8").splitlines()]
    assert rows[0]["high_valence"] is None
    assert rows[5]["video_id"] == "ü, b.mp4"


@pytest.mark.parametrize("name", ["labels.xls", "labels", "nowhere/labels.csv"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path, labelled, name):
    with pytest.raises(InputError, match="labels"):
        write_rows(tmp_path / name, labelled, {})
    assert list(tmp_path.iterdir()) == []


def test_suggestions_are_a_support_csv_to_fill_in(tmp_path):
    path = tmp_path / "todo.csv"
    row: dict[str, str | int | float] = {
        "video": "a, b.mp4",
        "frame": 3,
        "time_s": "0.120",
        "face": 0,
        "rank": 1,
        "reason": "most typical",
    }
    write_suggestions(path, [row])
    assert path.read_text("utf-8") == (
        "\ufeffvideo,frame,time_s,face,valence,arousal,expression,rater,rank,reason\n"
        '"a, b.mp4",3,0.120,0,,,,,1,most typical\n'
    )


def test_text_that_a_spreadsheet_would_run_is_made_safe(tmp_path, labelled):
    risky = [
        replace(one, video_id=text, comment=[text] * len(one))
        for one, text in zip(labelled, ('=HYPERLINK("x")', "+1"), strict=True)
    ]
    write_rows(tmp_path / "a.csv", risky, {})
    table = pl.read_csv(tmp_path / "a.csv")
    assert set(table["video_id"]) == {'\'=HYPERLINK("x")', "'+1"}
    assert table["comment"].to_list() == table["video_id"].to_list()
    write_rows(tmp_path / "a.parquet", risky, {})
    assert pl.read_parquet(tmp_path / "a.parquet")["video_id"][0] == '=HYPERLINK("x")'


@pytest.mark.parametrize(
    "text",
    [
        *("=a", " =a", "\u00a0+a", "-a", "@a", "\n a", "\t a", "\r a", "'=a"),
        *("\uff1da", "\uff0ba", "\uff0da", "\uff20a", "''\uff0ba"),
    ],
)
def test_what_was_made_safe_is_read_back_as_it_was(tmp_path, labelled, text):
    write_rows(tmp_path / "a.csv", [replace(labelled[0], video_id=text)], {})
    table = pl.read_csv(tmp_path / "a.csv")
    assert set(table["video_id"]) == {safe_text(text)} == {"'" + text}
    table.rename({"video_id": "video"}).write_csv(tmp_path / "b.csv")
    assert {row.video for row in read_support(tmp_path / "b.csv").rows} == {text}


@pytest.mark.parametrize("text", ["", "a=b", "'a", "it's", "1", " a"])
def test_other_text_stays_as_it_is(text):
    assert safe_text(text) == plain_text(text) == text


def test_columns_follow_the_label_schema(tmp_path):
    schema = LabelSchema(
        dimensions=(Dimension(name="pain", low=0.0, high=10.0),),
        classes=tuple(ExpressionClass(name=f"c{i}") for i in range(6)),
    )
    columns = table_columns(schema)
    assert [c for c in columns if "pain" in c] == ["pain", "low_pain", "high_pain"]
    assert not {"valence", "arousal"} & {*columns}
    track = track_of("a.mp4", 0, range(4))
    write_rows(tmp_path / "a.parquet", [rows_of(track, m=1)], {}, schema)
    table = pl.read_parquet(tmp_path / "a.parquet")
    assert table.columns == list(columns)
    assert table["expression"].to_list() == ["c3", None, None, None]


def test_rows_are_written_as_they_come(tmp_path):
    """None is asked for before what came earlier was handed on."""
    alive: list[int] = []

    def many():
        for number in range(200):
            one = rows_of(track_of("a.mp4", number, range(50)))
            weakref.finalize(one.value, alive.remove, number)
            alive.append(number)
            yield one
            del one
            assert len(alive) < 50

    assert write_rows(tmp_path / "a.parquet", many(), {}) == 200 * 50
    table = pl.read_parquet(tmp_path / "a.parquet")
    assert table["track_id"].to_list() == np.repeat(np.arange(200), 50).tolist()


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_bytes_are_those_of_the_file(tmp_path, labelled, form):
    path = tmp_path / f"a.{form}"
    write_rows(path, labelled, {"a": "b"})
    whole = b"".join(encoded_rows(labelled, form, {"a": "b"}, DEFAULT_SCHEMA))
    assert whole == path.read_bytes()


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_what_went_wrong_on_the_way_is_not_hidden(tmp_path, labelled, suffix):
    def breaking():
        yield labelled[0]
        raise InputError("the video is gone")

    with pytest.raises(InputError, match="the video is gone"):
        write_rows(tmp_path / f"a{suffix}", breaking(), {})
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_sentence(labelled, monkeypatch):
    full = Path("/dev/full").open("r+b", buffering=0)  # noqa: SIM115 - closed below
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: full)
    with pytest.raises(SetupError, match="make room"):
        list(encoded_rows(labelled, "parquet", {}))
    full.close()
