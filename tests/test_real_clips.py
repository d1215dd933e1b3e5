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


def test_engine_beats_every_baseline_on_people_it_never_saw(environment, tmp_path):
    """Everything learnt is learnt from the other clips; labelled frames left out."""
    said = run(
        environment,
        *("-m", "feltline", "bench", "run", "clips"),
        Path(str(DATA)) / "clips" / "ratings.csv",
        *("--labels", "2,4,6", "--methods", "engine,linear,anchor,anchor-zero-shot"),
        *("--out", tmp_path / "cells", "--json"),
    )
    rows = json.loads(said)["rows"]
    found = {
        (row["budget"], row["selection"], row["method"]): row["rmse"] for row in rows
    }
    # Bars of the project: of linear and of the anchor rule on even frames, and of
    # suggested frames to even ones.
    for budget, of_linear, of_anchor, of_even in (
        ("2", 0.60, 0.85, 1.05),
        ("4", 0.70, 0.82, 0.92),
        ("6", 0.80, 1.00, 1.00),
    ):
        even = found[budget, "uniform", "engine"]
        rules = [found[budget, "uniform", f"anchor{by}"] for by in ("", "-zero-shot")]
        assert even <= of_linear * found[budget, "uniform", "linear"]
        assert even <= of_anchor * min(rules)
        assert found[budget, "suggested", "engine"] <= of_even * even
    assert found["4", "suggested", "engine"] < 0.1


def test_engine_is_as_good_as_all_labels_of_other_tracks(environment, tmp_path):
    """Walks through the test split: few labels against the zero-shot prediction."""
    said = run(
        environment,
        *("-m", "feltline", "bench", "run", "walks", Path(str(DATA)) / "ferplus"),
        *("--labels", "every20", "--methods", "engine,zero-shot,nearest"),
        *("--selections", "uniform", "--draws", "1"),
        *("--out", tmp_path / "cells", "--json"),
    )
    found = {row["method"]: row for row in json.loads(said)["rows"]}
    assert found["engine"]["rmse"] < 0.85 * found["zero-shot"]["rmse"]
    for other in ("zero-shot", "nearest"):
        assert found["engine"]["accuracy"] > found[other]["accuracy"]
    assert 0.85 <= found["engine"]["coverage"] <= 0.95
    assert found["engine"]["ece"] <= 0.06
    assert found["engine"]["accepted_right"] >= 0.8
