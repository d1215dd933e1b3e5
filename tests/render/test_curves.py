import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from feltline.errors import InputError, NothingToLabelError, ShapeError
from feltline.render import draw_curves, figure


@pytest.mark.parametrize("faces", [1, 2])
def test_png_is_1200_wide_and_grows_with_the_faces(tmp_path, make, faces):
    path = tmp_path / "curves.png"
    draw_curves(path, [make(track_id=i) for i in range(faces)], threshold=0.8)
    picture = cv2.imread(str(path))
    assert picture.shape[1] == 1200
    assert picture.shape[0] == pytest.approx(62 + 379 * faces, abs=3)
    assert (picture != 255).any()


def test_svg_holds_its_words_as_text(tmp_path, make):
    path = tmp_path / "curves.svg"
    labelled = make(range(100), human=(3, 50), confidence=0.5, video_id="a$b$ & c.mp4")
    truth = [np.zeros((100, 2))]
    draw_curves(path, [labelled], threshold=0.8, truth=truth)
    text = path.read_text(encoding="utf-8")
    for words in [
        "a$b$ &amp; c.mp4 · face 0",
        "gp",
        "100 frames",
        "2 labelled by hand (2 %)",
        "0 % of the rest accepted",
        "90 % interval",
        "confidence below 80 %",
        "by hand",
        "known curve",
        "valence",
        "arousal",
        "time (s)",
    ]:
        assert words in text


def test_what_a_method_lacks_is_not_in_the_picture(tmp_path, make):
    path = tmp_path / "curves.SVG"
    labelled = make(human=(0, 20), interval=False, confidence=np.nan)
    draw_curves(path, [labelled], threshold=0.8)
    text = path.read_text(encoding="utf-8")
    assert "linear" in text
    for words in ("accepted", "confidence", "known", "nan"):
        assert words not in text


def test_equal_input_gives_an_equal_file(tmp_path, make):
    paths = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for path in paths:
        draw_curves(path, [make(human=(3,))], threshold=0.8)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("frames", [[7], [0, 100, 200], [0, 1, 2, 90, 91]])
def test_few_and_scattered_frames(tmp_path, make, frames):
    draw_curves(tmp_path / "a.png", [make(frames, confidence=0.1)], threshold=0.8)
    draw_curves(tmp_path / "b.png", [make(frames, human=(0,))], threshold=0.8)
    # Nothing is asked of pixels here: that no warning comes is the point.
    assert (tmp_path / "b.png").stat().st_size > 1000


def test_an_empty_track_beside_another(tmp_path, make):
    draw_curves(tmp_path / "a.svg", [make([]), make(track_id=1)], threshold=0.8)
    assert "0 frames" in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_names_of_any_script_and_length(tmp_path, make):
    name = "表情\udcff\n" + "long" * 30
    for suffix in ("png", "svg"):
        path = tmp_path / f"a.{suffix}"
        draw_curves(path, [make(video_id=name)], threshold=0.8)
    text = path.read_text(encoding="utf-8")
    assert "表情??" in text
    assert "…" in text


def test_a_hundred_thousand_frames_stay_small(tmp_path, make):
    labelled = make(range(100_000), confidence=np.arange(100_000) % 9 / 9)
    draw_curves(tmp_path / "a.svg", [labelled], threshold=0.8)
    assert (tmp_path / "a.svg").stat().st_size < 1_000_000


@pytest.mark.parametrize("name", ["curves.pdf", "curves", "curves.jpg"])
def test_another_suffix_is_refused(tmp_path, make, name):
    with pytest.raises(InputError, match=r"\.png or \.svg"):
        draw_curves(tmp_path / name, [make()], threshold=0.8)
    assert not list(tmp_path.iterdir())


def test_what_does_not_fit_is_refused(tmp_path, make):
    path = tmp_path / "a.png"
    with pytest.raises(ShapeError, match="50 frames, but 49 labels"):
        _with_track(make(range(49)), make().track)
    with pytest.raises(ShapeError, match="3 known values"):
        draw_curves(path, [make()], threshold=0.8, truth=[np.zeros((3, 2))])
    with pytest.raises(ShapeError, match="one entry per track"):
        draw_curves(path, [make()], threshold=0.8, truth=[])
    with pytest.raises(NothingToLabelError, match="no face"):
        draw_curves(path, [], threshold=0.8)
    with pytest.raises(InputError, match="101 faces"):
        draw_curves(path, [make([0])] * 101, threshold=0.8)
    with pytest.raises(InputError, match="does not exist"):
        draw_curves(tmp_path / "no" / "a.png", [make()], threshold=0.8)
    assert not list(tmp_path.iterdir())


def _with_track(labelled, track):
    return replace(labelled, track=track)


def test_failure_leaves_the_old_picture_and_nothing_else(tmp_path, make, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def fails(*_):
        raise RuntimeError("half way")

    monkeypatch.setattr(figure, "_draw_labels", fails)
    with pytest.raises(RuntimeError, match="half way"):
        draw_curves(path, [make()], threshold=0.8)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    assert path.read_bytes() == b"old"


def test_shares_are_never_rounded_to_none_or_all(make):
    confidence = np.ones(10_000)
    confidence[1:4] = 0.0
    labelled = make(range(10_000), confidence=confidence, human=(0,))
    facts = figure.facts_of(labelled, 0.8)
    assert "1 labelled by hand (0.1 %)" in facts
    assert "99.9 % of the rest accepted" in facts


def test_doubtful_spans_are_shaded_where_they_are(tmp_path, make):
    confidence = np.full(500, 0.9)
    confidence[200:300] = 0.1
    draw_curves(
        tmp_path / "a.png", [make(range(500), confidence=confidence)], threshold=0.5
    )
    picture = cv2.imread(str(tmp_path / "a.png"))[100:].astype(int)
    red = (picture[..., 2] - picture[..., 0] > 20) & (picture[..., 2] > 240)
    columns = np.flatnonzero(red.sum(axis=0) > 100)
    width = 1200 - 67 - 29
    expected = 67 + width * (np.array([8.0, 12.0]) + 0.2) / 20.36
    np.testing.assert_allclose([columns[0], columns[-1]], expected, atol=4)


def test_importing_the_package_imports_neither_library():
    code = (
        "import sys, feltline.render; "
        "assert not {'matplotlib', 'cv2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_drawing_leaves_no_trace_in_matplotlib(tmp_path):
    # The backend is left out: to read it imports pyplot.
    code = """
import sys
from pathlib import Path
from matplotlib import rcParams
from tests.render.conftest import make_labelled
from feltline.render import draw_curves
def settings():
    return {key: rcParams[key] for key in rcParams if key != "backend"}
before = settings()
draw_curves(Path(sys.argv[1]), [make_labelled()], threshold=0.8)
assert settings() == before
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code, tmp_path / "a.png"], check=True)
