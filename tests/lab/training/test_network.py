from dataclasses import replace

import numpy as np
import pytest
import torch

from feltline.lab.training.augment import Augmentation, augmented, standardised
from feltline.lab.training.network import PAPER_WIDTHS, AffectNetwork, NetworkOptions

SMALL = NetworkOptions(embedding=16, pair_widths=(8,))


def _network(**changes):
    torch.manual_seed(0)
    return AffectNetwork(replace(SMALL, **changes)).eval()


def _faces(n=4):
    return torch.rand(n, 1, 48, 48, generator=torch.Generator().manual_seed(1))


def _pair():
    return torch.randn(5, 16), torch.randn(5, 16)


@torch.inference_mode()
def test_a_face_and_its_mirror_image_are_one():
    seen, mirrored = _network()(_faces()), _network()(_faces().flip(3))
    for one, other in zip(seen, mirrored, strict=True):
        torch.testing.assert_close(one, other)
    plain = _network(mirror=False)
    assert not torch.allclose(plain.embed(_faces()), plain.embed(_faces().flip(3)))


@pytest.mark.parametrize("fusion", ["absolute", "multiply"])
@torch.inference_mode()
def test_fusions_that_cannot_tell_first_from_second(fusion):
    heads, (a, b) = _network(fusion=fusion).pairs, _pair()
    there, back = heads(a, b), heads(b, a)
    torch.testing.assert_close(there.difference, back.difference)
    assert there.difference.abs().max() > 0.01


@torch.inference_mode()
def test_swapping_a_pair_changes_signs_alone():
    heads, (a, b) = _network(fusion="concat").pairs, _pair()
    there, back = heads(a, b), heads(b, a)
    assert there.difference.abs().max() > 0.01
    torch.testing.assert_close(there.difference, -back.difference)
    torch.testing.assert_close(there.alike, back.alike)
    assert there.difference.abs().max() <= 2


@torch.inference_mode()
def test_the_heads_of_the_paper_see_a_pair_one_way():
    heads, (a, b) = _network(antisymmetric=False).pairs, _pair()
    assert not torch.allclose(heads(a, b).difference, -heads(b, a).difference)


def test_the_heads_of_the_paper_have_its_widths():
    heads = _network(pair_widths=PAPER_WIDTHS).pairs
    linear = [m for m in heads.valence if isinstance(m, torch.nn.Linear)]
    assert [m.out_features for m in linear] == [2048, 1024, 512, 128, 1]
    assert linear[0].in_features == 32


def test_no_augmentation_leaves_faces_alone():
    none = Augmentation(
        rotation=0.0,
        shift=0.0,
        scale=1.0,
        shear=0.0,
        gamma=1.0,
        shade=0.0,
        blur_share=0.0,
        noise=0.0,
        occlusion_share=0.0,
        mirror=False,
    )
    torch.testing.assert_close(augmented(_faces(), none), _faces(), atol=2e-4, rtol=0)
    turned = augmented(_faces(64), replace(none, mirror=True))
    same = (turned - _faces(64)).abs().amax(dim=(1, 2, 3)) < 1e-3
    flipped = (turned - _faces(64).flip(3)).abs().amax(dim=(1, 2, 3)) < 1e-3
    assert (same ^ flipped).all()
    assert 16 < int(same.sum()) < 48


def test_augmented_faces_differ_stay_in_range_and_follow_the_seed():
    torch.manual_seed(3)
    one = augmented(_faces(), Augmentation())
    torch.manual_seed(3)
    torch.testing.assert_close(augmented(_faces(), Augmentation()), one)
    assert one.min() >= 0
    assert one.max() <= 1
    assert (one - _faces()).abs().mean() > 0.02


def test_standardised_faces_have_mean_0_and_deviation_1():
    faces = standardised(_faces()).numpy()
    np.testing.assert_allclose(faces.mean(axis=(1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(faces.std(axis=(1, 2, 3)), 1, atol=1e-3)
    assert torch.isfinite(standardised(torch.zeros(1, 1, 4, 4))).all()
