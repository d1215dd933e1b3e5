"""Fuzz the reader of tables: no crash, no hang over 2 s, no memory over 1 GB.

    python benchmarks/fuzz_tables.py --seconds 600

Guided by coverage where atheris is installed (Linux), else by chance alone
(`--random`). Every input is read as a CSV, or as the sheet of a workbook, by both
readers; whatever is raised but a `FeltlineError` is a finding and is printed with its
input.
"""

import argparse
import io
import random
import resource
import sys
import tempfile
import time
import zipfile
from contextlib import suppress
from pathlib import Path

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
LONGEST_S = 2.0
MOST_BYTES = 1_000_000_000


class Target:
    """Reads an input in every way; remembers the slowest."""

    def __init__(self, folder: Path) -> None:
        import openpyxl

        self.path = folder / "labels.csv"
        self.slowest_s, self.count = 0.0, 0
        made = io.BytesIO()
        openpyxl.Workbook().save(made)
        with zipfile.ZipFile(made) as book:
            self._parts = {name: book.read(name) for name in book.namelist()}

    def __call__(self, raw: bytes) -> None:
        from feltline.errors import FeltlineError
        from feltline.formats import read_frames_to_choose, read_support

        began = time.perf_counter()
        self.path.write_bytes(self._workbook(raw) if b"<row" in raw[:40] else raw)
        for reader in (read_support, read_frames_to_choose):
            with suppress(FeltlineError):
                reader(self.path)
        took = time.perf_counter() - began
        self.count += 1
        self.slowest_s = max(self.slowest_s, took)
        if took > 2 * LONGEST_S:  # there are two readers
            raise AssertionError(f"took {took:.1f} s")

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
    for _ in range(rng.randint(1, 8)):
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
    return bytes(raw[:20_000])


def by_chance(target: Target, seconds: float, seed: int) -> None:
    """Mutations of the seeds and of earlier mutations."""
    rng, known = random.Random(seed), list(SEEDS)  # noqa: S311 - no secret
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        raw = mutated(rng, known)
        try:
            target(raw)
        except Exception:
            sys.stdout.write(f"finding: {raw!r}\n")
            raise
        if len(known) < 1000:
            known.append(raw)
        else:
            known[rng.randrange(len(SEEDS), 1000)] = raw


def by_coverage(seconds: float, folder: Path) -> None:
    """Atheris; it ends the process itself."""
    import atheris

    with atheris.instrument_imports(include=["feltline.formats", "openpyxl"]):
        import openpyxl  # noqa: F401

        import feltline.formats  # noqa: F401

    corpus, tokens = folder / "corpus", folder / "tokens"
    corpus.mkdir()
    for number, seed in enumerate(SEEDS):
        (corpus / f"{number}").write_bytes(seed)
    quoted = ("".join(f"\\x{byte:02x}" for byte in token) for token in TOKENS)
    tokens.write_text("".join(f'"{token}"\n' for token in quoted))
    limits = ["-timeout=10", "-rss_limit_mb=1024", f"-max_total_time={seconds:.0f}"]
    options = [f"-dict={tokens}", "-max_len=20000", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *limits, *options, str(corpus)], Target(folder))
    atheris.Fuzz()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=600.0)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--random", action="store_true", help="by chance alone")
    given = asked.parse_args()
    try:
        import atheris  # noqa: F401

        is_guided = not given.random
    except ImportError:
        is_guided = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if is_guided:
            by_coverage(given.seconds, folder)
            return
        target = Target(folder)
        by_chance(target, given.seconds, given.seed)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        sys.stdout.write(
            f"{target.count} inputs, no crash; slowest {target.slowest_s:.2f} s (at "
            f"most {LONGEST_S:g} a reading), peak memory {peak / 1e6:.0f} MB (at most "
            f"{MOST_BYTES / 1e6:.0f})\n"
        )
        if peak > MOST_BYTES:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
