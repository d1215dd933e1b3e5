"""Little videos that carry each frame's number in the picture."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

BITS = 6
PICTURE_CODECS = {".png": ("png", "rgb24"), ".jpg": ("mjpeg", "yuvj444p")}
X264 = "scenecut=0:b-adapt=0:threads=1"
X265 = "log-level=none:scenecut=0:b-adapt=0:pools=1:frame-threads=1"


def draw(number, width, height):
    """A gradient with the number in black and white blocks: lowest bit on the left."""
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[:] = np.linspace(40, 200, width)[None, :, None]
    rgb[height // 2 :, :, 0] = 60 + 3 * number
    side = width // (BITS + 1)
    for bit in range(BITS):
        rgb[: height // 3, bit * side : (bit + 1) * side] = 255 * (number >> bit & 1)
    return rgb


def number_in(rgb):
    """The number `draw` put into the picture."""
    height, width, _ = rgb.shape
    side = width // (BITS + 1)
    blocks = [
        rgb[4 : height // 3 - 4, bit * side + 4 : (bit + 1) * side - 4]
        for bit in range(BITS)
    ]
    return sum(int(block.mean() > 128) << bit for bit, block in enumerate(blocks))


@dataclass(frozen=True)
class Recipe:
    """How to encode a clip."""

    suffix: str = ".mp4"
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    size: tuple[int, int] = (128, 96)
    count: int = 24
    options: dict[str, str] = field(default_factory=dict)
    rotation: int = 0
    time_base: Fraction = Fraction(1, 25)
    stamps: Sequence[int] | None = None
    sound: bool = False


def x264(params, **rest):
    return Recipe(options={"x264-params": f"{X264}:{params}"}, **rest)


def x265(params, **rest):
    options = {"x265-params": f"{X265}:{params}"}
    return Recipe(codec="libx265", options=options, **rest)


VFR_STAMPS = tuple(np.cumsum([7, 33, 40, 1, 120, 33, 34, 500, 16, 17] * 2).tolist())
CLOSED = "keyint=8:min-keyint=8:bframes=3:open-gop=0"
OPEN = "keyint=8:min-keyint=8:bframes=3:open-gop=1"

RECIPES = {
    "b-frames": x264(CLOSED),
    "open-gop": x264(OPEN),
    "open-gop-mkv": x264(OPEN, suffix=".mkv"),
    "open-gop-ts": x264(OPEN, suffix=".ts"),
    "key-frames-only": x264("keyint=1"),
    "short-gops": x264("keyint=2:min-keyint=1:bframes=0"),
    "hevc": x265("keyint=8:min-keyint=8:bframes=3:open-gop=1"),
    "hevc-10-bit": x265("keyint=10:bframes=2", pix_fmt="yuv420p10le", suffix=".mov"),
    "odd-size": x264(CLOSED, size=(127, 95), pix_fmt="yuv444p", suffix=".mkv"),
    "odd-size-ffv1": Recipe(codec="ffv1", suffix=".mkv", size=(127, 95)),
    "rotated": x264(CLOSED, rotation=90),
    "rotated-back": x264(CLOSED, rotation=-90),
    "upside-down": x264(CLOSED, rotation=180),
    "vfr": x264(CLOSED, time_base=Fraction(1, 1000), count=20, stamps=VFR_STAMPS),
    "one-frame": x264("keyint=1", count=1),
    "with-sound": x264(CLOSED, sound=True),
    "mpeg2-ts": Recipe(codec="mpeg2video", suffix=".ts", options={"bf": "2", "g": "8"}),
    "h264-avi": x264(CLOSED, suffix=".avi"),
    "mpeg4-avi": Recipe(codec="mpeg4", suffix=".avi", options={"bf": "2", "g": "8"}),
    "vp8-hidden-frames": Recipe(
        codec="libvpx",
        suffix=".webm",
        options={"auto-alt-ref": "1", "lag-in-frames": "16", "g": "12", "b": "300k"},
    ),
}


def encode(path, recipe):
    width, height = recipe.size
    with av.open(str(path), "w") as container:
        rate = None if recipe.stamps else 25
        stream = container.add_stream(recipe.codec, rate=rate, options=recipe.options)
        stream.width, stream.height, stream.pix_fmt = width, height, recipe.pix_fmt
        stream.codec_context.time_base = recipe.time_base
        stream.codec_context.thread_count = 1
        if recipe.rotation:
            stream.set_display_rotation(recipe.rotation)
        sound = container.add_stream("aac", rate=8000) if recipe.sound else None
        for number in range(recipe.count):
            frame = av.VideoFrame.from_ndarray(draw(number, width, height), "rgb24")
            frame.pts = recipe.stamps[number] if recipe.stamps else number
            frame.time_base = recipe.time_base
            container.mux(stream.encode(frame.reformat(format=recipe.pix_fmt)))
        container.mux(stream.encode(None))
        if sound is not None:
            write_sound(container, sound, seconds=1)
    return path


def write_sound(container, stream, seconds):
    for at in range(0, 8000 * seconds, 1024):
        wave = np.zeros((1, 1024), np.float32)
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 8000, at
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


@dataclass(frozen=True)
class Clips:
    """Makes each clip once and keeps it; tests must not change the files."""

    folder: Path
    recipes: dict[str, Recipe]
    number_in: Callable[[np.ndarray], int] = number_in
    draw: Callable[[int, int, int], np.ndarray] = draw

    def path(self, name):
        recipe = self.recipes[name]
        path = self.folder / f"{name}{recipe.suffix}"
        return path if path.exists() else encode(path, recipe)

    def sound(self):
        path = self.folder / "sound-only.mp4"
        with av.open(str(path), "w") as container:
            write_sound(container, container.add_stream("aac", rate=8000), seconds=1)
        return path

    def sound_with_cover(self):
        path = self.folder / "cover.m4a"
        with av.open(str(path), "w", format="mp4") as container:
            sound = container.add_stream("aac", rate=8000)
            cover = container.add_stream("mjpeg", rate=1)
            cover.width, cover.height, cover.pix_fmt = 128, 96, "yuvj420p"
            cover.disposition = Disposition.attached_pic
            frame = av.VideoFrame.from_ndarray(draw(1, 128, 96), "rgb24")
            container.mux(cover.encode(frame.reformat(format="yuvj420p")))
            container.mux(cover.encode(None))
            write_sound(container, sound, seconds=1)
        return path

    def picture(self, path, number, size=(128, 96)):
        """Write a picture of this number; its suffix names the format."""
        codec, pix_fmt = PICTURE_CODECS[path.suffix]
        frame = av.VideoFrame.from_ndarray(draw(number, *size), "rgb24")
        encoder = av.CodecContext.create(codec, "w")
        assert isinstance(encoder, av.VideoCodecContext)
        encoder.width, encoder.height = size
        encoder.pix_fmt = pix_fmt
        encoder.time_base = Fraction(1, 25)
        frame = frame.reformat(format=pix_fmt, dst_color_range=2)
        packets = [*encoder.encode(frame), *encoder.encode(None)]
        path.write_bytes(b"".join(bytes(packet) for packet in packets))
        return path


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    return Clips(tmp_path_factory.mktemp("clips"), RECIPES)


@pytest.fixture(params=RECIPES)
def clip(request, clips):
    """Each of the clips in turn, as its recipe and path."""
    return RECIPES[request.param], clips.path(request.param)


@pytest.fixture
def data():
    """The folder of real clips."""
    folder = os.environ.get("FELTLINE_DATA")
    if not folder:
        pytest.skip("FELTLINE_DATA does not name the folder of the real clips")
    return Path(folder) / "clips"
