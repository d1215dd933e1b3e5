"""Fuzz what `add` does first with a video: no crash, no hang over 2 s, no 1 GB.

    python benchmarks/fuzz_videos.py --seconds 600

Little files of many containers and codecs (the zoo of the tests, made with the `ffmpeg`
command) are mutilated where sizes, counts and times stand, cut, blanked, doubled and
spliced. Each is scanned (probe, hash, frame index), asked for its times and whether
browsers play it, and its last frame is sought by the index. What an index says must
hold together.
"""

import random
import re
import sys
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.fuzzing import Campaign  # noqa: E402 - the checkout is no package
from benchmarks.fuzzing import main as fuzz  # noqa: E402

ANIMALS = (
    *("mp4-h264-b+sound", "mp4-h264-frag+plain", "mp4-h264-open+turned"),
    *("mp4-av1+plain", "mov-hevc+plain", "mov-mjpeg+plain", "mkv-h264-open+vfr"),
    *("mkv-ffv1+plain", "webm-vp8-alt+plain", "webm-vp9+wide", "ts-h264-b+sound"),
    *("ts-mpeg2+fields", "m2ts-h264-b+plain", "avi-mpeg4-b+plain", "avi-h264-b+sound"),
    *("flv-h264-b+plain", "wmv-wmv2+plain", "mpg-mpeg1-b+plain", "ogv-theora+plain"),
    *("mxf-mpeg2+plain", "gif-gif+plain"),
)
SUFFIXES = (
    *(".mp4", ".mov", ".mkv", ".webm", ".ts", ".m2ts", ".avi", ".flv", ".wmv", ".mpg"),
    *(".ogv", ".mxf", ".gif", ".png", ".jpg", ".bmp", ".tif", ".webp"),
)
"""The first byte of an input is the place of its file's ending in here."""

_BOXES = (
    *(b"ftyp", b"moov", b"mvhd", b"trak", b"tkhd", b"edts", b"elst", b"mdia", b"mdhd"),
    *(b"hdlr", b"minf", b"stbl", b"stsd", b"avc1", b"avcC", b"hvc1", b"hvcC", b"av01"),
    *(b"stts", b"ctts", b"stss", b"stsc", b"stsz", b"stco", b"co64", b"mdat", b"moof"),
    *(b"mfhd", b"traf", b"tfhd", b"tfdt", b"trun", b"mvex", b"trex", b"mfra", b"sgpd"),
    *(b"pasp", b"colr", b"udta", b"meta", b"ilst"),
)
_MARKS = (
    *_BOXES,
    # RIFF
    *(b"RIFF", b"AVI ", b"LIST", b"avih", b"strh", b"strf", b"movi", b"idx1", b"00dc"),
    # Matroska: head, segment, info, scale, length, tracks, cluster, block, cues
    *(b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x15\x49\xa9\x66", b"\x2a\xd7\xb1"),
    *(b"\x44\x89", b"\x16\x54\xae\x6b", b"\x1f\x43\xb6\x75", b"\xe7", b"\xa3\x40"),
    *(b"\x1c\x53\xbb\x6b", b"\xb0\x81", b"\xba\x81", b"\x23\xe3\x83"),
    # MPEG: packs, streams, sequence, picture; transport packets with a head
    *(b"\0\0\1\xba", b"\0\0\1\xe0", b"\0\0\1\xb3", b"\0\0\1\0", b"\x47\x41\0"),
    # ASF, Ogg, FLV, GIF, MXF
    *(b"\xa1\xdc\xab\x8c\x47\xa9", b"\x91\x07\xdc\xb7\xb7\xa9", b"OggS", b"\x80theora"),
    *(b"FLV\1", b"onMetaData", b"GIF89a", b"\x21\xf9\x04", b"\x06\x0e\x2b\x34"),
)
_FIND = re.compile(b"|".join(re.escape(mark) for mark in _MARKS))
_NUMBERS = (
    *(0, 1, 2, 7, 8, 255, 256, 4080, 8192, 16_000, 0x7FFF, 0x8000, 0xFFFF, 0x10000),
    *(0xFFFFFF, 0x1000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 1 << 32),
    *((1 << 63) - 1, 1 << 63, (1 << 64) - 2, (1 << 64) - 1),
)
_LONGEST = 200_000


class Videos:
    """Does with an input what `add` and the review page do first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._scan: Any = None
        self.steps = (self.scan, self.times, self.plays, self.last_frame)

    def prepare(self, raw: bytes) -> Path:
        suffix = SUFFIXES[raw[0] % len(SUFFIXES)] if raw else ".mp4"
        path = self._folder / f"it{suffix}"
        path.write_bytes(raw[1:])
        self._scan = None
        return path

    def scan(self, path: Path) -> None:
        import numpy as np

        from feltline.video import scan_video

        scan = scan_video(path)
        self._scan = scan
        assert len(scan.time_s) == scan.facts.n_frames > 0
        assert np.isfinite(scan.time_s).all()
        assert (np.diff(scan.time_s) > 0).all()
        assert scan.facts.duration_s >= 0
        assert scan.facts.width > 0 < scan.facts.height

    def times(self, path: Path) -> None:
        from feltline.video import frame_times, is_picture

        times = frame_times(path)
        # The time of a picture is known before it is looked at.
        if self._scan is None and is_picture(path):
            return
        assert self._scan is not None, "times of a file that was refused"
        assert times.tolist() == self._scan.time_s.tolist()

    def plays(self, path: Path) -> None:
        from feltline.video import browser_plays

        browser_plays(path)

    def last_frame(self, path: Path) -> None:
        from feltline.video import read_frame

        if self._scan is None:
            return
        facts = self._scan.facts
        frame = read_frame(path, facts.n_frames - 1, index=self._scan.index)
        assert frame.rgb.shape == (facts.height, facts.width, 3)


def seeds(folder: Path) -> list[bytes]:
    from tests.video.zoo import Animal

    made = [Animal(*name.split("+")).make(folder) for name in ANIMALS]
    return [bytes([SUFFIXES.index(p.suffix)]) + p.read_bytes() for p in made]


def mutated(rng: random.Random, known: list[bytes]) -> bytes:
    """A known input with numbers set beside marks, and pieces moved about."""
    raw = bytearray(rng.choice(known))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        if len(raw) < 16:
            break
        rng.choices(_CHANGES, _WEIGHTS)[0](rng, raw, known)
    return bytes(raw[:_LONGEST])


def _place(rng: random.Random, raw: bytearray) -> int:
    """Mostly in the head or the tail, where tables stand; never the first byte."""
    size = len(raw) - 1
    near = min(size - 1, int(size * rng.random() ** 3))
    return 1 + rng.choice((near, size - 1 - near, rng.randrange(size)))


def _marked(rng: random.Random, raw: bytearray) -> int:
    """The place of a mark; any place if there is none."""
    kinds: dict[bytes, list[int]] = {}
    for found in _FIND.finditer(raw, 1):
        kinds.setdefault(found[0], []).append(found.start())
    if not kinds:
        return _place(rng, raw)
    return rng.choice(kinds[rng.choice(sorted(kinds))])


def _number(rng: random.Random, raw: bytearray, at: int) -> None:
    """Another number of 1, 2, 4 or 8 bytes."""
    width = rng.choice((1, 2, 4, 4, 8))
    order: Literal["big", "little"] = "big" if rng.random() < 0.7 else "little"
    at = max(1, min(at, len(raw) - width))
    now = int.from_bytes(raw[at : at + width], order)
    choices = (rng.choice(_NUMBERS), now + rng.randint(-9, 9), 2 * now, now // 2, ~now)
    new = rng.choice((choices[0], *choices)) % (1 << 8 * width)
    raw[at : at + width] = new.to_bytes(width, order)


def _number_at_mark(rng: random.Random, raw: bytearray, _known: list[bytes]) -> None:
    # A box has its size before its name; the rest have theirs after it.
    at = _marked(rng, raw)
    _number(rng, raw, at + rng.choice((-4, 4, 8, 12, 16, rng.randrange(4, 80))))


def _number_anywhere(rng: random.Random, raw: bytearray, _known: list[bytes]) -> None:
    _number(rng, raw, _place(rng, raw))


def _flip(rng: random.Random, raw: bytearray, _known: list[bytes]) -> None:
    raw[_place(rng, raw)] ^= 1 << rng.randrange(8)


def _ending(rng: random.Random, raw: bytearray, _known: list[bytes]) -> None:
    raw[0] = rng.randrange(256)


def _rename(rng: random.Random, raw: bytearray, _known: list[bytes]) -> None:
    mark = rng.choice(_MARKS)
    at = _marked(rng, raw)
    raw[at : at + len(mark)] = mark


def _span(rng: random.Random, raw: bytearray) -> tuple[int, int]:
    """From a mark or any place, for a few bytes, whole packets, or a large share."""
    at = rng.choice((_marked(rng, raw), _place(rng, raw)))
    packets = 188 * rng.randint(1, 9)
    size = rng.choice((rng.randint(1, 64), packets, rng.randint(1, len(raw) // 3)))
    return at, min(len(raw), at + size)


def _drop(rng: random.Random, raw: bytearray, _known: list[bytes]) -> None:
    start, end = _span(rng, raw)
    del raw[start:end]


def _blank(rng: random.Random, raw: bytearray, _known: list[bytes]) -> None:
    start, end = _span(rng, raw)
    raw[start:end] = bytes([rng.choice((0, 0, 255))]) * (end - start)


def _noise(rng: random.Random, raw: bytearray, _known: list[bytes]) -> None:
    start, end = _span(rng, raw)
    raw[start:end] = rng.randbytes(end - start)


def _repeat(rng: random.Random, raw: bytearray, _known: list[bytes]) -> None:
    start, end = _span(rng, raw)
    raw[end:end] = raw[start:end] * rng.choice((1, 1, 1, 5))


def _move(rng: random.Random, raw: bytearray, _known: list[bytes]) -> None:
    start, end = _span(rng, raw)
    piece = raw[start:end]
    del raw[start:end]
    at = rng.randint(1, max(1, len(raw)))
    raw[at:at] = piece


def _cut(rng: random.Random, raw: bytearray, _known: list[bytes]) -> None:
    del raw[rng.randint(2, len(raw)) :]


def _splice(rng: random.Random, raw: bytearray, known: list[bytes]) -> None:
    """A piece of another input in the place of one, or its whole end."""
    other = bytearray(rng.choice(known))
    if len(other) < 16:
        return
    start, end = _span(rng, raw)
    from_, to = _span(rng, other)
    if rng.random() < 0.3:
        raw[start:] = other[from_:]
    else:
        raw[start:end] = other[from_:to]


_OFTEN = {
    _number_at_mark: 12,
    _number_anywhere: 4,
    _flip: 3,
    _ending: 1,
    _rename: 1,
    _drop: 2,
    _blank: 1,
    _noise: 1,
    _repeat: 2,
    _move: 1,
    _cut: 1,
    _splice: 2,
}
_CHANGES, _WEIGHTS = tuple(_OFTEN), tuple(_OFTEN.values())

CAMPAIGN = Campaign(
    seeds=seeds,
    target=Videos,
    mutate=mutated,
    instrumented=("feltline.video",),
    longest=_LONGEST,
)


def main() -> None:
    fuzz(CAMPAIGN, __doc__)


if __name__ == "__main__":
    main()
