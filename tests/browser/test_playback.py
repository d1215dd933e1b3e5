"""What a browser shows after a seek is the frame that was meant."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from feltline.server.ranges import file_response
from feltline.video import (
    browser_plays,
    frame_times,
    read_frame,
    write_proxy,
)

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

BITS = 10
COUNT = 90
TRIES = 20
MIDDLE = 0.5
LATE = 0.9
X264 = "scenecut=0:b-adapt=0:threads=1"
HIDDEN = {"auto-alt-ref": "1", "lag-in-frames": "16", "g": "12", "b": "300k"}

PAGE = """<!doctype html><video src="/video" muted preload="auto"></video><script>
const video = document.querySelector("video");
const canvas = document.createElement("canvas");
const later = (ms, what) => new Promise(done => setTimeout(() => done(what), ms));
const told = (name, what) =>
  new Promise(done => video.addEventListener(name, () => done(what), {once: true}));

async function ready() {
  if (video.readyState >= 2) return "ready";
  return Promise.race([told("loadeddata", "ready"), told("error", "no"), later(9000)]);
}

// "seeked" comes when the frame is there, not when it is shown.
async function seek(time) {
  const shown = new Promise(done => video.requestVideoFrameCallback((_, what) =>
    done(what.mediaTime)));
  const seeked = Promise.race([told("seeked", true), told("error"), later(9000)]);
  video.currentTime = time;
  if (!await seeked) return {number: -1};
  return {time: await Promise.race([shown, later(2000)]), number: number()};
}

function number() {
  const width = canvas.width = video.videoWidth, side = Math.floor(width / 10);
  canvas.height = video.videoHeight;
  const brush = canvas.getContext("2d", {willReadFrequently: true});
  brush.drawImage(video, 0, 0);
  let found = 0;
  for (let bit = 0; bit < 10; bit++) {
    const [red] = brush.getImageData(bit * side + side / 2, side / 2, 1, 1).data;
    if (red > 128) found += 2 ** bit;
  }
  return found;
}
</script>"""


def paint(number, width, height):
    """Ten squares along the top, black or white: the number, lowest bit on the left."""
    rgb = np.full((height, width, 3), 120, np.uint8)
    rgb[height // 2 :, : width // 2] = number % 200
    side = width // BITS
    for bit in range(BITS):
        rgb[:side, bit * side : (bit + 1) * side] = 255 * (number >> bit & 1)
    return rgb


def number_in(rgb):
    """The number that `paint` put into the picture."""
    side = rgb.shape[1] // BITS
    row = rgb[side // 2, side // 2 : BITS * side : side, 0]
    return sum(int(value > 128) << bit for bit, value in enumerate(row))


@dataclass(frozen=True)
class Clip:
    """How to encode a clip whose frames carry their numbers."""

    suffix: str = ".mp4"
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    options: str | dict[str, str] = "bframes=3:keyint=25"
    size: tuple[int, int] = (320, 180)
    gaps: Callable[[int], int] = lambda _: 40
    first: int = 0
    turn: int = 0
    sound: str = ""


def encode(path, clip):
    width, height = clip.size
    if clip.turn % 180:
        width, height = height, width
    options = clip.options
    if isinstance(options, str):
        options = {"x264-params": f"{X264}:{options}"}
    stamps = clip.first + np.cumsum([0, *(clip.gaps(k) for k in range(COUNT - 1))])
    with av.open(str(path), "w") as container:
        stream = container.add_stream(clip.codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, clip.pix_fmt
        stream.codec_context.time_base = Fraction(1, 1000)
        if clip.turn:
            stream.set_display_rotation(clip.turn)
        sound = container.add_stream(clip.sound, rate=48000) if clip.sound else None
        for number, stamp in enumerate(stamps.tolist()):
            upright = paint(number, *clip.size)
            rgb = np.ascontiguousarray(np.rot90(upright, -clip.turn // 90))
            frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
            frame.pts, frame.time_base = stamp, Fraction(1, 1000)
            container.mux(stream.encode(frame.reformat(format=clip.pix_fmt)))
        container.mux(stream.encode(None))
        if sound is not None:
            add_silence(container, sound)
    return path


def add_silence(container, stream):
    for at in range(0, 48000 * COUNT // 25, 960):
        wave = np.zeros((1, 960), np.float32)
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48000, at
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def webcam(number):
    """Gaps of a camera in poor light that drops a frame now and then."""
    return (31, 35, 33, 34, 66, 33, 32, 100, 33, 40)[number % 10]


def wild(number):
    """Gaps from a millisecond to half a second."""
    return (7, 33, 40, 1, 120, 33, 34, 500, 16, 17)[number % 10]


ORIGINALS = {
    "b-frames": Clip(),
    "pyramid": Clip(options="bframes=5:b-pyramid=normal:ref=4:keyint=12"),
    "one-key-frame": Clip(options="keyint=250"),
    "full-range": Clip(pix_fmt="yuvj420p"),
    "mov": Clip(suffix=".mov", sound="aac"),
    "m4v": Clip(suffix=".m4v"),
    "webcam": Clip(gaps=webcam, options="bframes=0:keyint=25"),
    "wild": Clip(gaps=wild, options="bframes=0:keyint=25"),
    "turned-left": Clip(turn=90),
    "turned-right": Clip(turn=-90),
    "upside-down": Clip(turn=180),
    "sound": Clip(sound="aac"),
    "sound-ac3": Clip(sound="ac3"),
    "sound-mov-mp3": Clip(sound="mp3"),
    "vp8": Clip(suffix=".webm", codec="libvpx", options=HIDDEN, sound="libopus"),
    "vp9": Clip(suffix=".webm", codec="libvpx-vp9", options=HIDDEN),
    "vp9-mp4": Clip(codec="libvpx-vp9", options=HIDDEN),
}
OTHERS = {
    "hevc": Clip(codec="libx265", options={"x265-params": "log-level=none"}),
    "mpeg4": Clip(suffix=".avi", codec="mpeg4", options={"bf": "2"}),
    "10-bit": Clip(pix_fmt="yuv420p10le"),
    "open-groups": Clip(options="keyint=8:min-keyint=8:bframes=3:open-gop=1"),
    "late-start": Clip(first=2500),
    "odd-size": Clip(
        suffix=".mkv", codec="ffv1", pix_fmt="yuv444p", options={}, size=(321, 181)
    ),
    "tall": Clip(suffix=".mkv", size=(900, 1280), turn=90),
    "webcam-reordered": Clip(gaps=webcam),
    "wild": Clip(suffix=".mkv", gaps=wild),
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Encodes a clip once: (clip, its path)."""
    folder = tmp_path_factory.mktemp("clips")

    def make(name, clips):
        wanted = clips[name]
        path = folder / f"{name}{wanted.suffix}"
        return path if path.exists() else encode(path, wanted)

    return make


@pytest.fixture
def shown(page, serve):
    """Opens a page with this video, seeks it, and gives what it shows each time."""

    def show(path: Path, times, tries):
        async def html(_):
            return HTMLResponse(PAGE)

        async def video(_request):
            return file_response(path)

        routes = [Route("/", html), Route("/video", video)]
        page.goto(serve(Starlette(routes=routes)))
        assert page.evaluate("ready()") == "ready"
        return [page.evaluate("seek", float(times[number])) for number in tries]

    return show


def targets(times, share):
    """Where to seek for each frame: so far from its time to the next one's."""
    gaps = np.diff(times, append=times[-1] + 0.04)
    return times + share * gaps


def tries(count):
    """Random frames, in any order, and those around the first key frames."""
    random = np.random.default_rng(5).choice(count, min(TRIES, count), replace=False)
    edges = [k for k in (24, 25, 7, 8, 26, 0, count - 1) if k < count]
    return [*random.tolist(), *edges]


def check_exact(shown, path, times, share):
    order = tries(len(times))
    found = shown(path, targets(times, share), order)
    assert [f["number"] for f in found] == order
    # What the page's own clock says, by which it can tell the frame that it shows.
    clock = [f["time"] for f in found if f["time"] is not None]
    assert len(clock) > TRIES / 2
    assert np.abs(times[None] - np.array(clock)[:, None]).min(axis=1).max() < 1e-5


# At a wildly varying rate, the middle of a frame is early for a browser: it goes by
# an average length of frames when it decides which one to show.
LATE_TOO = {"b-frames", "webcam", "webcam-reordered", "vp9"}


def with_shares(clips):
    """Names of clips with the share of a frame's length at which to seek it."""
    middle = [(name, MIDDLE) for name in clips if name != "wild"]
    return [*middle, *((name, LATE) for name in clips if name in {*LATE_TOO, "wild"})]


@pytest.mark.parametrize(("name", "share"), with_shares(ORIGINALS))
def test_an_original_is_exact(clip, shown, name, share):
    path = clip(name, ORIGINALS)
    assert browser_plays(path)
    times = frame_times(path)
    assert len(times) == COUNT
    check_exact(shown, path, times, share)


@pytest.mark.parametrize(("name", "share"), with_shares(OTHERS))
def test_a_proxy_is_exact(clip, shown, tmp_path, name, share):
    path = clip(name, OTHERS)
    assert not browser_plays(path)
    assert number_in(read_frame(path, 77).rgb) == 77
    times = write_proxy(path, tmp_path / "proxy.mp4")
    wanted = frame_times(path)
    assert np.abs(times - (wanted - wanted[0])).max() <= 1.01 / 90_000
    assert browser_plays(tmp_path / "proxy.mp4")
    check_exact(shown, tmp_path / "proxy.mp4", times, share)


REAL = {
    "face_then_cartoon.mov": False,
    "long_webcam.mp4": True,
    "lp_d0.mp4": True,
    "lp_d13.mp4": True,
    "lp_d19.mp4": True,
    "lp_d9.mp4": False,
    "no_face.mp4": False,
    "single_face.mp4": True,
}


@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_real_clips_are_exact(data, shown, tmp_path, name):
    path = data / name
    assert browser_plays(path) == REAL[name]
    if REAL[name]:
        times = frame_times(path)
    else:
        path = tmp_path / "proxy.mp4"
        times = write_proxy(data / name, path)
    order = tries(len(times))
    found = shown(path, targets(times, MIDDLE), order)
    assert [f["time"] for f in found] == pytest.approx(times[order], abs=1e-5)


def test_proxies_of_pictures_are_exact(shown, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(30):
        Image.fromarray(paint(number, 321, 181)).save(folder / f"{number:03d}.png")
    times = write_proxy(folder, tmp_path / "proxy.mp4", image_rate_hz=10.0)
    assert times == pytest.approx(np.arange(30) / 10, abs=1e-4)
    check_exact(shown, tmp_path / "proxy.mp4", times, MIDDLE)


def test_a_picture_can_be_played(shown, tmp_path):
    Image.fromarray(paint(701, 320, 180)).save(tmp_path / "one.png")
    times = write_proxy(tmp_path / "one.png", tmp_path / "proxy.mp4")
    found = shown(tmp_path / "proxy.mp4", [0.01], [0])
    assert (times.tolist(), found[0]["number"]) == ([0.0], 701)
