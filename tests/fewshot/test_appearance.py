import numpy as np
import pytest

from feltline.errors import NothingToLabelError, ShapeError
from feltline.fewshot.gp.appearance import RANK, centred, fit_basis, project
from feltline.types import Embeddings


def appearance_of(vectors, views=()):
    basis = fit_basis(iter(vectors), encoder_id="e", views=views)
    return [centred(project(basis, one)) for one in vectors]


@pytest.mark.parametrize("width", [1, 3, 8, 20])
def test_features_are_centred_scaled_and_few(make, width):
    seen = [make.embeddings(n, seed=n, width=width) for n in (25, 60)]
    found = appearance_of([e.vector for e in seen])
    assert [x.shape for x in found] == [(n, min(width, RANK)) for n in (25, 60)]
    for x in found:
        np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-5)
    size = np.mean([(x**2).sum(axis=1).mean() for x in found])
    assert size == pytest.approx(1, abs=1e-4)


def test_features_are_the_naive_ones(make, naive):
    project_ = make.project(3, prior=True)
    dense = naive(project_, project_.prior.hyperparameters)
    for number, features in enumerate(project_.features):
        here = slice(dense.first[number], dense.first[number + 1])
        wanted = np.array([f[2] for f in dense.frames[here]])
        got = features.appearance
        np.testing.assert_allclose(got @ got.T, wanted @ wanted.T, atol=1e-3)


def test_faces_that_never_move_have_no_appearance():
    still = [np.full((n, 4), n / 4, np.float32) for n in (1, 8, 32)]
    for x, e in zip(appearance_of(still), still, strict=True):
        assert x.shape == (len(e), 1)
        assert not x.any()


def test_views_count_equally_whatever_their_units():
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(40, 12)), rng.normal(size=(40, 5))
    joint = np.hstack([left * 1000, right]).astype(np.float32)
    (both,) = appearance_of([joint], (12, 5))
    alone = [appearance_of([part.astype(np.float32)])[0] for part in (left, right)]
    wanted = np.hstack(alone) / np.sqrt(2)
    np.testing.assert_allclose(both @ both.T, wanted @ wanted.T, atol=1e-3)
    assert both.shape == (40, 13)  # at most eight of the first, five of the second
    assert (both**2).sum(axis=1).mean() == pytest.approx(1, rel=1e-3)


def test_a_basis_serves_tracks_it_was_not_fitted_on_and_is_named_by_its_numbers():
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(2, 30, 6)).astype(np.float32)
    basis = fit_basis([one], encoder_id="e")
    assert project(basis, other).shape == (30, 6)
    assert fit_basis([one], encoder_id="e").basis_id == basis.basis_id
    assert fit_basis([one], encoder_id="f").basis_id != basis.basis_id
    assert fit_basis([other], encoder_id="e").basis_id != basis.basis_id
    half = project(basis, other)[:10]
    np.testing.assert_allclose(half, project(basis, other[:10]), atol=1e-6)


def test_what_no_basis_can_be_fitted_to_is_refused():
    with pytest.raises(NothingToLabelError, match="at least one face"):
        fit_basis([], encoder_id="e")
    with pytest.raises(ShapeError, match=r"views \(1, 2\) takes embeddings of 3, not"):
        fit_basis([np.zeros((2, 4), np.float32)], encoder_id="e", views=(1, 2))
    with pytest.raises(ShapeError, match="do not make up a vector of 4"):
        Embeddings(
            encoder_id="e",
            vector=np.zeros((2, 4), np.float32),
            zero_shot_value=np.zeros((2, 2), np.float32),
            zero_shot_expression=np.zeros((2, 8), np.float32),
            views=(1, 2),
        )
