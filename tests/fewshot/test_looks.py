import numpy as np
import pytest

from feltline.errors import ShapeError
from feltline.fewshot.gp.appearance import looks_of
from feltline.types import Embeddings


def _seen(vector, views=()):
    n = len(vector)
    return Embeddings(
        encoder_id="e",
        vector=vector.astype(np.float32),
        zero_shot_value=np.full((n, 2), np.nan, np.float32),
        zero_shot_expression=np.full((n, 8), np.nan, np.float32),
        views=views,
    )


def test_views_count_equally_whatever_their_units():
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(40, 12)), rng.normal(size=(40, 5))
    joint = _seen(np.hstack([left * 1000, right]), (12, 5))
    (look,) = looks_of([joint])
    alone = [looks_of([_seen(part)])[0] for part in (left, right)]
    np.testing.assert_allclose(look, np.hstack(alone) / np.sqrt(2), atol=1e-4)
    assert look.shape == (40, 13)  # at most eight of the first, five of the second
    assert (look**2).sum(axis=1).mean() == pytest.approx(1, rel=1e-3)


def test_views_make_up_the_whole_embedding():
    with pytest.raises(ShapeError, match="do not make up a vector of 4"):
        _seen(np.zeros((2, 4)), (1, 2))
