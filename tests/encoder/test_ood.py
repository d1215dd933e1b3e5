import numpy as np
import pytest

from feltline.encoder import find_card, load_encoder, reference_distribution_of
from feltline.encoder.ood import N_DIRECTIONS, ReferenceDistribution
from feltline.errors import EncoderError
from feltline.types import FaceBatch


@pytest.fixture(scope="module")
def ordinary():
    rng = np.random.default_rng(0)
    scale = np.geomspace(5, 0.01, 80)
    return (rng.normal(size=(2000, 80)) * scale + 3).astype(np.float32)


def test_distance_is_mahalanobis_with_one_variance_for_the_rest(ordinary):
    reference = ReferenceDistribution.of(ordinary)
    whole = ordinary.astype(np.float64)
    value, vector = np.linalg.eigh(np.cov(whole.T))
    value = value.copy()
    value[: 80 - N_DIRECTIONS] = value[: 80 - N_DIRECTIONS].mean()
    precision = vector @ np.diag(1 / value) @ vector.T
    some = whole[:20] * 1.5
    away = some - whole.mean(axis=0)
    wanted = np.sqrt(np.einsum("id,de,ie->i", away, precision, away))
    got = reference.ood_score(some.astype(np.float32)) * reference.edge
    np.testing.assert_allclose(got, wanted, rtol=1e-3)


def test_one_in_a_hundred_ordinary_faces_is_beyond_the_edge(ordinary):
    score = ReferenceDistribution.of(ordinary).ood_score(ordinary)
    assert (score > 1).mean() == pytest.approx(0.01, abs=0.002)


def test_what_is_kept_is_what_was_made(ordinary, tmp_path):
    reference = ReferenceDistribution.of(ordinary)
    reference.write(tmp_path / "t.npz")
    again = ReferenceDistribution.read(tmp_path / "t.npz")
    np.testing.assert_array_equal(
        reference.ood_score(ordinary[:9]), again.ood_score(ordinary[:9])
    )
    (tmp_path / "broken.npz").write_bytes(b"nothing")
    for name in ("broken.npz", "gone.npz"):
        with pytest.raises(EncoderError, match="reference distribution of an encoder"):
            ReferenceDistribution.read(tmp_path / name)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"mean": np.full(3, np.nan)}, "mean holds a number that is not"),
        ({"direction": np.zeros((3, 1))}, r"direction is \(3, 1\), expected \(3, 2\)"),
        ({"scalars": np.ones(3)}, r"scalars is \(3,\)"),
        ({"scalars": np.array([1.0, 0.0])}, "not positive"),
        ({"variance": np.array([1.0, -1.0])}, "not positive"),
        ({"mean": np.array([None], object)}, "pickle"),
    ],
)
def test_arrays_that_make_no_distribution_are_refused(tmp_path, other, said):
    arrays = {
        "mean": np.zeros(3),
        "direction": np.zeros((3, 2)),
        "variance": np.ones(2),
        "scalars": np.ones(2),
    }
    np.savez(tmp_path / "r.npz", **arrays)
    ReferenceDistribution.read(tmp_path / "r.npz")
    np.savez(tmp_path / "r.npz", **(arrays | other))
    with pytest.raises(EncoderError, match=f"reference distribution.*{said}"):
        ReferenceDistribution.read(tmp_path / "r.npz")


def test_the_shipped_encoder_does_not_know_noise():
    reference = reference_distribution_of("ferplus-s+geometry")
    assert reference is not None
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (20, 48, 48, 3), dtype=np.uint8)
    batch = FaceBatch(mesh=np.zeros((20, 478, 3), np.float32), crop=noise)
    seen = load_encoder("ferplus-s").encode(batch)
    assert (reference.ood_score(seen.vector) > 1).mean() > 0.9


def test_encoders_without_such_a_file_know_no_strangers():
    assert reference_distribution_of("geometry") is None
    assert reference_distribution_of("dinov2-s") is None
    assert find_card("ferplus-s").reference_distribution is not None
