"""The scripts of `benchmarks/` still fit the program; each runs by hand alone."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from feltline.lab.demo import portrait_clip
from feltline.pipeline import extraction_models
from feltline.video import VideoWriter

FOLDER = Path(__file__).parents[3] / "benchmarks"


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda p: p.stem)
def test_a_script_finds_what_it_imports(path, monkeypatch):
    monkeypatch.syspath_prepend(path.parent)  # as where it runs by hand
    is_run = '__name__ == "__main__"' in path.read_text(encoding="utf-8")
    made = runpy.run_path(str(path))
    assert callable(made.get("main")) or not is_run  # some are imported only


def test_ablations_see_the_pixels_of_the_clips(tmp_path, monkeypatch):
    monkeypatch.setenv("FELTLINE_DATA", str(tmp_path))
    # The script puts its own in this place; undone with the test.
    monkeypatch.setattr(extraction_models, "load_encoder", None)
    whole = portrait_clip(seconds=0.4, rate_hz=10.0, width=320, height=240)
    folder = tmp_path / "clips"
    folder.mkdir()
    with VideoWriter(folder / "talk.mp4", width=320, height=240, rate=10) as writer:
        for rgb in whole.frames():
            writer.write(rgb)
    (folder / "ratings.csv").write_text(
        "video,frame,valence,arousal\ntalk.mp4,1,0.1,0.2\n"
    )
    ablations = runpy.run_path(str(FOLDER / "ablations.py"))
    (clip,) = ablations["pixels_of_clips"]().clips
    assert clip.seen.vector.shape == (4, ablations["SIDE"] ** 2)
    assert 0 <= clip.seen.vector.min() < clip.seen.vector.max() <= 255
    assert np.isnan(clip.seen.zero_shot_value).all()
