import json

import numpy as np
import polars as pl
import pytest
from tests.formats.conftest import estimate_of, track_of

from feltline.errors import InputError
from feltline.formats import TABLE_SUFFIXES, write_suggestions, write_table

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
    *("high_arousal", "expression_confidence", "quality", "origin", "run_id"),
    *("evidence", "revision", "updated_at", "scope", "last_frame", "comment"),
]


@pytest.fixture
def labelled():
    tracks = [track_of("a.mp4", 0, range(5)), track_of("ü, b.mp4", 2, [3, 7])]
    return [(t, estimate_of(t, human=[3])) for t in tracks]


def read(path):
    if path.suffix == ".csv":
        return pl.read_csv(path)
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_ndjson(path)


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_what_is_written_reads_back(tmp_path, labelled, suffix):
    path = tmp_path / f"labels{suffix}"
    write_table(path, labelled, {"run_id": "abc"})
    table = read(path)
    assert table.columns == COLUMNS
    assert table["video_id"].to_list() == ["a.mp4"] * 5 + ["ü, b.mp4"] * 2
    assert table["frame"].to_list() == [0, 1, 2, 3, 4, 3, 7]
    for j, name in enumerate(("valence", "arousal")):
        want = np.concatenate([e.affect[:, j] for _, e in labelled])
        np.testing.assert_allclose(table[name].to_numpy(), want, atol=5e-5)
        assert table[f"high_{name}"].null_count() == len(table)  # NaN is missing
        assert table[f"low_{name}"].null_count() == 0
    human = ["model", "model", "model", "support", "model", "support", "model"]
    assert table["origin"].to_list() == human
    assert table["expression"].to_list()[:2] == ["sadness", None]
    assert table["expression_confidence"].to_list()[:2] == [1.0, None]
    evidence = table["evidence"][5]
    assert evidence == 3 if suffix == ".csv" else evidence.to_list() == [3]


def test_parquet_knows_where_it_comes_from(tmp_path, labelled):
    path = tmp_path / "labels.parquet"
    write_table(path, labelled, {"tolerance": "0.2"})
    kept = pl.read_parquet_metadata(path)
    assert kept["feltline:tolerance"] == "0.2"
    assert kept["feltline:schema_version"] == "1"


def test_parquet_types_are_those_documented(tmp_path, labelled):
    path = tmp_path / "labels.parquet"
    write_table(path, labelled, {})
    schema = pl.read_parquet(path).schema
    assert schema["track_id"] == pl.Int32
    assert schema["time_s"] == pl.Float64
    assert schema["valence"] == pl.Float32
    assert schema["evidence"] == pl.List(pl.Int32)
    assert schema["updated_at"] == pl.Datetime("us", "UTC")


def test_json_lines_are_json(tmp_path, labelled):
    path = tmp_path / "labels.jsonl"
    write_table(path, labelled, {})
    rows = [json.loads(text) for text in path.read_text("utf-8").splitlines()]
    assert rows[0]["high_valence"] is None
    assert rows[5]["video_id"] == "ü, b.mp4"


@pytest.mark.parametrize("name", ["labels.xlsx", "labels", "nowhere/labels.csv"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path, labelled, name):
    with pytest.raises(InputError, match="labels"):
        write_table(tmp_path / name, labelled, {})
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
        "video,frame,time_s,face,valence,arousal,expression,rater,rank,reason\n"
        '"a, b.mp4",3,0.120,0,,,,,1,most typical\n'
    )
