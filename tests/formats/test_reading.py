# ruff: noqa: RUF001 - letters that look alike are what is tested
"""Tables as people and spreadsheets save them: read or refused in a sentence."""

import time

import pytest

from feltline.errors import InputError, NothingToLabelError, SupportError
from feltline.formats import read_support, read_table
from feltline.formats.cell_values import number_of, seconds_of, whole_of

HEADER = "video,frame,valence,arousal\n"
PEOPLE = "video,frame,valence,arousal,rater\n"


@pytest.fixture
def read(tmp_path):
    """Reads text or bytes as a support set."""

    def run(content, **more):
        path = tmp_path / "labels.csv"
        raw = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(raw)
        return read_support(path, **more)

    return run


def values(support):
    return [row.value for row in support.rows]


def refusal(read, content, error=SupportError, **more):
    with pytest.raises(error) as caught:
        read(content, **more)
    return str(caught.value)


# Malformed CSV


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (PEOPLE + 'a,1,0.1,0.1,x\na,2,0.2,0.2,"hm\na,3,0.9,0.8,ok\n', 3),
        (PEOPLE + 'a,1,0.1,0.1,"hm\na,2,0.2,0.2,"b"\na,3,0.9,0.8,ok\n', 2),
        (PEOPLE + 'a,1,0.1,0.1,"hm\na,2,0.2,0.2,"\na,3,0.9,0.8,ok\n', 2),
        (PEOPLE + 'a,1,0.1,0.1, "hm\na,2,0.2,0.2,ok\n', 2),
        (PEOPLE + 'a,1,0.1,0.1,"he said "hi""\n', 2),
        (PEOPLE + "a,1,0.1,0.1,x\n" + '"a,2,0.2,0.2,x\n' * 1, 3),
        ('"video,frame,valence,arousal\na,1,0.1,0.1\n', 1),
        (PEOPLE + 'a,1,0.1,0.1,"' + "x" * 200_000 + "\n", 2),
        (PEOPLE.replace(",", ";") + 'a;1;0,1;0,1;"hm\na;2;0,2;0,2;"\n', 2),
    ],
)
def test_a_quote_that_is_not_closed_names_the_row_that_opens_it(read, content, row):
    text = refusal(read, content)
    assert f"row {row} of " in text
    assert "opens a quote" in text


def test_quotes_that_are_closed_are_read(read):
    text = PEOPLE + 'a,1,0.1,0.1,"An, ""Ann"""\n"b, c",2,0.1,0.1, "two\nlines, of it"\n'
    rows = read(text).rows
    assert [row.rater for row in rows] == ['An, "Ann"', "two\nlines, of it"]
    assert rows[1].video == "b, c"


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("a,1,0,1,0,5", 6),
        ("a,1,0,5,0.1", 5),
        ("talk, part 2.mp4,1,0.1,0.1", 5),
        ("a,1,0.1,0.1,,,x", 7),
    ],
)
def test_more_cells_than_the_header_are_refused(read, row, cells):
    text = refusal(read, f"{HEADER}a,0,0.1,0.1\n{row}\n")
    assert f"row 3: it has {cells} cells, but the header names 4 columns" in text
    assert "is a decimal comma in it" in text


def test_a_header_padded_with_blanks_hides_no_decimal_comma(read):
    padded = HEADER.strip() + ",,\n"
    assert "6 cells" in refusal(read, padded + "a,1,0,1,0,5\n")
    assert values(read(padded + "a,1,0.1,0.2,,\na,2,0.1\n")) == [
        (0.1, 0.2),
        (0.1, None),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "video,frame,valence,arousal,valence",
        "video,frame,valence,arousal, Valence ",
        "video,frame,valence,arousal,\uff56\uff41\uff4c\uff45\uff4e\uff43\uff45",
        "video,frame,frame,valence,arousal",
        "video;frame;valence;arousal;arousal",
    ],
)
def test_a_column_that_comes_twice_is_refused(read, header):
    text = refusal(read, f"{header}\na,1,0.1,0.1,0.9\n")
    assert "more than once" in text


def test_very_many_columns_are_refused_soon(read):
    """Each name was counted among all: minutes for one line."""
    with pytest.raises(SupportError, match="30000 columns"):
        read(",".join(f"c{i}" for i in range(30_000)) + "\n")


def test_what_stands_under_no_name_is_noted(tmp_path):
    path = tmp_path / "merged.csv"  # a header merged over two columns
    path.write_text(
        "video,frame,valence,,arousal\nv,1,0.1,,0.2\nv,2,,0.3,0.2\nv,3,,0.3,0.2\n"
    )
    found = read_table(path, known=("video", "frame"))
    assert found.rows(lambda number, _: number) == [2, 3, 4]
    assert found.notes == [
        "row 3 of merged.csv: what stands under a column without a name is passed over"
    ]


def test_columns_without_a_name_may_be_many(read):
    """As a script writes its row numbers."""
    text = ",,video,frame,valence,arousal\n0,0,a,1,0.1,0.2\n"
    assert values(read(text)) == [(0.1, 0.2)]


# Row numbers


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ('video,frame,comment,valence,arousal\na,3,"two\nlines",0,0\na,4,x,1.5,0\n', 3),
        (HEADER + "\n,,,\na,1,1.5,0\n", 4),
        ("sep=,\r\n" + HEADER + "a,1,1.5,0\r\n", 2),
        ('video,"fra\nme",frame,valence,arousal\na,,1,1.5,0\n', 2),
        (HEADER.replace("\n", "\r") + "a,1,0.5,0\ra,1,1.5,0\r", 3),
        ("\n\n" + HEADER + "a,1,1.5,0\n", 4),
        (HEADER + "a\u2028b,1,0,0\na,1,1.5,0\n", 3),
    ],
)
def test_rows_are_numbered_as_a_spreadsheet_shows_them(read, content, row):
    assert f"row {row}: valence is 1.5" in refusal(read, content)


# Encodings

JAPANESE = PEOPLE + "会議.mp4,1,0.1,0.2,美奈\nソ表能.mp4,2,-0.1,0.2,アンナ\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_unicode_is_read_without_being_asked(read, encoding):
    support = read(JAPANESE.encode(encoding))
    assert [row.rater for row in support.rows] == ["美奈", "アンナ"]
    assert support.notes == ()


@pytest.mark.parametrize(
    "text",
    [
        JAPANESE,
        PEOPLE + "髙橋 会議.mp4,1,0.1,0.2,髙橋\n",
        PEOPLE + "talk.mp4,1,０．１,ー０．２,ﾐﾅ さん\n",
        PEOPLE.replace(",", "\t") + "会議①.mp4\t1\t0.1\t0.2\t～\n",
    ],
)
def test_shift_jis_is_found_out_and_noted(read, text):
    support = read(text.replace("\n", "\r\n").encode("cp932"))
    assert len(support.rows) == text.count("\n") - 1
    assert support.rows == read(text).rows
    (note,) = support.notes
    assert "Shift-JIS (cp932)" in note


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (PEOPLE + "Zoë.mp4,1,0.1,0.2,Jörg Müller\n", "cp1252"),
        (PEOPLE + "a,1,0.1,0.2,Zoéa Bäck ßÜ\n", "cp1252"),
        (PEOPLE + "встреча.mp4,1,0.1,0.2,Анна\n", "cp1251"),
        (PEOPLE + "会议室.mp4,1,0.1,0.2,安娜\n", "gb18030"),
        (PEOPLE + "회의.mp4,1,0.1,0.2,안나\n", "cp949"),
        (PEOPLE + "会議.mp4,1,0.1,0.2,美奈\n", "euc_jp"),
        (PEOPLE + "會議室.mp4,1,0.1,0.2,安娜\n", "big5"),
    ],
)
def test_what_may_be_several_encodings_is_asked_for(read, text, encoding):
    assert "give --encoding" in refusal(read, text.encode(encoding))
    support = read(text.encode(encoding), encoding=encoding)
    assert support.rows == read(text).rows


def test_shift_jis_is_what_windows_means_by_it(read):
    raw = (PEOPLE + "①髙.mp4,1,0.1,0.2,～\n").encode("cp932")
    for name in ("cp932", "shift_jis", "SJIS", "Windows-31J"):
        assert read(raw, encoding=name).rows[0].video == "①髙.mp4"


def test_a_byte_order_mark_wins_over_what_is_given(read):
    for mark in ("utf-8-sig", "utf-16"):
        assert len(read(JAPANESE.encode(mark), encoding="cp932").rows) == 2


@pytest.mark.parametrize(
    ("content", "encoding", "says"),
    [
        (HEADER, "nonsense", "there is no encoding nonsense"),
        (HEADER, "base64", "there is no encoding base64"),
        (b"\xff\xfe\x00\xd8", None, "cannot be read as a CSV"),
        (b"video\x01,frame\n", None, "no text"),
        (b"\x1f\x8b\x08\x00\x00", None, "cannot be read as a CSV"),
        (b"PAR1\x15\x04\x15\x00PAR1", None, "cannot be read as a CSV"),
        (b"\xd0\xcf\x11\xe0" + bytes(100), None, r"save it as Excel workbook"),
        (JAPANESE.encode("cp932"), "utf-8", "cannot be read as a CSV in utf-8"),
    ],
)
def test_what_is_no_text_is_refused(read, content, encoding, says):
    assert says in refusal(read, content, encoding=encoding)


# Delimiters and decimal commas


@pytest.mark.parametrize(
    "content",
    [
        "video;frame;valence;arousal\nbase.mp4;3;0.1;-0.5\n",
        "video;frame;valence;arousal\nbase.mp4;3;0,1;-0,5\n",
        "video\tframe\tvalence\tarousal\nbase.mp4\t3\t0,1\t-0.5\n",
        "sep=,\nvideo,frame,valence,arousal\nbase.mp4,3,0.1,-0.5\n",
        '"sep=;"\r\nvideo;frame;valence;arousal\r\nbase.mp4;3;0,1;-,5\r\n',
        "SEP=|\nvideo|frame|valence|arousal\nbase.mp4|3|0,1|-0.5\n",
        'video;frame;valence;arousal;"a, b, c, d, e"\nbase.mp4;3;0,1;-0,5\n',
        '\ufeff"video","frame","valence","arousal"\n"base.mp4","3","0.1","-0.5"\n',
        " video , frame , valence , arousal \n base.mp4 , 3 , 0.1 , -0.5 \n",
    ],
)
def test_usual_delimiters_are_read(read, content):
    (row,) = read(content).rows
    assert (row.video, row.frame, row.value) == ("base.mp4", 3, (0.1, -0.5))


def test_a_decimal_comma_among_commas_is_refused(read):
    text = refusal(read, HEADER + 'a,1,"0,5",0.1\n')
    assert "row 2: valence is '0,5'; expected a number with a decimal point" in text


@pytest.mark.parametrize("sign", ["x", '"', "1", "-"])
def test_a_delimiter_that_cannot_be_is_refused(read, sign):
    assert "cannot be" in refusal(read, f"sep={sign}\n{HEADER}a,1,0.1,0.1\n")


# Numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(f"{minus}0.1", -0.1) for minus in "-\u2212\uff0d\u2010\u2011\u2013\ufe63ー"],
        ("\uff0b０．１", 0.1),
        ("０．１", 0.1),
        ("１", 1.0),
        ("٠٫٥", 0.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("5e-1", 0.5),
        ("\u200e0.5\ufeff", 0.5),
        ("\u00a0 0.5\u3000", 0.5),
    ],
)
def test_numbers_in_any_width_and_with_any_minus(text, value):
    assert number_of(text, "valence") == value


@pytest.mark.parametrize(
    "text",
    [
        *("1_0", "0x1", "nan", "inf", "-Infinity", "1e999", "½", "10²", "①", "Ⅳ"),
        *("1 000", "1.2.3", "--1", "-", ".", "", "1e", "0.5%", "TRUE", "#DIV/0!"),
        *("1-2", "2026/01/02", "2-Jan", "1月2日", "=1", "0,5", "1" * 50),
    ],
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match=r"valence is .*expected a number"):
        number_of(text, "valence")


@pytest.mark.parametrize("end", ["x", "e", ".", ":x", " x"])
def test_a_cell_of_very_many_digits_is_refused_soon(read, end):
    """The pattern tried each way to divide them: minutes for one cell."""
    cell = "1" * 40_000 + end
    began = time.process_time()
    for row in (f"a,1,,{cell},0", f"a,,{cell},0,0", f'a,1,"\n{cell},1,2,3",0,0'):
        with pytest.raises(SupportError):
            read(f"video,frame,time_s,valence,arousal\n{row}\n")
    assert time.process_time() - began < 2


def test_a_date_made_by_a_spreadsheet_says_so(read):
    for text in ("2-Jan", "1月2日", "2026-01-02", "1/2"):
        assert "made a date of it" in refusal(read, f"{HEADER}a,1,{text},0\n")


@pytest.mark.parametrize("text", ["1,000", "1.000", "12.345", "１．０００"])
def test_a_whole_number_that_might_be_thousands_is_refused(text):
    with pytest.raises(ValueError, match="which might mean"):
        whole_of(text, "frame", has_comma=True)


def test_whole_numbers():
    assert whole_of("24.0", "frame") == whole_of("２４", "frame") == 24
    assert whole_of("24,0", "frame", has_comma=True) == 24
    assert whole_of("1.000", "frame") == 1  # cells are divided by commas
    for text in ("-1", "1.5", "1e300"):
        with pytest.raises(ValueError, match="expected a whole number from 0"):
            whole_of(text, "frame")


# Times


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00:00:00.5", 0.5),
        ("0:01", 1.0),
        ("1:02:03.25", 3723.25),
        ("75:30", 4530.0),
        ("00:00.5", 0.5),
        ("０：０１．５", 1.5),
        ("25:30:00", 91800.0),
        ("62.5", 62.5),
    ],
)
def test_times_are_hours_minutes_and_seconds(text, value):
    assert seconds_of(text, "time_s") == value


def test_a_time_may_have_a_decimal_comma_where_numbers_may():
    assert seconds_of("0:01,5", "time_s", has_comma=True) == 1.5
    with pytest.raises(ValueError, match="expected seconds"):
        seconds_of("0:01,5", "time_s")


@pytest.mark.parametrize(
    "text", ["0:60", "1:60:00", "1:2:3:4", "-0:01", "0:", ":1", "0:01:", "0:1_0"]
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="time_s is"):
        seconds_of(text, "time_s")


# What is common to all


def test_classes_and_names_in_any_width_and_composition(read):
    text = "video,frame,expression,rater\na,1,ＦＥＡＲ,Jo\u0308rg\n"
    (row,) = read(text).rows
    assert (row.expression, row.rater) == ("fear", "J\u00f6rg")


@pytest.mark.parametrize(
    ("column", "meant"),
    [("expressions", "expression"), ("raters", "rater"), ("time", "time_s")],
)
def test_a_column_with_a_slip_in_its_name_is_noted(read, column, meant):
    (note,) = read(f"{HEADER.strip()},{column},comment\na,1,0,0,x,y\n").notes
    assert note == (
        f"labels.csv: the column {column} is passed over; is {meant} meant?"
    )


def test_a_file_with_a_header_alone_holds_no_label(read):
    assert "fill in valence" in refusal(read, HEADER, NothingToLabelError)


@pytest.mark.parametrize("content", ["", "\n\n", ",,,\n", "\ufeff", "sep=;\n"])
def test_an_empty_file_is_refused(read, content):
    assert "is empty" in refusal(read, content)


def test_a_folder_or_an_endless_file_is_refused(tmp_path):
    with pytest.raises(SupportError, match="cannot be read"):
        read_support(tmp_path)
    with pytest.raises(SupportError, match="larger than 50 MB"):
        read_support(tmp_path.__class__("/dev/zero"))


def test_other_tables_are_read_by_the_same_reader(tmp_path):
    path = tmp_path / "persons.csv"
    path.write_bytes("video;person\n会議.mp4;美奈\n".encode("cp932"))
    table = read_table(path, known=("video", "person"), error=InputError)
    assert table.rows(lambda _, cells: cells) == [
        {"video": "会議.mp4", "person": "美奈"}
    ]
