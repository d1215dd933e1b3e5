"""Excel files: what people fill in there is read, and nothing else can happen."""

import gc
import io
import sys
import time
import zipfile
from contextlib import suppress
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path

import openpyxl
import pytest

from feltline.errors import FeltlineError, InputError, NothingToLabelError, SupportError
from feltline.formats import read_support, workbooks, write_suggestions

HEADER = ["video", "frame", "time_s", "valence", "arousal", "comment"]


@pytest.fixture
def book(tmp_path):
    """Makes a workbook of rows below the header; more sheets by name."""

    def make(*rows, header=HEADER, name="labels.xlsx", sheets=(), change=None):
        made = openpyxl.Workbook()
        sheet = made.active
        for row in (header, *rows):
            sheet.append(row)
        for title, others in dict(sheets).items():
            other = made.create_sheet(title)
            for row in others:
                other.append(row)
        if change is not None:
            change(sheet)
        path = tmp_path / name
        made.save(path)
        return path

    return make


def refusal(path, error=SupportError):
    with pytest.raises(error) as caught:
        read_support(path)
    return str(caught.value)


def test_what_was_filled_in_is_read(book):
    path = book(
        ["会議.mp4", 24, 0.8, 0.5, -0.25, None],
        ["a.mp4", 10.0, None, "0,5", "\u22120.1", "two\nlines"],
        ["b.mp4", None, None, None, None, "not labelled yet"],
    )
    support = read_support(path)
    assert [(r.row, r.video, r.frame, r.value) for r in support.rows] == [
        (2, "会議.mp4", 24, (0.5, -0.25)),
        (3, "a.mp4", 10, (0.5, -0.1)),
    ]
    assert support.notes == ()


def test_what_it_is_shows_in_its_bytes_not_in_its_name(book, tmp_path):
    path = book(["a", 1, None, 0.1, 0.2, None], name="labels.csv.xlsx")
    other = tmp_path / "labels.csv"
    other.write_bytes(path.read_bytes())
    assert len(read_support(other).rows) == 1
    csv = tmp_path / "text.xlsx"
    csv.write_text("video,frame,valence,arousal\na,1,0.1,0.2\n")
    assert len(read_support(csv).rows) == 1


def test_rows_are_numbered_as_excel_shows_them(book):
    def leave_rows(sheet):
        sheet.insert_rows(1, 2)
        sheet.insert_rows(5, 3)

    rows = [["a", 1, None, 0.1, 0.2, None], ["a", 2, None, 1.5, 0.2, None]]
    assert "row 8: valence is 1.5" in refusal(book(*rows, change=leave_rows))


@pytest.mark.parametrize(
    ("value", "number_format", "seconds"),
    [
        (clock(0, 1), "h:mm", 1.0),
        (clock(0, 1), "hh:mm", 1.0),
        (clock(1, 30), "h:mm", 90.0),
        (clock(0, 0, 1), "h:mm:ss", 1.0),
        (clock(0, 0, 0, 500_000), "mm:ss.0", 0.5),
        (clock(0, 1, 2, 250_000), "h:mm:ss.000", 62.25),
        (timedelta(minutes=1, seconds=30), "[h]:mm:ss", 90.0),
        (timedelta(hours=25), "[h]:mm:ss", 90_000.0),
        ("0:01.5", "@", 1.5),
        (0.75, "General", 0.75),
        (1 + 1.5 / 24, "h:mm", 90.0),
        (1 + 1.5 / 24, "h:mm:ss", 5400.0),
    ],
)
def test_times_are_those_that_the_cell_shows(book, value, number_format, seconds):
    def shape(sheet):
        sheet["C2"].value = value
        sheet["C2"].number_format = number_format

    path = book(["a", None, None, 0.1, 0.2, None], change=shape)
    (row,) = read_support(path).rows
    assert row.time_s == pytest.approx(seconds)


@pytest.mark.parametrize(
    "value", [datetime(2026, 1, 2), True, "#N/A", "high", "1_0", float("1e300")]
)
def test_what_is_no_number_is_refused(book, value):
    assert "row 2: valence is" in refusal(book(["a", 1, None, value, 0.2, None]))


def test_a_formula_gives_its_saved_value_with_a_note(book, tmp_path):
    path = book(
        ["a", 1, None, "=1/2", 0.2, "=1+1"],
        ["a", 2, None, 0.3, 0.2, None],
        ["a", 3, None, "=1/4", 0.2, None],
    )
    assert "valence is '#formula without a saved value'" in refusal(path)
    saved = tmp_path / "saved.xlsx"
    values = {b"<f>1/2</f><v />": b"<f>1/2</f><v>0.5</v>"}
    values |= {b"<f>1/4</f><v />": b"<f>1/4</f><v>0.25</v>"}
    values |= {b"<f>1+1</f><v />": b"<f>1+1</f><v>2</v>"}
    rewrite(path, saved, values)
    support = read_support(saved)
    assert [r.value for r in support.rows] == [(0.5, 0.2), (0.3, 0.2), (0.25, 0.2)]
    assert support.notes[0] == (
        "row 2 of saved.xlsx: valence is a formula; the value saved with it is used, "
        "0.5"
    )


def rewrite(path, to, changes):
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            for before, after in changes.items():
                content = content.replace(before, after)
            new.writestr(name, content)


def test_the_sheet_with_labels_is_found(book):
    path = book(["a", 1, None, 0.1, 0.2, None], sheets={"Notes": [["bring", "milk"]]})
    assert read_support(path).notes == (
        "labels.xlsx: the sheet Sheet is read; passed over: Notes",
    )


def test_two_sheets_with_labels_are_refused(book):
    path = book(["a", 1, None, 0.1, 0.2, None], sheets={"Ben": [HEADER]})
    assert "2 sheets with such a table (Sheet, Ben)" in refusal(path)


def test_what_stands_beside_the_table_is_passed_over_with_a_note(book):
    path = book(["a", 1, None, 0.1, 0.2, None, "?"], ["a", 2, 0, 0.1, 0.2, "", "!"])
    support = read_support(path)
    assert len(support.rows) == 2
    assert support.notes == (
        "row 2 of labels.xlsx: what stands right of the named columns is passed over",
    )


def test_a_column_that_comes_twice_is_refused(book):
    header = ["video", "frame", "valence", "arousal", "Valence"]
    assert "more than once" in refusal(book(["a", 1, 0, 0, 0], header=header))


def test_an_empty_sheet_is_refused(book):
    assert "is empty" in refusal(book(header=[]))


def test_suggestions_are_filled_in_and_read(tmp_path):
    path = tmp_path / "todo.xlsx"
    rows: list[dict[str, str | int | float]] = [
        {"video": "=cmd", "frame": 3, "time_s": "0.120", "face": 0, "rank": 1},
        {"video": "会議\u0007.mp4", "frame": 4, "time_s": "0.160", "reason": "='x'"},
    ]
    write_suggestions(path, rows)
    with pytest.raises(NothingToLabelError):
        read_support(path)
    made = openpyxl.load_workbook(path)
    sheet = made.active
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "n"}
    assert sheet["C2"].value == 0.12
    sheet["E2"], sheet["F2"] = 0.5, -0.5
    made.save(path)
    (row,) = read_support(path).rows
    assert (row.video, row.frame, row.value) == ("=cmd", 3, (0.5, -0.5))


SHARED = (
    *("video", "frame", "valence", "arousal"),
    "<t>会</t></r><r><rPr><b/></rPr><t>議.mp4",
)
"""As Excel in Japan saves: texts in a part of their own, letters in several fonts, and
how to pronounce them."""


def test_texts_as_excel_in_japan_saves_them(book, tmp_path):
    path, saved = book(header=["x"]), tmp_path / "saved.xlsx"
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<sheetData><row r="1">'
        + "".join(f'<c r="{c}1" t="s"><v>{i}</v></c>' for i, c in enumerate("ABCD"))
        + '</row><row r="2"><c r="A2" t="s"><v>4</v></c><c r="B2"><v>24</v></c>'
        '<c r="C2"><v>-0.3</v></c><c r="D2"><v>0.29999999999999999</v></c></row>'
        "</sheetData></worksheet>"
    )
    texts = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        + "".join(f"<si><t>{text}</t></si>" for text in SHARED[:4])
        + f'<si><r>{SHARED[4]}</t></r><rPh sb="0" eb="2"><t>カイギ</t></rPh>'
        '<phoneticPr fontId="1"/></si></sst>'
    )
    kind = (
        '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.'
        'openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    )
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(saved, "w") as new:
        for name in old.namelist():
            content = old.read(name).replace(b"</Types>", kind.encode())
            is_sheet = name == "xl/worksheets/sheet1.xml"
            new.writestr(name, sheet if is_sheet else content)
        new.writestr("xl/sharedStrings.xml", texts)
    (row,) = read_support(saved).rows
    assert (row.video, row.frame, row.value) == ("会議.mp4", 24, (-0.3, 0.3))


# What does harm


def archive(**parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return file.getvalue()


TEXT = "".join(f"{i * 7919 % 1_000_003:06}" for i in range(170_000))
"""About 1 MB that cannot be shrunk by much."""


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (archive(mimetype="application/vnd.oasis.opendocument"), "no Excel workbook"),
        (archive(word__document_xml="<a/>"), "no Excel workbook"),
        (archive(xl__workbook_xml="<a/>"), "cannot be read as an Excel file"),
        (archive(xl__workbook_xml="no xml"), "cannot be read as an Excel file"),
        (b"PK\x03\x04" + bytes(50), "cannot be read as an Excel file"),
        (archive(xl__workbook_xml="", xl__a_xml=" " * 30_000_000), "to 30 MB"),
        (archive(xl__workbook_xml="", xl__a_xml=TEXT * 6), "very many styles"),
        (archive(xl__workbook_xml="", xl__worksheets__a_xml=TEXT * 3), "has a row of"),
        (
            archive(xl__workbook_xml="", xl__worksheets__a_xml="<row>" + TEXT * 3),
            "has a row of more than 2 MB",
        ),
        (
            archive(xl__workbook_xml="", xl__sharedStrings_xml="<si>" + TEXT * 3),
            "has a text of more than 2 MB",
        ),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path, raw, says):
    path = tmp_path / "a.xlsx"
    path.write_bytes(raw)
    assert says in refusal(path)


def test_a_workbook_that_is_too_large_is_refused(book, monkeypatch):
    path = book(["a", 1, None, 0.1, 0.2, None])
    texts = path.with_name("texts.xlsx")
    texts.write_bytes(archive(xl__workbook_xml="", xl__sharedStrings_xml=" " * 11))
    for name, file in (("MOST_XML", path), ("MOST_STRINGS", texts)):
        with monkeypatch.context() as limits:
            limits.setattr(workbooks, name, 10)
            assert "more than a table of labels needs" in refusal(file)
    monkeypatch.setattr(workbooks, "_MOST_PARTS", 2)
    assert "too many parts" in refusal(path)


def test_a_part_that_is_not_read_is_bounded_too(book, tmp_path, monkeypatch):
    """A relation may name any part as the one with the texts."""
    path, odd = book(["a", 1, None, 0.1, 0.2, None]), tmp_path / "odd.xlsx"
    monkeypatch.setattr(workbooks, "MOST_STRINGS", 100_000)
    with (
        zipfile.ZipFile(path) as old,
        zipfile.ZipFile(odd, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/media/texts.xml", bytes(100_001))
    assert "more than a table of labels needs" in refusal(odd)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">
%s]><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&x9;</t></is></c></row>
</sheetData></worksheet>"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<row r="2"', b'<row r="2000000000"'),
        (b'r="A2"', b'r="XFD1048576"'),
        (b'r="A2"', b'r="ZZZZZZ99"'),
        (b'<dimension ref="A1:F2"', b'<dimension ref="A1:XFD1048576"'),
        (b'<row r="2"', b'<row r="two"'),
        (b"</worksheet>", b""),
        (b"<sheetData>", b"<sheetData><row>" * 1000),
        (b't="s"', b't="e"'),
        (b"<v>0</v>", b"<v>99999</v>"),
    ],
)
def test_a_sheet_that_states_nonsense_is_read_or_refused_soon(
    book, tmp_path, before, after
):
    path, odd = book(["a", 1, None, 0.1, 0.2, None]), tmp_path / "odd.xlsx"
    rewrite(path, odd, {before: after})
    read_support(path)  # what is imported first takes its time
    began = time.process_time()
    with suppress(FeltlineError):
        read_support(odd)
    # A million empty rows take a second, and five where coverage is measured.
    assert time.process_time() - began < 30


def test_entities_do_not_grow(book, tmp_path):
    path, odd = book(["a", 1, None, 0.1, 0.2, None]), tmp_path / "odd.xlsx"
    grown = b"".join(
        b'<!ENTITY x%d "%s">' % (i, b"&x%d;" % (i - 1) * 10 if i else b"&b;" * 10)
        for i in range(10)
    )
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(odd, "w") as new:
        for name in old.namelist():
            is_sheet = name == "xl/worksheets/sheet1.xml"
            new.writestr(name, BOMB % grown if is_sheet else old.read(name))
    began = time.process_time()
    assert "cannot be read as an Excel file" in refusal(odd)
    assert time.process_time() - began < 5


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_ROWS", 3)
    path = tmp_path / "a.xlsx"
    workbooks.write_workbook(path, ["a"], [[1], [2]], "labels")
    with pytest.raises(InputError, match="no Excel sheet holds"):
        workbooks.write_workbook(path, ["a"], [[1], [2], [3]], "labels")


def test_a_full_disk_is_an_error_and_nothing_else(monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with pytest.raises(OSError, match="No space left"):
        workbooks.write_workbook(Path("/dev/full"), ["a"], [[1]] * 9, "labels")
    gc.collect()
    assert not told
