from dataclasses import replace

import numpy as np
import pytest
from tests.soak import IS_SOAK

from feltline.errors import InputError
from feltline.lab.datasets import MISSING
from feltline.lab.training.supervised import evaluate_supervised, fit_supervised
from feltline.types import EXPRESSIONS, Embeddings


class Flat:
    """Features that hold all there is to know: the picture itself, made coarse."""

    encoder_id, crop_size, crop_margin, crop_lift = "flat", 48, 0.0, 0.0

    def encode(self, faces):
        n = len(faces.crop)
        coarse = faces.crop[..., 0].reshape(n, 12, 4, 12, 4).mean(axis=(2, 4))
        return Embeddings(
            encoder_id="flat",
            vector=coarse.reshape(n, -1).astype(np.float32) / 255,
            zero_shot_value=np.full((n, 2), np.nan, np.float32),
            zero_shot_expression=np.full((n, 8), np.nan, np.float32),
        )


@pytest.mark.parametrize("kind", ["mlp", "linear"])
def test_heads_learn_what_features_hold(split, kind):
    told = []
    scores = evaluate_supervised(
        Flat(),
        kind,
        fit=split.train,
        faces=split.valid,
        progress=lambda done, of: told.append((done, of)),
    )
    assert scores.expression is not None
    assert scores.expression.accuracy > 0.8  # one in eight by chance
    assert scores.affect is not None
    assert scores.affect.ccc["valence"] > 0.6
    assert told[-1] == (len(split.train) + len(split.valid),) * 2


@pytest.mark.parametrize("kind", ["mlp", "linear"])
def test_what_has_no_label_is_not_said(split, kind):
    n = len(split.train)
    vector = np.random.default_rng(0).normal(size=(n, 6)).astype(np.float32)
    nameless = replace(split.train, expression=np.full(n, MISSING))
    said = fit_supervised(kind, vector, nameless).predict(vector)
    assert np.isnan(said.expression).all()
    assert np.abs(said.affect).max() <= 1
    unrated = replace(split.train, affect=np.full((n, 2), np.nan, np.float32))
    said = fit_supervised(kind, vector, unrated).predict(vector)
    assert np.isnan(said.affect).all()
    assert said.expression.shape == (n, len(EXPRESSIONS))
    neither = replace(nameless, affect=unrated.affect)
    with pytest.raises(InputError, match="nothing to fit heads to"):
        fit_supervised(kind, vector, neither)


def test_rare_expressions_are_drawn_as_often_as_common_ones(monkeypatch):
    """Features that say nothing: a balanced head then favours no class."""
    from feltline.lab.training import supervised

    monkeypatch.setattr(supervised, "EPOCHS", 60 if IS_SOAK else 12)
    rng = np.random.default_rng(0)
    expression = np.array([0] * 900 + [1] * 100)
    x = rng.normal(size=(1000, 1)).astype(np.float32) * 1e-3
    said = supervised._mlp_expression(x, expression, 0)(x)
    gap = float(np.mean(said[:, 0] - said[:, 1]))
    assert abs(gap) < 0.5  # drawn as they are, it would be log 9 = 2.2
