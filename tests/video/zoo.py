"""A zoo of little videos: container x codec x reordering x rate x what else there is.

Made with the `ffmpeg` command, which also says what is in them: how many frames, when
each is shown, and roughly what it shows. That command is a tool of development;
`.ci/run` installs it.
"""

import json
import re
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np

SIDE: Final = 16
SMALL: Final = "scale=16:16:flags=area"
"""Of a thumbnail, in pixels."""

X264: Final = ("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1")
X265: Final = (
    *("-c:v", "libx265", "-preset", "ultrafast"),
    *("-x265-params", "log-level=none:pools=1:frame-threads=1:bframes=3:keyint=10"),
)
BF: Final = ("-bf", "2", "-g", "10")
NO_BF: Final = ("-bf", "0", "-g", "10")
OPEN: Final = ("-bf", "3", "-g", "10", "-flags", "-cgop", "-x264-params", "open-gop=1")
VP8: Final = ("-c:v", "libvpx", "-deadline", "realtime", "-g", "10", "-b:v", "300k")
ALT_REF: Final = (
    *("-c:v", "libvpx", "-deadline", "good", "-cpu-used", "5", "-b:v", "300k"),
    *("-auto-alt-ref", "1", "-lag-in-frames", "16", "-g", "12"),
)
VP9: Final = (
    *("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "10"),
    *("-b:v", "300k", "-threads", "1"),
)
AV1: Final = ("-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-g", "10")

BREEDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "mp4-h264": (".mp4", (*X264, *NO_BF)),
    "mp4-h264-b": (".mp4", (*X264, *BF)),
    "mp4-h264-open": (".mp4", (*X264, *OPEN)),
    "mp4-h264-frag": (
        ".mp4",
        (*X264, *BF, "-movflags", "frag_keyframe+empty_moov"),
    ),
    "mp4-h264-fast": (".mp4", (*X264, *BF, "-movflags", "+faststart")),
    "mp4-hevc": (".mp4", X265),
    "mp4-mpeg4": (".mp4", ("-c:v", "mpeg4", *BF)),
    "mp4-vp9": (".mp4", VP9),
    "mp4-av1": (".mp4", AV1),
    "mov-h264-b": (".mov", (*X264, *BF)),
    "mov-hevc": (".mov", X265),
    "mov-prores": (".mov", ("-c:v", "prores_ks", "-profile:v", "0")),
    "mov-mjpeg": (".mov", ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p")),
    "mov-rle": (".mov", ("-c:v", "qtrle", "-pix_fmt", "rgb24")),
    "m4v-h264-b": (".m4v", (*X264, *BF)),
    "3gp-h264": (".3gp", (*X264, *NO_BF)),
    "mkv-h264-b": (".mkv", (*X264, *BF)),
    "mkv-h264-open": (".mkv", (*X264, *OPEN)),
    "mkv-hevc": (".mkv", X265),
    "mkv-mpeg2": (".mkv", ("-c:v", "mpeg2video", *BF)),
    "mkv-mpeg4": (".mkv", ("-c:v", "mpeg4", *BF)),
    "mkv-ffv1": (".mkv", ("-c:v", "ffv1")),
    "mkv-vp8": (".mkv", VP8),
    "mkv-theora": (".mkv", ("-c:v", "libtheora", "-g", "10")),
    "webm-vp8": (".webm", VP8),
    "webm-vp8-alt": (".webm", ALT_REF),
    "webm-vp9": (".webm", VP9),
    "webm-av1": (".webm", AV1),
    "ts-h264-b": (".ts", (*X264, *BF)),
    "ts-h264-open": (".ts", (*X264, *OPEN)),
    "ts-hevc": (".ts", X265),
    "ts-mpeg2": (".ts", ("-c:v", "mpeg2video", *BF)),
    "m2ts-h264-b": (".m2ts", (*X264, *BF)),
    "mts-h264": (".mts", (*X264, *NO_BF, "-f", "mpegts")),
    "avi-mpeg4": (".avi", ("-c:v", "mpeg4", *NO_BF)),
    "avi-mpeg4-b": (".avi", ("-c:v", "mpeg4", *BF)),
    "avi-h264-b": (".avi", (*X264, *BF)),
    "avi-h264-open": (".avi", (*X264, *OPEN)),
    "avi-mjpeg": (".avi", ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p")),
    "avi-msmpeg4": (".avi", ("-c:v", "msmpeg4", "-g", "10")),
    "avi-ffv1": (".avi", ("-c:v", "ffv1")),
    "avi-raw": (".avi", ("-c:v", "rawvideo", "-pix_fmt", "yuv420p")),
    "flv-flv1": (".flv", ("-c:v", "flv", "-g", "10")),
    "flv-h264-b": (".flv", (*X264, *BF)),
    "wmv-wmv2": (".wmv", ("-c:v", "wmv2", "-g", "10")),
    "asf-msmpeg4": (".asf", ("-c:v", "msmpeg4", "-g", "10")),
    "mpg-mpeg1-b": (".mpg", ("-c:v", "mpeg1video", *BF)),
    "mpeg-mpeg2-b": (".mpeg", ("-c:v", "mpeg2video", *BF)),
    "vob-mpeg2-b": (".vob", ("-c:v", "mpeg2video", *BF)),
    "ogv-theora": (".ogv", ("-c:v", "libtheora", "-g", "10")),
    "mxf-mpeg2": (".mxf", ("-c:v", "mpeg2video", *NO_BF)),
    "gif-gif": (".gif", ("-c:v", "gif")),
}
"""Ending of the file, and options of ffmpeg, by container, codec and reordering."""

PAL_DV: Final = "dv-dv"
FIXED_RATE: Final = ("mpeg1", "mpeg2", "mxf", "dv")
"""Codecs and containers that have few rates, and no frames left out."""
MEASURED: Final = ("mp4", "mov", "m4v", "3gp")
"""Containers that have a display matrix."""
NO_SOUND: Final = ("gif", "dv", "mxf", "ogv", "3gp")

JITTER: Final = "setpts='(N+0.4*mod(N*7,5)/5+floor(N/9)*4)/25/TB'"

TRAITS: Final = {
    "plain": ("25", "", ()),
    "ntsc": ("30000/1001", "", ()),
    "vfr": ("25", JITTER, ("-fps_mode", "passthrough")),
    "wide": ("25", "setsar=4/3", ()),
    "narrow": ("30000/1001", "setsar=8/9", ()),
    "late": ("25", "", ("-output_ts_offset", "0.3")),
    "sound": ("25", "setpts=PTS+0.2/TB", ("sound",)),
    "turned": ("25", "", ("turned",)),
    "mirrored": ("25", "", ("mirrored",)),
    "fields": ("50", "tinterlace=interleave_top", ("-flags", "+ilme+ildct")),
}
"""Rate of the source, filter, and options of the file, by what is special about it."""

MATRICES: Final = {
    "turned": (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30),
    "mirrored": (1 << 16, 0, 0, 0, -(1 << 16), 0, 0, 0, 1 << 30),
}


@dataclass(frozen=True)
class Animal:
    """A file of the zoo."""

    breed: str
    trait: str

    @property
    def name(self) -> str:
        return f"{self.breed}+{self.trait}"

    @property
    def exists(self) -> bool:
        """Whether a file of this breed can be so."""
        kind, codec, *_ = self.breed.split("-")
        is_fixed = any(word in self.breed for word in FIXED_RATE)
        if self.trait in MATRICES:
            return kind in MEASURED and codec != "av1"
        if self.trait == "vfr":
            return not is_fixed and kind not in ("avi", "gif")
        if self.trait == "fields":
            return codec in ("h264", "mpeg2", "mpeg4") and kind not in ("3gp", "mxf")
        if self.trait == "sound":
            return kind not in NO_SOUND
        if self.trait in ("wide", "narrow"):
            return kind not in ("gif", "flv", "wmv", "asf")
        return not (self.trait == "late" and kind in ("mxf", "gif", "dv"))

    def make(self, folder: Path) -> Path:
        """The file; made if it is not there."""
        suffix, options = BREEDS[self.breed]
        path = folder / f"{self.name}{suffix}"
        if not path.exists():
            self._make(path, options)
        return path

    def _make(self, path: Path, options: tuple[str, ...]) -> None:
        rate, extra_filter, extra = TRAITS[self.trait]
        source = f"testsrc2=size=128x96:rate={rate}:duration=1.2"
        inputs = ["-f", "lavfi", "-i", source]
        if "sound" in extra:
            # The sound begins first: the picture is at 0.2 s.
            inputs += ["-f", "lavfi", "-i", "sine=frequency=440:duration=1.6"]
            is_old = any(w in self.breed for w in ("avi", "mp", "vob", "asf", "wmv"))
            rest = ["-c:a", "mp2", "-ar", "44100"] if is_old else ["-ar", "44100"]
            rest = rest if "webm" not in self.breed else ["-ar", "48000"]
            if "avi" not in self.breed:
                rest += ["-fps_mode", "passthrough"]
        else:
            rest = [w for w in extra if w not in MATRICES]
        filters = ["-vf", extra_filter] if extra_filter else []
        made = path if self.trait not in MATRICES else path.with_stem("flat")
        ffmpeg(*inputs, *filters, *options, *rest, str(made))
        if self.trait in MATRICES:
            with_matrix(made, path, MATRICES[self.trait])
            made.unlink()


def animals() -> list[Animal]:
    """All there are."""
    every = [Animal(breed, trait) for breed in BREEDS for trait in TRAITS]
    return [animal for animal in every if animal.exists]


def some_animals(count: int) -> list[Animal]:
    """A few, of as many breeds and traits as can be."""
    every = animals()
    return [every[at * len(every) // count] for at in range(count)]


def ffmpeg(*words: str) -> None:
    """Run ffmpeg, silently."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"ffmpeg {' '.join(words)}\n{done.stderr}"


def with_matrix(path: Path, out: Path, matrix: tuple[int, ...]) -> None:
    """The same packets in a file with a display matrix."""
    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        copy.set_display_matrix(matrix)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)


@dataclass(frozen=True)
class Seen:
    """What ffmpeg decodes of a file, by the clock that feltline documents."""

    time_s: np.ndarray
    thumbnails: np.ndarray


def seen_by_ffmpeg(path: Path, filters: str = "", stream: int = 0) -> Seen:
    """Times and thumbnails of all frames as ffmpeg gives them."""
    chain = ",".join(
        part
        for part in (
            "showinfo",
            filters,
            "format=rgb24",
            f"scale={SIDE}:{SIDE}:flags=area",
        )
        if part
    )
    done = subprocess.run(
        [
            *("ffmpeg", "-v", "info", "-nostdin", "-i", str(path)),
            *("-map", f"0:v:{stream}", "-fps_mode", "passthrough", "-vf", chain),
            *("-pix_fmt", "rgb24", "-f", "rawvideo", "-"),
            # Of a stream that is not used, ffmpeg forgets that it begins earlier.
            *("-map", "0:v:0", "-map", "0:a?", "-c", "copy", "-f", "null", "-"),
        ],
        capture_output=True,
        check=True,
    )
    log = done.stderr.decode(errors="replace")
    time_s: list[float] = []
    base = Fraction(1)
    for line in log.splitlines():
        if found := re.search(r"config in time_base: (\d+)/(\d+)", line):
            base = Fraction(int(found[1]), int(found[2]))
        if found := re.search(r"showinfo.* n: *\d+ pts: *(-?\d+|NOPTS) ", line):
            time_s.append(float(int(found[1]) * base))
    pictures = np.frombuffer(done.stdout, np.uint8).reshape(-1, SIDE, SIDE, 3)
    # ffmpeg begins at 0 even where stamps begin before it.
    early_s = min(0.0, _start_s(path))
    return Seen(np.array(time_s) + early_s, pictures)


def _start_s(path: Path) -> float:
    done = subprocess.run(
        [
            *("ffprobe", "-v", "error", "-show_entries", "format=start_time"),
            *("-of", "json", str(path)),
        ],
        capture_output=True,
        check=True,
    )
    return float(json.loads(done.stdout)["format"].get("start_time", 0.0))
