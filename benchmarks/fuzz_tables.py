"""Fuzz the reader of tables: no crash, no hang over 2 s, no memory over 1 GB.

    python benchmarks/fuzz_tables.py --seconds 600

Guided by coverage where atheris is installed (Linux), else by chance alone
(`--random`). Every input is read as a CSV, or as the sheet of a workbook, by both
readers; whatever is raised but a `FeltlineError` is a finding and is printed with its
input.
"""

import io
import random
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.fuzzing import Campaign
from benchmarks.fuzzing import main as fuzz

SEEDS = (
    b"video,frame,valence,arousal\na.mp4,3,0.1,-0.5\n",
    "\ufeffvideo;time_s;valence;arousal;rater\r\na;0:01;0,1;\u22120,5;\n".encode(),
    "sep=\t\nvideo\tframe\texpression\n会議\t3\tfear\n".encode("cp932"),
    'video,frame,valence,arousal,c\na,1,0,0,"two\nlines ""x"""\n'.encode("utf-16"),
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>video</t></is></c></row>'
    b'<row r="2"><c r="A2"><f>1/2</f><v>0.5</v></c><c r="B2" t="d"><v>x</v></c></row>',
)
TOKENS = (
    *(b",", b";", b"\t", b'"', b'""', b"\n", b"\r\n", b"\r", b"sep=", b"\xef\xbb\xbf"),
    *(b"\xff\xfe", b"\x00", b"video", b"frame", b"time_s", b"valence", b"arousal"),
    *(b"expression", b"0:01", b"1_0", b"1,000", b"PK\x03\x04", b"\x83\x5c", b"\xe9"),
    *(b"<row r=", b"<c r=", b' t="s"', b' s="1"', b"<f>", b"<v>", b"1e999", b"A1:B2"),
)
_SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b"<sheetData>%s</sheetData></worksheet>"
)
LONGEST_INPUT = 20_000


class Tables:
    """Reads an input as a CSV, or as the sheet of a workbook, by both readers."""

    def __init__(self, folder: Path) -> None:
        import openpyxl

        from feltline.formats import read_frames_to_choose, read_support

        self.steps = (read_support, read_frames_to_choose)
        self._path = folder / "labels.csv"
        made = io.BytesIO()
        openpyxl.Workbook().save(made)
        with zipfile.ZipFile(made) as book:
            self._parts = {name: book.read(name) for name in book.namelist()}

    def prepare(self, raw: bytes) -> Path:
        self._path.write_bytes(self._workbook(raw) if b"<row" in raw[:40] else raw)
        return self._path

    def _workbook(self, raw: bytes) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as book:
            for name, content in self._parts.items():
                is_sheet = name.startswith("xl/worksheets/")
                book.writestr(name, _SHEET % raw if is_sheet else content)
        return file.getvalue()


def mutated(rng: random.Random, known: list[bytes]) -> bytes:
    """A known input with tokens put in, bytes changed, and pieces cut or doubled."""
    raw = bytearray(rng.choice(known))
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        at = rng.randint(0, len(raw))
        kind = rng.randrange(4)
        if kind == 0:
            raw[at:at] = rng.choice(TOKENS)
        elif kind == 1 and raw:
            raw[at % len(raw)] = rng.randrange(256)
        elif kind == 2:
            del raw[at : at + rng.randint(1, 20)]
        else:
            raw[at:at] = raw[at : at + rng.randint(1, 200)]
    return bytes(raw[:LONGEST_INPUT])


CAMPAIGN = Campaign(
    seeds=lambda _: SEEDS,
    target=Tables,
    mutate=mutated,
    instrumented=("feltline.formats", "openpyxl"),
    longest=LONGEST_INPUT,
    tokens=TOKENS,
)


def main() -> None:
    fuzz(CAMPAIGN, __doc__)


if __name__ == "__main__":
    main()
