"""Backbones of other packages, by stand-ins: neither package is a dependency."""

import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from feltline.errors import InputError, SetupError
from feltline.lab.training.backbones import make_backbone


class Stand(nn.Module):
    """Takes faces of 32 pixels alone, as vision transformers do of theirs."""

    def __init__(self, channels, classifier="fc"):
        super().__init__()
        self.body = nn.Conv2d(channels, 5, 3)
        setattr(self, classifier, nn.Linear(5, 1000))
        self.last = classifier

    def forward(self, faces):
        assert faces.shape[-1] == 32, "wrong size"
        return getattr(self, self.last)(self.body(faces).mean(dim=(2, 3)))


@pytest.fixture
def packages(monkeypatch):
    def create(_name, *, pretrained, in_chans, num_classes):
        assert not pretrained  # nothing is ever fetched
        assert num_classes == 0
        model = Stand(in_chans)
        model.fc = nn.Identity()
        return model

    def get(name, *, weights):
        assert weights is None
        return Stand(3, "classifier" if name == "mobile" else "fc")

    timm = SimpleNamespace(list_models=lambda: ["net"], create_model=create)
    vision = SimpleNamespace(list_models=lambda: ["net", "mobile"], get_model=get)
    monkeypatch.setitem(sys.modules, "timm", timm)
    monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace(models=vision))
    monkeypatch.setitem(sys.modules, "torchvision.models", vision)


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(
    ("name", "channels"),
    [("timm:net", 1), ("torchvision:net", 3), ("torchvision:mobile", 3)],
)
def test_features_are_taken_from_other_networks(name, channels):
    network, width = make_backbone(name, channels, 32)
    assert width == 5
    assert network.training
    assert network(torch.zeros(2, channels, 32, 32)).shape == (2, 5)


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(
    ("name", "channels", "size", "sentence"),
    [
        ("timm:net", 1, 48, "does not take faces of 48 x 48"),
        ("timm:other", 1, 32, "timm has no model other"),
        ("torchvision:other", 3, 32, "torchvision has no model other"),
        ("torchvision:net", 1, 32, "wants colour"),
        ("net", 1, 32, "no backbone net"),
    ],
)
def test_networks_that_do_not_fit(name, channels, size, sentence):
    with pytest.raises(InputError, match=sentence):
        make_backbone(name, channels, size)


def test_a_package_that_does_not_load(monkeypatch):
    def broken(_name):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr("importlib.import_module", broken)
    with pytest.raises(SetupError, match="does not load beside this torch"):
        make_backbone("torchvision:net", 3, 32)
