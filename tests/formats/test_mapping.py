"""Tables of other layouts: which column is what, on which scale, of which video."""

import openpyxl
import pytest

from feltline.errors import InputError, SupportError
from feltline.formats import (
    Scale,
    TableMapping,
    guessed_columns,
    preview_table,
    read_support,
)
from feltline.types import DEFAULT_SCHEMA

THEIRS = "Clip;Frame no.;Pleasure;Arousal;Coder\nTake one;3;9;1;mika\nTake one;4;5;3;\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "theirs.csv"
    path.write_text(THEIRS, encoding="utf-8")
    return path


def mapping(**texts):
    return TableMapping.parse(DEFAULT_SCHEMA, **texts)


def test_columns_scales_and_videos_are_read_as_said(table):
    said = mapping(
        columns=["video=Clip", "frame=Frame no.", "valence=pleasure", "rater=CODER"],
        scales=["valence=1..9", "arousal=3..1"],
        videos=["talk.mp4=Take one"],
        known_videos=["talk.mp4"],
    )
    first, second = read_support(table, mapping=said).rows
    assert (first.video, first.frame, first.value, first.rater) == (
        "talk.mp4",
        3,
        (1.0, 1.0),
        "mika",
    )
    assert second.value == (0.0, -1.0)


def test_a_value_beyond_the_scale_is_refused_with_its_row(table):
    said = mapping(
        columns=["video=clip", "frame=frame no.", "valence=pleasure"],
        scales=["valence=1..7", "arousal=1..9"],
    )
    with pytest.raises(SupportError, match=r"row 2: valence is 9; .* from 1 to 7"):
        read_support(table, mapping=said)


def test_a_column_of_our_name_is_passed_over_where_another_is_meant(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("video,frame,valence,arousal,mean v\na.mp4,1,0.9,0.1,0.2\n")
    (row,) = read_support(path, mapping=mapping(columns=["valence=mean v"])).rows
    assert row.value == (0.2, 0.1)
    path.write_text("video,frame,valence,arousal,rater\na.mp4,1,0.9,0.1,mika\n")
    (row,) = read_support(path, mapping=mapping(columns=["rater="])).rows
    assert row.rater == "r1"


def test_what_may_be_meant_is_named_but_not_used(table):
    with pytest.raises(SupportError, match="lacks the column") as refused:
        read_support(table)
    assert '--column video="clip" --column valence="pleasure"' in str(refused.value)
    assert '--column frame="frame no."' in str(refused.value)


def test_a_column_that_is_not_there_is_refused(table):
    with pytest.raises(SupportError, match="no column 'file', which was to be video"):
        read_support(table, mapping=mapping(columns=["video=File"]))


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ({"columns": ["frame"]}, "cannot read the column 'frame'"),
        ({"columns": ["pace=Frame"]}, "NAME is one of"),
        ({"columns": ["frame=a", "frame=b"]}, "given twice"),
        ({"columns": ["frame=a", "time_s=A"]}, "given for two things"),
        ({"scales": ["valence=1"]}, "cannot read the scale '1'"),
        ({"scales": ["valence=4..4"]}, "cannot read the scale"),
        ({"scales": ["valence=1..inf"]}, "cannot read the scale"),
        ({"videos": ["a.mp4=x"]}, "there are no videos yet"),
    ],
)
def test_a_mapping_that_says_nothing_is_refused(texts, why):
    with pytest.raises(InputError, match=why):
        mapping(**texts)


def test_the_name_of_a_video_may_hold_the_sign():
    said = mapping(videos=["a=b.mp4=c=d"], known_videos=["a=b.mp4"])
    assert said.videos == {"c=d": "a=b.mp4"}


def test_columns_are_guessed_by_name_alias_and_likeness():
    header = ["動画", "フレーム番号", "valance", "覚醒度", "emotion", "note"]
    assert guessed_columns(header, DEFAULT_SCHEMA.dimension_names) == {
        "video": "動画",
        "frame": "フレーム番号",
        "valence": "valance",
        "arousal": "覚醒度",
        "expression": "emotion",
    }
    # The export of feltline: most of its values are the machine's.
    own = ["video_id", "track_id", "frame", "valence", "arousal", "layer"]
    assert guessed_columns(own, ()) == {"frame": "frame"}


def test_a_preview_has_the_first_ten_rows_and_counts_all(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["File", "Time (s)", "valence", "", "arousal"])
    for i in range(25):
        sheet.append(["talk.mp4" if i % 5 else "pair", i / 10, 0.5, "x", -0.5])
    book.save(tmp_path / "theirs.xlsx")
    seen = preview_table(tmp_path / "theirs.xlsx")
    assert seen.columns == ("file", "time (s)", "valence", "arousal")
    assert seen.n_rows == 25
    assert len(seen.rows) == 10
    assert seen.rows[1] == (3, ("talk.mp4", "0.1", "0.5", "-0.5"))
    assert seen.meant["video"] == "file"
    assert seen.meant["time_s"] == "time (s)"
    assert seen.videos == {"pair": 5, "talk.mp4": 20}


def test_a_preview_follows_what_is_said_already(table):
    seen = preview_table(table, mapping=mapping(columns=["rater=", "face=frame no."]))
    assert "rater" not in seen.meant
    assert seen.meant["face"] == "frame no."


def test_a_scale_is_that_of_the_schema_where_none_is_said():
    assert mapping().scales == {}
    assert mapping(scales=["arousal=0..100"]).scales == {"arousal": Scale(0.0, 100.0)}
