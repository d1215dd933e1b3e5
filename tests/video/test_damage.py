import logging
import os
import shutil
import subprocess
import sys
from fractions import Fraction

import av
import numpy as np
import pytest

from feltline.errors import VideoError
from feltline.video import (
    content_hash,
    frame_times,
    read_frame,
    read_frames,
    scan_video,
)
from feltline.video.clock import player_times
from feltline.video.container import opened
from feltline.video.index import frame_index


def read_all(path):
    return list(read_frames(path))


def read_first(path):
    return read_frame(path, 0)


USES = [scan_video, frame_times, read_all, read_first]


def cut(path, to, share):
    data = path.read_bytes()
    to.write_bytes(data[: int(len(data) * share)])
    return to


def blank(path, to, which):
    """Copy a video with the bytes of some packets set to 0."""
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
        places = [(packets[at].pos, packets[at].size) for at in which]
    data = bytearray(path.read_bytes())
    for start, size in places:
        data[start : start + size] = bytes(size)
    to.write_bytes(data)
    return to


def check_refused(path, message):
    for use in USES:
        with pytest.raises(VideoError, match=message) as caught:
            use(path)
        assert path.name in str(caught.value)


def test_missing(tmp_path):
    check_refused(tmp_path / "no.mp4", "there is no video at")
    check_refused(tmp_path / "no.png", "there is no video at")
    with pytest.raises(VideoError, match="there is no video at"):
        content_hash(tmp_path / "no.mp4")


@pytest.mark.parametrize("name", ["a.mp4", "a.png"])
def test_empty(tmp_path, name):
    (tmp_path / name).touch()
    check_refused(tmp_path / name, r"is empty \(0 bytes\)")


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.txt", "a.srt", "a"])
def test_no_video(tmp_path, name):
    (tmp_path / name).write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n\n" * 20)
    check_refused(tmp_path / name, "cannot be read as a video|text file|holds no video")


def test_sound_only(clips):
    check_refused(clips.sound(), "holds sound only")
    check_refused(clips.sound_with_cover(), "holds sound only")


def test_no_permission(clips, tmp_path):
    path = tmp_path / "video.mp4"
    shutil.copy(clips.path("b-frames"), path)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    check_refused(path, "no permission to read")


def test_no_time_stamps(clips, tmp_path):
    with av.open(str(clips.path("b-frames"))) as container:
        stream = container.streams.video[0]
        filter_ = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        data = b"".join(
            bytes(out)
            for p in container.demux(stream)
            if p.size
            for out in filter_.filter(p)
        )
    path = tmp_path / "raw.h264"
    path.write_bytes(data)
    with pytest.raises(VideoError, match="carry no usable time stamps"):
        frame_times(path)


def test_mp4_without_its_index(clips, tmp_path):
    path = cut(clips.path("b-frames"), tmp_path / "cut.mp4", 0.6)
    check_refused(path, r"its index \(the 'moov' atom\) is missing")


@pytest.mark.parametrize("name", ["open-gop-mkv", "open-gop-ts"])
def test_cut_off_files_give_what_is_there(clips, tmp_path, name, caplog):
    whole = clips.path(name)
    path = cut(whole, tmp_path / f"cut{whole.suffix}", 0.6)
    with caplog.at_level(logging.WARNING):
        frames = read_all(path)
    assert f"cut{whole.suffix} was cut off" in caplog.text
    assert 2 < len(frames) < 24
    # The last frame may have lost its lower part.
    for frame, wanted in list(zip(frames, read_all(whole), strict=False))[:-1]:
        assert (frame.frame, frame.time_s) == (wanted.frame, wanted.time_s)
        assert np.array_equal(frame.rgb, wanted.rgb)


@pytest.mark.parametrize(
    "name", ["b-frames", "open-gop-mkv", "open-gop-ts", "with-sound", "vfr", "hevc"]
)
def test_whole_files_give_no_warning(clips, tmp_path, name, caplog):
    whole = clips.path(name)
    path = shutil.copy(whole, tmp_path / f"fresh{whole.suffix}")
    with caplog.at_level(logging.WARNING):
        read_all(path)
    assert caplog.text == ""


@pytest.mark.parametrize("name", ["b-frames", "hevc"])
def test_damage_in_the_middle_costs_only_its_group(clips, tmp_path, name, caplog):
    whole = clips.path(name)
    path = blank(whole, tmp_path / "hurt.mp4", [10, 11])
    with caplog.at_level(logging.WARNING):
        frames = {f.frame: f for f in read_frames(path)}
    assert "hurt.mp4 cannot be decoded; left out" in caplog.text
    lost = set(range(24)) - set(frames)
    assert lost
    assert lost <= set(range(8, 16))
    assert list(frames) == sorted(frames)
    for wanted in read_frames(whole):
        if not 8 <= wanted.frame < 17:
            assert np.array_equal(frames[wanted.frame].rgb, wanted.rgb)
    for number in lost:
        with pytest.raises(VideoError, match=f"frame {number} of .* is damaged"):
            read_frame(path, number)
    for frame in frames.values():
        rest = [f.frame for f in read_frames(path, after=frame.position)]
        assert rest == [k for k in frames if k > frame.frame]


def test_damage_up_to_the_end_keeps_the_frames_before(clips, tmp_path, caplog):
    path = blank(clips.path("b-frames"), tmp_path / "hurt.mp4", range(8, 24))
    with caplog.at_level(logging.WARNING):
        assert [f.frame for f in read_frames(path)] == list(range(8))
    assert "frames 8-23 of" in caplog.text


@pytest.mark.parametrize("name", ["b-frames", "hevc"])
def test_nothing_decodable(clips, tmp_path, name):
    path = blank(clips.path(name), tmp_path / "hurt.mp4", range(24))
    for use in (scan_video, read_all, read_first):
        with pytest.raises(VideoError, match=r"not one frame of .*hurt\.mp4"):
            use(path)


def test_a_start_without_key_frame_is_numbered_as_decoded(clips, tmp_path):
    """Packets that the decoder drops at the start are no frames."""
    data = clips.path("open-gop-ts").read_bytes()
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    path = tmp_path / "late.ts"
    # The tables stay; of the pictures, the first third is missing.
    path.write_bytes(b"".join(packets[:3] + packets[len(packets) // 3 :]))
    frames = read_all(path)
    assert [f.frame for f in frames] == list(range(len(frames)))
    assert [f.time_s for f in frames] == frame_times(path).tolist()
    for frame in frames:
        assert np.array_equal(read_frame(path, frame.frame).rgb, frame.rgb)


def test_seeking_decodes_only_the_group(clips):
    index = frame_index(clips.path("b-frames"))
    assert [index.start_for(k) for k in (0, 7, 8, 15, 16, 23)] == [
        *(None, None, 8, 8, 16, 16)
    ]
    assert index.start_for(23, further_back=1) == 8


def test_leading_frames_of_an_open_group_start_earlier(clips):
    index = frame_index(clips.path("open-gop"))
    keys = np.flatnonzero(index.is_key)
    shown = [index.number_of(int(pts)) for pts in index.packet_pts[keys]]
    assert shown == [0, 8, 16]
    assert index.start_for(16) == keys[2]
    # Decoded after the third key packet, but shown before it.
    assert index.order_of(int(index.pts[15])) > keys[2]
    assert index.start_for(15) == keys[1]


def test_where_seeking_fails_reading_starts_at_the_front(clips, monkeypatch):
    monkeypatch.setattr("feltline.video.decode._STEPS_BACK_S", ())
    path = clips.path("open-gop")
    frames = read_all(path)
    for frame in frames:
        assert np.array_equal(read_frame(path, frame.frame).rgb, frame.rgb)


def test_a_seek_behind_the_key_packet_is_noticed(clips, monkeypatch):
    path = clips.path("b-frames")
    frames = read_all(path)
    # Half a second ahead instead of back, then from further and further behind.
    monkeypatch.setattr("feltline.video.decode._STEPS_BACK_S", (-0.5, 0.4))
    for frame in frames:
        assert np.array_equal(read_frame(path, frame.frame).rgb, frame.rgb)


def test_undamaged_videos_are_decoded_once(clip, monkeypatch):
    """The slow way out for damage, without threads, is not taken needlessly."""
    recipe, path = clip
    frame_times(path)
    ways: list[bool] = []

    def noting(path, *, threaded):
        ways.append(threaded)
        return opened(path, threaded=threaded)

    monkeypatch.setattr("feltline.video.decode.opened", noting)
    for number in range(recipe.count):
        read_frame(path, number)
    assert ways == [True] * recipe.count


def test_nothing_is_printed(clips, tmp_path):
    path = blank(clips.path("b-frames"), tmp_path / "hurt.mp4", [10, 11])
    code = (
        "import sys, logging; from pathlib import Path\n"
        "from feltline.video import read_frames\n"
        "logging.disable()\n"
        "print(len(list(read_frames(Path(sys.argv[1])))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert int(done.stdout) == 22


def test_a_picture_without_decoder_is_refused(clips, tmp_path):
    whole = clips.path("mpeg4-avi").read_bytes()
    assert whole.count(b"FMP4") == 2
    path = tmp_path / "it.png"
    path.write_bytes(whole.replace(b"FMP4", b"ZZZZ"))
    with pytest.raises(VideoError, match=r"it\.png cannot be read \(.*no decoder"):
        scan_video(path)


def programme(path, number, seconds):
    """A transport stream whose one stream is known by a number of its own."""
    pids = {"mpegts_start_pid": f"{256 + number}"}
    tables = {"mpegts_pmt_start_pid": f"{4096 + number}"}
    services = {"mpegts_service_id": f"{1 + number}"}
    with av.open(str(path), "w", options=pids | tables | services) as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(25 * seconds):
            rgb = np.full((48, 64, 3), 20 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, "rgb24")))
        container.mux(stream.encode(None))
    return path.read_bytes()


def test_streams_that_come_up_late_are_left_out(tmp_path):
    """Beyond what is read to see what a file holds, as after a change of channel."""
    parts = [
        programme(tmp_path / "part.ts", number, 12 if number == 0 else 1)
        for number in range(13)
    ]
    path = tmp_path / "it.ts"
    path.write_bytes(b"".join(parts))
    scan = scan_video(path)
    assert len(scan.time_s) == 12 * 25
    assert len(list(read_frames(path, index=scan.index))) == 12 * 25
    assert read_frame(path, 299, index=scan.index).frame == 299


def test_times_that_do_not_tell_frames_apart_are_refused(clips, tmp_path):
    """A stamp in the head of a file is a number of 64 bits, a time is not."""
    path = tmp_path / "far.mkv"
    whole = clips.path("open-gop-mkv").read_bytes()
    near = b"\xe7\x81\0"  # a cluster that begins at 0
    assert near in whole
    far = b"\xe7\x88" + ((1 << 62) + 7).to_bytes(8, "big")
    path.write_bytes(whole.replace(near, far, 1))
    for use in (scan_video, frame_times):
        with pytest.raises(VideoError, match=r"far\.mkv carry no usable time stamps"):
            use(path)


@pytest.mark.parametrize("last", [1 << 62, (1 << 60) + 1])
def test_stamps_too_far_for_times_overflow(last):
    stamps = np.array([last - 1, last], np.int64)
    with pytest.raises(OverflowError):
        player_times(stamps, Fraction(1, 1000), Fraction(0))
