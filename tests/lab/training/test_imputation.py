"""Valence and arousal where nobody rated them."""

from dataclasses import replace

import numpy as np
import pytest

from feltline.errors import InputError
from feltline.lab.datasets.faceset import MISSING, FaceSet
from feltline.lab.datasets.pictures import InMemory
from feltline.lab.training.imputation import with_imputed_affect
from feltline.types import Embeddings


class MeanEncoder:
    """Sees how bright the two halves of a face are."""

    encoder_id, crop_size, crop_margin, crop_lift = "mean", 4, 0.0, 0.0

    def encode(self, faces):
        pixels = faces.crop[..., 0].astype(np.float32) / 255
        vector = np.stack([pixels[:, :2].mean((1, 2)), pixels[:, 2:].mean((1, 2))], 1)
        return Embeddings(
            encoder_id="mean",
            vector=vector.astype(np.float32),
            zero_shot_value=np.zeros((len(vector), 2), np.float32),
            zero_shot_expression=np.full((len(vector), 8), 1 / 8, np.float32),
        )


@pytest.fixture
def faces():
    rng = np.random.default_rng(0)
    n = 300
    level = rng.integers(0, 256, (n, 2))
    grey = np.repeat(level, 2, axis=1)[:, :, None].repeat(4, 2).astype(np.uint8)
    truth = (level / 255 - 0.5).astype(np.float32)
    is_weak = np.arange(n) >= 200
    affect = np.where(is_weak[:, None], np.float32(0.9), truth)
    return truth, FaceSet(
        corpus="drawn",
        split="train",
        pictures=InMemory(grey),
        name=tuple(map(str, range(n))),
        person=tuple(map(str, range(n))),
        affect=affect,
        expression=np.full(n, MISSING, np.int64),
        votes=np.full((n, 8), np.nan, np.float32),
        is_weak=is_weak,
    )


def test_weak_labels_become_what_raters_would_say(faces):
    truth, some = faces
    made = with_imputed_affect(some, MeanEncoder())
    np.testing.assert_array_equal(made.affect[:200], truth[:200])
    np.testing.assert_array_equal(made.is_weak, some.is_weak)
    off = np.abs(made.affect[200:] - truth[200:])
    assert off.mean() < 0.05 < np.abs(some.affect[200:] - truth[200:]).mean()


def test_votes_count_beside_what_is_seen(faces):
    """Where pixels say nothing, the votes do."""
    _, some = faces
    rng = np.random.default_rng(1)
    votes = rng.dirichlet(np.full(8, 0.3), len(some)).astype(np.float32)
    value = np.stack([votes[:, 0] - votes[:, 1], votes[:, 2] - 0.3], axis=1)
    blank = InMemory(np.full((len(some), 4, 4), 99, np.uint8))
    made = with_imputed_affect(
        replace(some, pictures=blank, votes=votes, affect=value), MeanEncoder()
    )
    assert np.abs(made.affect[200:] - value[200:]).mean() < 0.08


def test_too_few_ratings_are_refused(faces):
    _, some = faces
    few = replace(some, is_weak=np.arange(len(some)) >= 50)
    with pytest.raises(InputError, match="has 50 faces whose valence"):
        with_imputed_affect(few, MeanEncoder())
