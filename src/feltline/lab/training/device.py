"""Devices and precision: CPU, one GPU, several, or several nodes under `torchrun`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

from feltline.errors import SetupError

if TYPE_CHECKING:
    from lightning_fabric import Fabric

__all__ = ["Device", "is_narrow", "start"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where to compute.

    Attributes:
        accelerator: `auto` takes a GPU where there is one.
        devices: How many, on each machine.
        nodes: How many machines, under `torchrun`.
        precision: `auto` = bfloat16 where the hardware multiplies it.
    """

    accelerator: Literal["auto", "cpu", "cuda"] = "auto"
    devices: int = 1
    nodes: int = 1
    precision: Literal["auto", "32", "bf16"] = "auto"


def start(device: Device) -> "Fabric":
    """The device, ready to train on.

    Raises:
        SetupError: It is not there.
    """
    from lightning_fabric import Fabric

    if device.accelerator == "cuda" and not torch.cuda.is_available():
        raise SetupError(
            "a GPU was asked for, but torch sees none: check the driver and that torch "
            "is a CUDA build, or use --device cpu"
        )
    on_gpu = device.accelerator != "cpu" and torch.cuda.is_available()
    there = torch.cuda.device_count() if on_gpu else device.devices
    if device.devices > there:
        raise SetupError(
            f"{device.devices} GPUs were asked for, but torch sees {there}; lower "
            f"--devices"
        )
    fabric = Fabric(
        accelerator="cuda" if on_gpu else "cpu",
        devices=device.devices,
        num_nodes=device.nodes,
    )
    fabric.launch()
    return fabric


def is_narrow(asked: Device, device: torch.device) -> bool:
    """Whether to multiply in bfloat16."""
    if asked.precision != "auto":
        return asked.precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())
