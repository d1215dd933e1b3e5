"""Videos as cameras, recorders and colleagues leave them, each made here by ffmpeg."""

import logging
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from tests.video.test_zoo import check
from tests.video.zoo import BF, NO_BF, X264, X265, ffmpeg, with_matrix

from feltline.video import (
    frame_times,
    read_frame,
    read_frames,
    read_some,
    scan_video,
    write_proxy,
)
from feltline.video.clock import joined_up

pytestmark = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="the ffmpeg command is not installed"
)

ONE = 1 << 16


def source(size="128x96", rate=25, seconds=1.0):
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}")


def make(path, *options, size="128x96", seconds=1.0):
    ffmpeg(*source(size=size, seconds=seconds), *(options or (*X264, *BF)), str(path))
    return path


def sizes(path):
    return {frame.rgb.shape[1::-1] for frame in read_frames(path)}


@pytest.mark.parametrize(
    ("matrix", "change"),
    [
        ((1, 0, 0, -1), lambda rgb: rgb[::-1]),
        ((-1, 0, 0, 1), lambda rgb: rgb[:, ::-1]),
        ((-1, 0, 0, -1), lambda rgb: rgb[::-1, ::-1]),
        ((0, 1, 1, 0), lambda rgb: rgb.transpose(1, 0, 2)),
        ((0, -1, -1, 0), lambda rgb: rgb.transpose(1, 0, 2)[::-1, ::-1]),
        ((0, 1, -1, 0), lambda rgb: np.rot90(rgb, -1)),
        ((0, -1, 1, 0), lambda rgb: np.rot90(rgb)),
    ],
)
def test_a_display_matrix_turns_and_mirrors(tmp_path, matrix, change):
    flat = make(tmp_path / "flat.mp4")
    a, b, c, d = (ONE * part for part in matrix)
    path = tmp_path / "it.mp4"
    with_matrix(flat, path, (a, b, 0, c, d, 0, 0, 0, 1 << 30))
    for number in (0, 7):
        wanted = change(read_frame(flat, number).rgb)
        assert np.array_equal(read_frame(path, number).rgb, wanted)
    facts = scan_video(path).facts
    assert (facts.height, facts.width) == wanted.shape[:2]


@pytest.mark.parametrize(
    ("name", "size", "shape", "shown"),
    [
        ("hdv.mp4", "96x72", "4/3", (128, 72)),
        ("half-d1.mkv", "72x96", "24/11", (157, 96)),
        ("tall.mp4", "128x96", "8/9", (128, 108)),
        ("dvd.mpg", "128x96", "64/45", (182, 96)),
        ("wide.ts", "96x96", "16/9", (171, 96)),
        ("anamorphic.avi", "96x96", "2/1", (192, 96)),
    ],
)
def test_pixels_are_square(tmp_path, name, size, shape, shown):
    codec = ("-c:v", "mpeg2video") if name.endswith("mpg") else (*X264, *BF)
    if name.endswith("avi"):
        codec = ("-c:v", "mpeg4")
    if name.endswith("mpg"):  # MPEG-2 keeps the shape of the picture: 16:9
        shown = (171, 96)
        shape = "4/3"
    path = make(tmp_path / name, "-vf", f"setsar={shape}", *codec, size=size)
    facts = scan_video(path).facts
    assert (facts.width, facts.height) == shown
    assert sizes(path) == {shown}
    assert read_frame(path, 20).rgb.shape == (shown[1], shown[0], 3)


def test_oblong_pixels_of_a_turned_picture(tmp_path):
    flat = make(tmp_path / "flat.mp4", "-vf", "setsar=2/1", *X264, *BF)
    with_matrix(flat, tmp_path / "it.mp4", (0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30))
    assert sizes(flat) == {(256, 96)}
    assert sizes(tmp_path / "it.mp4") == {(96, 256)}
    upright = np.rot90(read_frame(flat, 3).rgb, -1)
    assert np.array_equal(read_frame(tmp_path / "it.mp4", 3).rgb, upright)


def test_nonsense_about_the_shape_of_pixels_is_passed_over(tmp_path):
    path = make(tmp_path / "it.mkv", "-vf", "setsar=1/500", *X264, *BF)
    assert sizes(path) == {(128, 96)}


def join(out, *parts):
    """Bytes one after another, as recorders and `cat` do."""
    out.write_bytes(b"".join(part.read_bytes() for part in parts))
    return out


@pytest.mark.parametrize(
    "others", [["160x120"], ["64x48"], ["160x120", "128x96"], ["96x128"]]
)
def test_a_size_that_changes_is_scaled_to_the_first(tmp_path, others):
    parts = [
        make(tmp_path / f"{at}.h264", *X264, *NO_BF, "-f", "h264", size=size)
        for at, size in enumerate(["128x96", *others])
    ]
    path = tmp_path / "it.mkv"
    raw = join(tmp_path / "all.h264", *parts)
    ffmpeg("-r", "25", "-i", str(raw), "-c", "copy", str(path))
    assert sizes(path) == {(128, 96)}
    assert len(frame_times(path)) == 25 * len(parts)
    assert read_frame(path, 30).rgb.shape == (96, 128, 3)
    check(path)
    write_proxy(path, tmp_path / "proxy.mp4")
    assert len(frame_times(tmp_path / "proxy.mp4")) == 25 * len(parts)


def with_picture(path, film, picture):
    """A film with another stream of one picture, the picture first."""
    ffmpeg(
        *("-i", str(picture), "-i", str(film), "-map", "0:v", "-map", "1:v"),
        *("-c", "copy", "-disposition:v:0", "0", str(path)),
    )
    return path


@pytest.mark.parametrize("name", ["it.mov", "it.mkv", "it.avi", "it.mp4"])
def test_a_stream_of_one_picture_is_not_the_film(tmp_path, name, caplog):
    codec = ("-c:v", "mpeg4") if name.endswith("avi") else (*X264, *BF)
    film = make(tmp_path / f"film{Path(name).suffix}", *codec)
    picture = tmp_path / "picture.mov"
    options = ("-c:v", "mjpeg", "-frames:v", "1", "-pix_fmt", "yuvj420p")
    ffmpeg(*source("320x240"), *options, str(picture))
    path = with_picture(tmp_path / name, film, picture)
    with caplog.at_level(logging.WARNING):
        frames = list(read_frames(path))
    assert len(frames) == 25
    assert all(
        np.array_equal(one.rgb, other.rgb)
        for one, other in zip(frames, read_frames(film), strict=True)
    )
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("first", "second", "marked", "chosen"),
    [
        ("64x48", "128x96", None, (128, 96)),
        ("128x96", "64x48", None, (128, 96)),
        ("128x96", "64x48", 1, (64, 48)),
        ("96x96", "96x96", None, (96, 96)),
    ],
)
def test_of_two_films_the_marked_then_the_larger(
    tmp_path, first, second, marked, chosen
):
    path = tmp_path / "it.mkv"
    shown = ["-disposition:v:0", "0", "-disposition:v:1", "0"]
    if marked is not None:
        shown[2 * marked + 1] = "default"
    ffmpeg(
        *(*source(first), *source(second), "-map", "0:v", "-map", "1:v"),
        *(*X264, *BF, *shown, str(path)),
    )
    assert sizes(path) == {chosen}


def ts(path, offset=0.0, size="128x96", codec=(*X264, *BF), seconds=1.0):
    return make(
        *(path, *codec, "-muxdelay", "0", "-output_ts_offset", str(offset)),
        size=size,
        seconds=seconds,
    )


def steady(path):
    """Whether frames follow one another at 25 Hz, from 0 on."""
    times = frame_times(path)
    return np.allclose(times, np.arange(len(times)) / 25, atol=1e-3)


@pytest.mark.parametrize(
    ("offsets", "seconds"),
    [
        ([1.4, 1.4], [1.0, 0.6]),
        ([1.4, 1.4, 1.4], [0.6, 0.6, 0.6]),
        ([50.0, 0.5], [0.8, 0.8]),
        ([0.0, 4000.0], [0.8, 0.8]),
        ([1.4, 1.8], [1.0, 1.0]),
    ],
)
@pytest.mark.parametrize("codec", [(*X264, *BF), ("-c:v", "mpeg2video", *BF)])
def test_joined_recordings_are_read_on(tmp_path, offsets, seconds, codec):
    parts = [
        ts(tmp_path / f"{at}.ts", offset, codec=codec, seconds=length)
        for at, (offset, length) in enumerate(zip(offsets, seconds, strict=True))
    ]
    path = join(tmp_path / "it.ts", *parts)
    wanted = [frame.rgb for part in parts for frame in read_frames(part)]
    frames = list(read_frames(path))
    assert [f.frame for f in frames] == list(range(len(wanted)))
    assert all(np.array_equal(f.rgb, w) for f, w in zip(frames, wanted, strict=True))
    assert steady(path)
    for number in (3, len(wanted) - 4):
        assert np.array_equal(read_frame(path, number).rgb, wanted[number])


def test_joined_recordings_are_said(tmp_path, caplog):
    part = ts(tmp_path / "0.ts", 1.4)
    with caplog.at_level(logging.WARNING):
        scan_video(join(tmp_path / "it.ts", part, part))
    assert "it.ts holds 2 recordings one after another" in caplog.text


@pytest.mark.parametrize(
    ("stamps", "made", "restarts"),
    [
        ([0, 0, 0, 40, 40, 40, 80], [0, 1, 2, 40, 41, 42, 80], 0),
        ([0, 40, 80, 80], [0, 40, 80, 120], 0),
        ([0, 40, 80, 80, 80, 80], [0, 40, 80, 120, 160, 200], 0),
        ([None, None, 1000, 1040, 1080], [920, 960, 1000, 1040, 1080], 0),
        ([0, 40, 80, 120, 0, 40, 80], [0, 40, 80, 120, 160, 200, 240], 1),
    ],
)
def test_only_a_clock_that_goes_back_is_another_recording(stamps, made, restarts):
    assert joined_up(stamps) == (made, restarts)


def test_a_late_recording_that_was_cut_off_ends_by_the_clock_of_players(
    tmp_path, caplog
):
    path = ts(tmp_path / "it.ts", 3600.0)
    path.write_bytes(path.read_bytes()[:-100])
    with caplog.at_level(logging.WARNING):
        scan_video(path)
    assert "it.ts was cut off: it ends at 1.000 s" in caplog.text


@pytest.mark.parametrize("wraps", [95443.0, 95443.7])
def test_a_clock_that_runs_over_goes_on(tmp_path, wraps):
    path = ts(tmp_path / "it.ts", wraps, seconds=2.0)  # 2 ** 33 ticks are 95443.7 s
    assert len(list(read_frames(path))) == 50
    assert steady(path)


@pytest.mark.parametrize("offset", [0.3, 1.4667, 3600.0])
@pytest.mark.parametrize("suffix", [".ts", ".mkv", ".mp4", ".flv"])
def test_the_clock_begins_with_the_file(tmp_path, offset, suffix):
    path = make(
        tmp_path / f"it{suffix}", *X264, *NO_BF, "-output_ts_offset", str(offset)
    )
    scan = scan_video(path)
    np.testing.assert_allclose(scan.time_s, np.arange(25) / 25, atol=1e-3)
    frames = list(read_frames(path, start_s=0.2, end_s=0.4, index=scan.index))
    assert [f.frame for f in frames] == [5, 6, 7, 8, 9]


def test_a_picture_that_comes_after_the_sound_is_that_late(tmp_path):
    path = tmp_path / "it.mp4"
    ffmpeg(
        *(*source(), "-f", "lavfi", "-i", "sine=duration=1.5"),
        *("-vf", "setpts=PTS+0.2/TB", "-fps_mode", "passthrough"),
        *(*X264, *BF, str(path)),
    )
    assert frame_times(path)[0] == pytest.approx(0.2, abs=2e-3)


@pytest.mark.parametrize(
    "left_out", ["between(n,8,14)", "gte(n,12)*lt(n,48)", "mod(n,3)", "gte(n,30)"]
)
@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg"])
def test_frames_left_out_by_a_recorder_are_no_damage(tmp_path, left_out, codec, caplog):
    path = tmp_path / "it.avi"
    ffmpeg(
        *(*source(seconds=2.0), "-vf", f"select='not({left_out})'"),
        *("-fps_mode", "passthrough", "-c:v", codec, str(path)),
    )
    with caplog.at_level(logging.WARNING):
        check(path)
    assert caplog.text == ""


def test_an_avi_that_was_cut_off_is_still_said(tmp_path, caplog):
    whole = make(tmp_path / "whole.avi", "-c:v", "mjpeg")
    path = tmp_path / "cut.avi"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with caplog.at_level(logging.WARNING):
        assert 5 < len(list(read_frames(path))) < 20
    assert "cut.avi was cut off" in caplog.text


@pytest.mark.parametrize("bf", ["1", "2", "4"])
@pytest.mark.parametrize("codec", [X264, ("-c:v", "mpeg4")])
def test_reordered_frames_in_avi_are_shown_in_order(tmp_path, bf, codec):
    if codec != X264 and bf == "4":
        bf = "3"
    path = make(tmp_path / "it.avi", *codec, "-bf", bf, "-g", "12")
    check(path)
    np.testing.assert_allclose(np.diff(frame_times(path)), 0.04, atol=1e-6)
    frames = list(read_frames(path))
    for number in range(25):
        assert np.array_equal(read_frame(path, number).rgb, frames[number].rgb)
    some = {f.frame: f for f in read_some(path, [20, 3])}
    assert np.array_equal(some[20].rgb, frames[20].rgb)


TONE_MAP = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,"
    "tonemap=tonemap=hable:desat=0:peak=10,zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
@pytest.mark.parametrize(
    ("suffix", "pixels"), [(".mp4", "yuv420p10le"), (".mkv", "yuv422p10le")]
)
def test_hdr_is_tone_mapped(tmp_path, transfer, suffix, pixels):
    tags = (
        *("-color_trc", transfer, "-color_primaries", "bt2020"),
        *("-colorspace", "bt2020nc", "-color_range", "tv"),
    )
    x265 = (*X265[:-1], f"{X265[-1]}:transfer={transfer}:colorprim=bt2020")
    x265 = (*x265[:-1], f"{x265[-1]}:colormatrix=bt2020nc")
    path = tmp_path / f"it{suffix}"
    soft = "gblur=sigma=4,format=yuv444p16le,scale=out_color_matrix=bt2020"
    ffmpeg(*source(), "-vf", soft, "-pix_fmt", pixels, *x265, *tags, str(path))
    check(path, TONE_MAP)
    # Without it, the picture would be another.
    with pytest.raises(AssertionError):
        check(path)


def test_interlaced_pictures_do_not_comb(tmp_path):
    """A bar that moves from field to field, at every frame reached by whatever way."""
    path = tmp_path / "it.mp4"
    bar = "color=gray:size=128x96:rate=50:duration=1"
    moved = f"{bar}[a];color=white:size=16x96:rate=50[b];[a][b]overlay=x=n*4:shortest=1"
    ffmpeg(
        *("-f", "lavfi", "-i", moved, "-vf", "tinterlace=interleave_top"),
        *(*X264, "-flags", "+ilme+ildct", "-crf", "5", str(path)),
    )
    for frame in read_frames(path):
        lines = frame.rgb[10:-10, :, 1].astype(int)
        assert np.abs(np.diff(lines, axis=0)).max() < 40
        assert np.array_equal(read_frame(path, frame.frame).rgb, frame.rgb)
    with av.open(str(path)) as container:
        raw = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(np.diff(raw[..., 1].astype(int), axis=0)).max() > 80
