"""The shipped encoder is as good as its card says, on faces it has not learnt from."""

import csv

import numpy as np
import pytest

from feltline.encoder import OnnxEncoder, OnnxPairHeads, find_card
from feltline.lab.datasets import read_dataset
from feltline.lab.training.evaluate import evaluate_faces, evaluate_pairs
from feltline.metrics import pcc
from feltline.pipeline import extract
from feltline.project import ExtractOptions


def test_on_the_test_split_of_its_corpus(data):
    faces = read_dataset("ferplus", data.parent / "ferplus", "test")
    card = find_card("affect-s")
    scores = evaluate_faces(OnnxEncoder(card), faces)
    assert scores.affect is not None
    assert scores.expression is not None
    assert scores.expression.accuracy == pytest.approx(0.8685, abs=0.001)
    assert scores.affect.faces == 358  # weak labels do not count
    assert scores.affect.ccc["valence"] == pytest.approx(0.896, abs=0.001)
    assert scores.affect.ccc["arousal"] == pytest.approx(0.920, abs=0.001)
    pairs = evaluate_pairs(OnnxEncoder(card), OnnxPairHeads(card), faces, pairs=20000)
    assert pairs.auc == pytest.approx(0.900, abs=0.001)


def test_the_former_encoder_is_still_what_its_card_says(data):
    """Projects that were made with it go on with it."""
    faces = read_dataset("ferplus", data.parent / "ferplus", "test")
    scores = evaluate_faces(OnnxEncoder(find_card("ferplus-s")), faces)
    assert scores.expression is not None
    assert scores.expression.accuracy == pytest.approx(0.869, abs=0.001)


def test_on_real_clips_without_any_label(data, tmp_path):
    rated: dict[str, list[list[float]]] = {}
    with (data / "ratings.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            values = [float(row[c]) for c in ("frame", "valence", "arousal")]
            rated.setdefault(row["video"], []).append(values)
    said, told = [], []
    options = ExtractOptions(encoder="affect-s")
    for video in ("single_face.mp4", "lp_d19.mp4"):
        found = extract(data / video, options, folder=tmp_path).features
        ratings = np.array(rated[video])
        at = np.searchsorted(found.tracks[0].frame, ratings[:, 0])
        said.append(found.embeddings_of(0).zero_shot_value[at])
        told.append(ratings[:, 1:])
    correlation = pcc(np.concatenate(said).astype(float), np.concatenate(told))
    assert (correlation > (0.85, 0.75)).all()
