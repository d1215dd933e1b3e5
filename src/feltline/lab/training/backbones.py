"""Backbones: our small network, or one of timm or torchvision."""

from typing import Any, Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from feltline.errors import InputError, SetupError

__all__ = ["make_backbone"]

STEM: Final = 24
STAGES: Final = ((32, 1), (64, 1), (112, 2), (224, 1))
"""Width and number of blocks of each stage; each halves the side."""

Maps = Float[Tensor, "b _ _ _"]


def make_backbone(name: str, channels: int, size: int) -> tuple[nn.Module, int]:
    """A network from faces (b, channels, s, s) to features (b, width), and its width.

    Args:
        name: `small`, `timm:NAME` or `torchvision:NAME`. The latter start untrained:
            nothing is fetched; `--init-from` takes weights that you have.
        channels: 1 = grey, 3 = colour.
        size: Side of the faces, s.

    Raises:
        InputError: There is no such network, or it does not take such faces.
        SetupError: timm or torchvision is not installed.
    """
    if name == "small":
        return SmallNetwork(channels), STAGES[-1][0]
    package, _, model = name.partition(":")
    if package == "timm" and model:
        network = _from_timm(model, channels)
    elif package == "torchvision" and model:
        network = _from_torchvision(model, channels)
    else:
        raise InputError(
            f"there is no backbone {name}; give small, timm:NAME or torchvision:NAME"
        )
    try:
        with torch.no_grad():
            seen = network.eval()(torch.zeros(1, channels, size, size))
    except (RuntimeError, AssertionError, ValueError) as error:
        raise InputError(
            f"{name} does not take faces of {size} x {size} with {channels} channels "
            f"({error}); give the --size it was made for"
        ) from error
    return network.train(), int(seen.shape[1])


class SmallNetwork(nn.Sequential):
    """Five residual blocks with channel attention: 1.3 M weights, 39 M products.

    Residual blocks after He et al. (2016), squeeze and excitation after Hu et al.
    (2018); nothing in it is slow on a CPU.
    """

    def __init__(self, channels: int) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(channels, STEM, 3, padding=1, bias=False),
            nn.BatchNorm2d(STEM),
            nn.ReLU(),
        ]
        width = STEM
        for wide, blocks in STAGES:
            for block in range(blocks):
                layers.append(_Block(width, wide, stride=2 if block == 0 else 1))
                width = wide
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class _Block(nn.Module):
    """Two convolutions, channel attention, and the way around them."""

    def __init__(self, width: int, wide: int, *, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, wide, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            nn.Conv2d(wide, wide, 3, padding=1, bias=False),
            nn.BatchNorm2d(wide),
        )
        self.attention = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(wide, wide // 4, 1),
            nn.ReLU(),
            nn.Conv2d(wide // 4, wide, 1),
            nn.Sigmoid(),
        )
        self.around: nn.Module = nn.Identity()
        if stride > 1 or width != wide:
            self.around = nn.Sequential(
                nn.AvgPool2d(stride),
                nn.Conv2d(width, wide, 1, bias=False),
                nn.BatchNorm2d(wide),
            )

    def forward(self, maps: Maps) -> Maps:
        found = self.body(maps)
        return torch.relu(found * self.attention(found) + self.around(maps))


def _from_timm(name: str, channels: int) -> nn.Module:
    timm: Any = _installed("timm")
    if name not in timm.list_models():
        raise InputError(f"timm has no model {name}; timm.list_models() lists them")
    model: nn.Module = timm.create_model(
        name, pretrained=False, in_chans=channels, num_classes=0
    )
    return model


def _from_torchvision(name: str, channels: int) -> nn.Module:
    torchvision: Any = _installed("torchvision.models")
    if name not in torchvision.list_models():
        raise InputError(
            f"torchvision has no model {name}; torchvision.models.list_models() "
            f"lists them"
        )
    if channels != 3:
        raise InputError(
            f"torchvision:{name} wants colour; train it with three channels"
        )
    model: nn.Module = torchvision.get_model(name, weights=None)
    # Every classifier of torchvision goes by one of these names.
    for head in ("fc", "classifier", "head", "heads"):
        if hasattr(model, head):
            setattr(model, head, nn.Identity())
            return model
    raise InputError(f"torchvision:{name} has no classifier to take off")


def _installed(package: str) -> Any:  # noqa: ANN401 - optional packages, untyped
    from importlib import import_module

    name = package.partition(".")[0]
    try:
        return import_module(package)
    except ImportError:
        raise SetupError(
            f"this backbone needs {name}: pip install {name}, or use --backbone small"
        ) from None
    except (RuntimeError, OSError) as error:  # built for another torch
        raise SetupError(
            f"{name} is installed but does not load beside this torch ({error}): "
            f"install the build that belongs to it, or use --backbone small"
        ) from error
