"""Real faces: what the generated portrait cannot show. Needs FELTLINE_DATA."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

DATA = os.environ.get("FELTLINE_DATA")
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA, reason="FELTLINE_DATA names no folder of real clips"),
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    cache = str(tmp_path_factory.mktemp("cache"))
    return {**os.environ, "FELTLINE_CACHE": cache, "FELTLINE_DATA": str(DATA)}


def run(environment, *words):
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_three_ratings_label_a_real_clip(environment, tmp_path):
    """Neutral, smile, neutral again: three labels carry to the other rated frames."""
    clips = Path(str(DATA)) / "clips"
    with (clips / "ratings.csv").open() as file:
        rated = [r for r in csv.DictReader(file) if r["video"] == "single_face.mp4"]
    given = [rated[i] for i in (0, 3, 7)]
    support, out = tmp_path / "support.csv", tmp_path / "all.csv"
    with support.open("w", newline="") as file:
        writer = csv.DictWriter(file, given[0].keys())
        writer.writeheader()
        writer.writerows(given)
    said = json.loads(
        run(
            environment,
            *("-m", "feltline", "label", clips / "single_face.mp4"),
            *("--support", support, "--out", out, "--json"),
        )
    )
    assert said["frames"] == 72
    assert said["by_hand"] == 3
    table = pl.read_csv(out)
    held = [r for r in rated if r not in given]
    at = [int(r["frame"]) for r in held]
    for name in ("valence", "arousal"):
        truth = np.array([float(r[name]) for r in held])
        error = table[name].to_numpy()[at] - truth
        by_hand = [float(r[name]) for r in given]
        line = np.interp(at, [int(r["frame"]) for r in given], by_hand) - truth
        assert np.sqrt(np.mean(error**2)) < 0.75 * np.sqrt(np.mean(line**2))
        low, high = (table[f"{end}_{name}"].to_numpy()[at] for end in ("low", "high"))
        assert ((low <= truth) & (truth <= high)).mean() >= 0.8


def test_engine_beats_interpolation_on_people_it_never_saw(environment):
    """Four suggested frames per clip, everything learnt from the other clips."""
    script = Path(__file__).parents[1] / "benchmarks" / "rated_clips.py"
    said = run(environment, script, "--labels", "4", "--json")
    ratio = json.loads(said)["4"]["engine suggested"]["ratio"]
    assert max(ratio) <= 0.75
