import json
import os
import signal
import subprocess
import sys
import time

import av
import numpy as np
import pytest

from feltline.video import VideoWriter


@pytest.fixture
def label(feltline, tmp_path):
    """Labels a video and expects that to fail with nothing written."""

    def run(video, support, *more):
        out = tmp_path / "all.csv"
        code, _, err = feltline(
            "label", video, "--support", support, "--out", out, *more
        )
        assert code != 0
        assert not out.exists()
        assert [p for p in tmp_path.iterdir() if p.name.startswith(".")] == []
        return code, err

    return run


def a_wav(path):
    with av.open(str(path), "w") as box:
        stream = box.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        sound.sample_rate = 8000
        box.mux([*stream.encode(sound), *stream.encode(None)])


def test_a_missing_video(label, support, tmp_path):
    code, err = label(tmp_path / "nowhere.mp4", support)
    assert code == 4
    assert "nowhere.mp4" in err


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "sound"])
def test_a_file_that_is_no_video(label, support, video, tmp_path, kind):
    path = tmp_path / ("talk.wav" if kind == "sound" else "talk.mp4")
    if kind == "sound":
        a_wav(path)
    else:
        whole = video.read_bytes()
        # The writer puts the index first; without it in place nothing can be read.
        cut = whole[: len(whole) // 50]
        path.write_bytes({"empty": b"", "text": b"hello " * 99, "cut": cut}[kind])
    code, err = label(path, support)
    assert code == 4
    assert str(path) in err
    assert len(err.splitlines()) == 1


def test_a_video_without_faces(label, empty_room, tmp_path):
    support = tmp_path / "s.csv"
    support.write_text("video,frame,valence,arousal\nroom,1,0,0\n")
    code, err = label(empty_room, support)
    assert code == 3
    assert "no face was found in room.mp4 (10 frames)" in err


def test_a_face_not_named_among_several(label, pair, tmp_path):
    support = tmp_path / "s.csv"
    support.write_text("video,frame,valence,arousal\npair,1,0,0\n")
    code, err = label(pair, support)
    assert code == 4
    assert "shows 2 faces" in err


def test_every_fault_of_the_support_set_names_its_row(label, video, tmp_path):
    support = tmp_path / "s.csv"
    support.write_text("video,frame,valence,arousal\ntalk,1,0,0\ntalk,99,0,0\n")
    code, err = label(video, support)
    assert code == 4
    assert "row 3: frame 99 is past the end of talk.mp4, whose last frame is 29" in err


def test_no_label_yet(label, video, tmp_path):
    support = tmp_path / "s.csv"
    support.write_text("video,frame,valence,arousal\ntalk,1,,\n")
    assert label(video, support)[0] == 3


@pytest.mark.parametrize(
    "more",
    [
        ("--plot", "curves.gif"),
        ("--plot", "nowhere/curves.png"),
        ("--overlay", "seen.avi"),
        ("--start", "5", "--end", "4"),
        ("--start", "nan"),
        ("--every", "often"),
        ("--encoder", "nowhere.json"),
    ],
)
def test_what_cannot_work_is_refused_before_the_work(label, video, support, more):
    assert label(video, support, *more)[0] == 4


@pytest.mark.parametrize(
    "words",
    [
        ("label",),
        ("nonsense",),
        ("label", "v.mp4", "--support", "s.csv", "--out", "o.csv", "--method", "magic"),
        ("label", "v.mp4", "--support", "s.csv", "--out", "o.csv", "--coverage", "2"),
        ("suggest", "v.mp4", "--out", "o.csv"),
        ("suggest", "v.mp4", "--out", "o.csv", "--total", "3", "--share", "6%"),
        ("extract", "v.mp4", "--faces", "0"),
    ],
)
def test_wrong_usage(feltline, words):
    assert feltline(*words)[0] == 2


@pytest.mark.parametrize("share", ["0", "150%", "lots"])
def test_a_share_that_is_none(feltline, video, tmp_path, share):
    code, _, err = feltline(
        "suggest", video, "--share", share, "--out", tmp_path / "o.csv"
    )
    assert code == 4
    assert "write 6% or 0.06" in err


def test_inputs_are_never_overwritten(feltline, video, support):
    before = support.read_text()
    code, _, err = feltline("label", video, "--support", support, "--out", support)
    assert code == 4
    assert "would be overwritten" in err
    assert support.read_text() == before


def test_a_range_outside_the_video_is_said(feltline, video, caplog):
    for _ in range(2):  # what is kept from before says it, too
        caplog.clear()
        assert feltline("extract", video, "--start", "9", "--end", "99")[0] == 0
        assert f"--start 9 and --end 99 leave no frame of {video}" in caplog.text


def test_errors_are_json_where_json_is_asked_for(feltline, tmp_path):
    code, out, _ = feltline("extract", tmp_path / "nowhere.mp4", "--json")
    assert json.loads(out)["exit_code"] == code == 4


def test_an_overlay_of_several_videos(label, video, pair, support):
    out = support.parent / "seen.mp4"
    code, err = label(video, support, pair, "--overlay", out)
    assert code == 4
    assert "shows one video" in err


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        OSError("No space left on device (os error 28)"),  # as polars raises it
    ],
)
def test_a_full_disk(label, video, support, monkeypatch, error):
    import polars as pl

    def full(*_args, **_more):
        raise error

    monkeypatch.setattr(pl.DataFrame, "write_csv", full)
    code, err = label(video, support)
    assert code == 4
    assert "the disk is full" in err


def test_a_fault_of_its_own_is_no_traceback(feltline, video, monkeypatch):
    monkeypatch.setattr("feltline.pipeline.extract_all", lambda *_a, **_k: 1 / 0)
    code, _, err = feltline("extract", video)
    assert code == 1
    assert "please report" in err


def test_one_frame_and_odd_sizes_work(feltline, clip, tmp_path):
    rgb = next(iter(clip.frames()))[:, :-3][:-1]
    video, out = tmp_path / "one.mp4", tmp_path / "all.csv"
    with VideoWriter(video, width=rgb.shape[1], height=rgb.shape[0], rate=15) as writer:
        writer.write(np.ascontiguousarray(rgb))
    support = tmp_path / "s.csv"
    support.write_text("video,frame,valence,arousal\none,0,0.5,0\n")
    overlay, plot = tmp_path / "seen.mp4", tmp_path / "curves.png"
    code, _, err = feltline(
        *("label", video, "--support", support, "--out", out),
        *("--plot", plot, "--overlay", overlay),
    )
    assert code == 0, err
    assert len(out.read_text().splitlines()) == 2


def test_ctrl_c_leaves_nothing_half_written_and_goes_on(video, support, tmp_path):
    """A real process, a real signal: exit code 130, then the same command works."""
    out = tmp_path / "all.csv"
    words = ["label", str(video), "--support", str(support), "--out", str(out)]
    code = (
        "import sys, time\n"
        "import feltline.faces.tracking as t\n"
        "step = t.FaceTracker.step\n"
        "def slow(*a):\n"
        "    print('frame', flush=True); time.sleep(0.2); return step(*a)\n"
        "t.FaceTracker.step = slow\n"
        f"sys.argv = ['feltline', *{words!r}]\n"
        "from feltline.cli import main; main()\n"
    )
    env = {**os.environ, "FELTLINE_CACHE": str(tmp_path / "cache")}
    run = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "frame\n"
    time.sleep(0.1)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert not out.exists()
    again = subprocess.run(
        [sys.executable, "-m", "feltline", *words], env=env, check=False
    )
    assert again.returncode == 0
    assert out.exists()


def test_a_video_given_twice(feltline, video):
    code, _, err = feltline("extract", video, video)
    assert code == 4
    assert "is given twice" in err


def test_a_cache_that_cannot_be_a_folder(feltline, video, tmp_path, monkeypatch):
    path = tmp_path / "cache"
    path.write_text("in the way")
    monkeypatch.setenv("FELTLINE_CACHE", str(path))
    code, _, err = feltline("extract", video)
    assert code == 4
    assert "FELTLINE_CACHE" in err


def test_a_damaged_cache_is_made_anew(feltline_json, video, tmp_path, monkeypatch):
    monkeypatch.setenv("FELTLINE_CACHE", str(tmp_path))
    first = feltline_json("extract", video, "--every", 10)
    (kept,) = tmp_path.glob("features/*/*/faces.npy")
    kept.write_bytes(kept.read_bytes()[:100])
    again = feltline_json("extract", video, "--every", 10)
    assert again == first
    assert not again[0]["reused"]
    assert feltline_json("extract", video, "--every", 10)[0]["reused"]
