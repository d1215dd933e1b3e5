# ruff: noqa: RUF001 - letters that look alike are what is tested
"""Whatever stands in a file: rows, or a sentence, soon."""

import csv
import io
import math
import time
from contextlib import suppress

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.soak import IS_SOAK, examples

from feltline.errors import FeltlineError
from feltline.formats import VideoNames, read_frames_to_choose, read_support, read_table
from feltline.formats.cell_values import number_of, seconds_of, whole_of

HEADER = ["video", "frame", "valence", "arousal", "rater"]
TOKENS = (
    *(",", ";", "\t", '"', '""', "\n", "\r\n", "\r", " ", "sep=;\n", "\ufeff", "\x00"),
    *(*HEADER, "a.mp4", "0.5", "0,5", "-1", "\u22120.1", "１", "0:01", "1_0", "=1"),
    *("会議", "é", "\u3099", "C:\\x\\", "/", "\\", "'", "1e999", "nan", "#N/A"),
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp932", "cp1252")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "labels.csv"


def read_soon(path, raw):
    path.write_bytes(raw)
    for reader in (read_support, read_frames_to_choose):
        began = time.process_time()
        with suppress(FeltlineError):
            reader(path)
        assert time.process_time() - began < 2


@given(raw=st.binary(max_size=2000))
def test_any_bytes(place, raw):
    read_soon(place, raw)


@given(
    parts=st.lists(st.sampled_from(TOKENS), max_size=80),
    encoding=st.sampled_from(ENCODINGS),
    has_header=st.booleans(),
)
def test_any_text_of_what_tables_are_made_of(place, parts, encoding, has_header):
    text = (",".join(HEADER) + "\n" if has_header else "") + "".join(parts)
    read_soon(place, text.encode(encoding, "replace"))


@pytest.fixture(scope="module")
def workbook():
    made = openpyxl.Workbook()
    for row in (HEADER, ["a.mp4", 1, 0.5, "0,5", "mina"], ["a.mp4", 2, "=1", None, ""]):
        made.active.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


@given(data=st.data())
def test_workbooks_with_bytes_changed(place, workbook, data):
    raw = bytearray(workbook)
    at = st.integers(0, len(raw) - 1)
    for spot, byte in data.draw(
        st.lists(st.tuples(at, st.integers(0, 255)), max_size=8)
    ):
        raw[spot] = byte
    read_soon(place, bytes(raw[: data.draw(st.integers(1, len(raw)))]))


CELL = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028"),
    min_size=1,
).filter(lambda text: text.strip())


@given(
    names=st.lists(CELL, min_size=1, max_size=5),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(ENCODINGS[:4]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_a_spreadsheet_saves_is_what_is_read(
    place, names, delimiter, encoding, end
):
    """The plain csv module writes, the reader reads: the same texts, trimmed."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerows([[*HEADER[:2], "note"], *([n, 1, n] for n in names)])
    place.write_bytes(text.getvalue().encode(encoding))
    table = read_table(place, known=HEADER)
    found = table.rows(lambda _, cells: (cells["video"], cells["note"]))
    assert [len(pair) for pair in found] == [2] * len(names)
    for (video, note), name in zip(found, names, strict=True):
        assert video == note
        assert video in name


@given(text=st.text(max_size=60), comma=st.booleans())
def test_numbers_are_numbers_or_sentences(text, comma):
    for parse in (number_of, whole_of, seconds_of):
        with suppress(ValueError):
            value = parse(text, "valence", has_comma=comma)
            assert math.isfinite(value)


@given(value=st.floats(-1, 1), comma=st.booleans())
def test_a_number_that_is_written_is_read(value, comma):
    text = repr(value)
    if comma:
        text = text.replace(".", ",")
    for written in (text, text.replace("-", "\u2212"), f" {text}\u3000"):
        assert number_of(written, "valence", has_comma=comma) == value


PATH = st.text(st.sampled_from("ab/\\.:~ CéÉ\u0301"), max_size=12)


@given(
    location=st.dictionaries(PATH.filter(bool), PATH, min_size=1, max_size=5),
    text=PATH,
)
def test_names_are_found_or_refused(location, text):
    names = VideoNames(location)
    with suppress(ValueError):
        assert names.find(text)[0] in location


@pytest.mark.skipif(not IS_SOAK, reason="long")
def test_a_large_table_is_read_in_time(place):
    n = examples(20_000)
    lines = (f'"a, {i}.mp4",{i},0.5,-0.25,"two\nlines"\n' for i in range(n))
    place.write_text(",".join(HEADER) + "\n" + "".join(lines))
    began = time.process_time()
    assert len(read_support(place).rows) == n
    assert time.process_time() - began < n / 2000
