"""Data augmentation.

Light, blur, noise, a crop that sits a little differently, something before the face,
and the mirror: what other cameras, rooms and detectors will do to a face, done to it
beforehand. All draws come from torch's own generator, which the loop seeds per step.
"""

from dataclasses import dataclass
from math import pi

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

__all__ = ["Augmentation", "augmented", "standardised"]

Faces = Float[Tensor, "b c s s"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How far faces are changed.

    Attributes:
        rotation: Largest turn, in degrees.
        shift: Largest move, as a share of the side.
        scale: Faces are scaled by up to this factor, or one over it.
        shear: Largest shear.
        gamma: Light: exponent from one over this to this.
        shade: Largest difference of light across the face.
        blur_share: Share of faces that are blurred.
        noise: Largest standard deviation of pixel noise, of a range of 1.
        occlusion_share: Share of faces with something before them.
        mirror: Whether half the faces are mirrored.
    """

    rotation: float = 15.0
    shift: float = 0.08
    scale: float = 1.2
    shear: float = 0.1
    gamma: float = 1.6
    shade: float = 0.5
    blur_share: float = 0.2
    noise: float = 0.04
    occlusion_share: float = 0.35
    mirror: bool = True


def standardised(faces: Faces) -> Faces:
    """Each face brought to mean 0 and standard deviation 1, as encoder cards say."""
    mean = faces.mean(dim=(1, 2, 3), keepdim=True)
    spread = faces.std(dim=(1, 2, 3), keepdim=True, correction=0)
    return (faces - mean) / (spread + 1e-5)


def augmented(faces: Faces, how: Augmentation) -> Faces:
    """Faces changed at random.

    Args:
        faces: Pixels in [0, 1].
        how: How far.

    Returns:
        Pixels in [0, 1], in the same shape.
    """
    faces = _moved(faces, how)
    faces = _relit(faces, how)
    faces = _blurred(faces, how.blur_share)
    faces = _occluded(faces, how.occlusion_share)
    level = how.noise * _uniform(faces, 0.0, 1.0)
    return (faces + level * torch.randn_like(faces)).clamp(0, 1)


def _uniform(faces: Faces, low: float, high: float) -> Float[Tensor, "b 1 1 1"]:
    """A number per face."""
    draw = torch.rand(len(faces), 1, 1, 1, device=faces.device)
    return low + (high - low) * draw


def _moved(faces: Faces, how: Augmentation) -> Faces:
    """Turned, scaled, sheared, shifted and mirrored, in one resampling."""

    def draw(reach: float) -> Tensor:
        return _uniform(faces, -reach, reach).flatten()

    turn = draw(how.rotation * pi / 180)
    scale = torch.exp(draw(float(torch.tensor(how.scale).log())))
    shear, across, down = draw(how.shear), draw(2 * how.shift), draw(2 * how.shift)
    mirror = torch.ones_like(turn)
    if how.mirror:
        mirror = torch.where(torch.rand_like(turn) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(turn) * scale, torch.sin(turn) * scale
    rows = [mirror * cos, shear - sin, across, mirror * sin, cos, down]
    matrix = torch.stack(rows, dim=1).reshape(-1, 2, 3)
    grid = functional.affine_grid(matrix, list(faces.shape), align_corners=False)
    return functional.grid_sample(
        faces, grid, padding_mode="border", align_corners=False
    )


def _relit(faces: Faces, how: Augmentation) -> Faces:
    """Another exposure, and light that comes from one side."""
    reach = float(torch.tensor(how.gamma).log())
    faces = faces.clamp(1e-4, 1) ** torch.exp(_uniform(faces, -reach, reach))
    side = torch.linspace(-0.5, 0.5, faces.shape[-1], device=faces.device)
    angle = _uniform(faces, 0.0, 2 * pi)
    ramp = torch.cos(angle) * side + torch.sin(angle) * side[:, None]
    return faces * (1 + _uniform(faces, 0.0, how.shade) * ramp)


def _blurred(faces: Faces, share: float) -> Faces:
    """Some faces as a coarser camera or a badly focused one would show them."""
    side = faces.shape[-1]
    coarse = functional.interpolate(
        functional.avg_pool2d(faces, 3, stride=2, padding=1, count_include_pad=False),
        size=(side, side),
        mode="bilinear",
        align_corners=False,
    )
    mix = _uniform(faces, 0.4, 1.0) * (_uniform(faces, 0.0, 1.0) < share)
    return faces + mix * (coarse - faces)


def _occluded(faces: Faces, share: float) -> Faces:
    """Some faces with an evenly grey rectangle before them, up to a quarter of them."""
    place = torch.arange(faces.shape[-1], device=faces.device) / faces.shape[-1]
    inside = torch.ones_like(faces[:, :1], dtype=torch.bool)
    for axis in (place, place[:, None]):
        low, length = _uniform(faces, -0.2, 1.0), _uniform(faces, 0.1, 0.5)
        inside = inside & (axis >= low) & (axis < low + length)
    inside = inside & (_uniform(faces, 0.0, 1.0) < share)
    return torch.where(inside, _uniform(faces, 0.0, 1.0), faces)
