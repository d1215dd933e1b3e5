"""Mesh deformation by facial actions.

The photograph shows a broad smile, so every other expression is built by first letting
that smile go (`relax`, `close`) and then adding movements. A movement is given for a
few points (lips, lids, brows); the rest of the skin follows by minimising its bending
over the mesh, so that the two lips, which only meet at the corners, move apart freely.
"""

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64

from feltline.lab.demo import mesh
from feltline.lab.demo.actions import ACTIONS
from feltline.lab.demo.mesh import FaceShape

__all__ = ["movements"]

_Moves = dict[int, Float64[np.ndarray, " 2"]]
"""Displacement of points: right and down along the face, in face heights."""

_BROWS: Final = (
    (mesh.LEFT_BROW_TOP, mesh.LEFT_BROW_LOW, 1.0),
    (mesh.RIGHT_BROW_TOP, mesh.RIGHT_BROW_LOW, -1.0),
)  # the third entry is the direction of the nose
_LIPS: Final = (
    mesh.UPPER_OUTER,
    mesh.UPPER_INNER,
    mesh.LOWER_INNER,
    mesh.LOWER_OUTER,
)


def movements(face: FaceShape) -> Float32[np.ndarray, "11 p 2"]:
    """Displacement in pixels of every point of the face per unit of each action."""
    local = _face_frame(face)
    makers: dict[str, Callable[[Float64[np.ndarray, "p 2"]], _Moves]] = {
        "relax": _relax,
        "close": _close,
        "frown": lambda _: _frown(),
        "open": lambda _: _open(),
        "raise": lambda _: _brows(up=(0.05, 0.06, 0.06, 0.05, 0.035)),
        "furrow": lambda _: _brows(
            up=(-0.042, -0.036, -0.024, -0.012, -0.004), inward=0.022
        ),
        "grieve": lambda _: _brows(
            up=(0.055, 0.038, 0.008, -0.012, -0.02), inward=0.012
        ),
        "widen": lambda p: _lids(p, -0.30, 0.08),
        "droop": lambda p: _lids(p, 0.42, -0.02),
        "blink": lambda p: _lids(p, 0.88, -0.1),
    }
    spread = _Spreader(face)
    fields = [spread(makers[name](local)) for name in ACTIONS[:-1]]
    turn = np.stack([face.depth * 0.16, np.zeros_like(face.depth)], axis=1)
    turned = np.array(fields) @ _rotation(face.roll).T * face.height
    return np.asarray(np.concatenate([turned, turn[None]]), np.float32)


def _rotation(angle: float) -> Float64[np.ndarray, "2 2"]:
    """Matrix that turns column vectors by `angle` radians."""
    return np.array(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float64
    )


def _face_frame(face: FaceShape) -> Float64[np.ndarray, "p 2"]:
    """Points upright, around the middle of the mouth, in face heights."""
    middle = face.points[list(mesh.UPPER_INNER + mesh.LOWER_INNER)].mean(axis=0)
    upright = (face.points - middle).astype(np.float64) @ _rotation(face.roll)
    return np.asarray(upright / face.height, np.float64)


def _mouth(
    local: Float64[np.ndarray, "p 2"], width: float, bend: float, lips: float
) -> _Moves:
    """Points of a closed mouth whose line is a parabola.

    Args:
        local: Points in the face's frame.
        width: Of the mouth, relative to the photograph's.
        bend: How far the corners are above the middle: 1 as photographed, 0 level.
        lips: Thickness of the lips, relative to the photograph's.
    """
    line = float(local[14, 1]) * 0.55 + float(local[13, 1]) * 0.45
    rise = bend * (float(local[[78, 308], 1].mean()) - line)
    half = float(np.ptp(local[[78, 308], 0])) / 2
    target: _Moves = {}
    for upper, lower in zip(mesh.UPPER_INNER, mesh.LOWER_INNER, strict=True):
        x = float(local[[upper, lower], 0].mean())
        y = line + rise * min(1.0, (x / half) ** 2)
        target[upper] = target[lower] = np.array([x * width, y])
    for outer, inner in (
        (mesh.UPPER_OUTER, mesh.UPPER_INNER),
        (mesh.LOWER_OUTER, mesh.LOWER_INNER),
    ):
        for out, into in zip(outer, inner, strict=True):
            target[out] = target[into] + (local[out] - local[into]) * [width, lips]
    return target


def _close(local: Float64[np.ndarray, "p 2"]) -> _Moves:
    """Lips meet; corners stay where the smile put them."""
    closed = _mouth(local, 1.0, 1.0, 1.15)
    return {i: at - local[i] for i, at in closed.items()}


def _relax(local: Float64[np.ndarray, "p 2"]) -> _Moves:
    """From the closed smile to a flat mouth; cheeks sink and the lower lids relax."""
    smile = _mouth(local, 1.0, 1.0, 1.15)
    flat = _mouth(local, 0.8, 0.1, 1.35)
    moves = {i: flat[i] - at for i, at in smile.items()}
    moves |= {i: np.array([0.0, 0.022]) for i in mesh.CHEEKS}
    return moves | _lids(local, -0.04, 0.06)


def _frown() -> _Moves:
    """Corners of the mouth down, its middle and the chin slightly up."""
    moves: _Moves = {}
    for row in _LIPS:
        for i, t in zip(row, np.linspace(-1, 1, len(row)), strict=True):
            moves[i] = np.array([0.008 * t, -0.014 + 0.062 * abs(t) ** 1.8])
    return moves | {i: np.array([0.0, -0.014]) for i in mesh.CHIN[:3]}


def _open() -> _Moves:
    """The jaw drops with lower lip and chin; corners come in a little."""
    moves: _Moves = {}
    rows = (
        (mesh.UPPER_OUTER, -0.012),
        (mesh.UPPER_INNER, -0.016),
        (mesh.LOWER_OUTER, 0.10),
        (mesh.LOWER_INNER, 0.11),
    )
    for row, drop in rows:
        for i, t in zip(row, np.linspace(-1, 1, len(row)), strict=True):
            moves[i] = np.array([-0.014 * t, 0.012 + (drop - 0.012) * (1 - t**2)])
    moves |= {i: np.array([0.0, 0.085]) for i in mesh.CHIN}
    jaw = zip(mesh.JAW, np.linspace(-1, 1, len(mesh.JAW)), strict=True)
    return moves | {i: np.array([0.0, 0.055 * (1 - t**2)]) for i, t in jaw}


def _brows(up: Iterable[float], inward: float = 0.0) -> _Moves:
    """Brows by their lift from the inner to the outer end, and the pull to the nose."""
    moves: _Moves = {}
    for top, low, nose in _BROWS:
        for i, j, rise, pull in zip(top, low, up, np.linspace(1, 0, 5), strict=True):
            moves[i] = moves[j] = np.array([nose * inward * pull, -rise])
    return moves


def _lids(local: Float64[np.ndarray, "p 2"], upper: float, lower: float) -> _Moves:
    """Lids moved down by shares of the eye's opening at each place."""
    moves: _Moves = {}
    for top, low in mesh.EYES:
        for i, j in zip(top, low, strict=True):
            gap = local[j, 1] - local[i, 1]
            moves[i] = np.array([0.0, upper * gap])
            moves[j] = np.array([0.0, lower * gap])
    return moves


class _Spreader:
    """Carries movements of a few points to the whole skin with the least bending."""

    def __init__(self, face: FaceShape) -> None:
        count = len(face.points)
        laplacian = np.zeros((count, count))
        for triangle in face.triangles:
            for a, b in zip(triangle, np.roll(triangle, 1), strict=True):
                near = 1 / max(float(np.hypot(*(face.points[a] - face.points[b]))), 0.3)
                laplacian[a, b] = laplacian[b, a] = -near
        laplacian -= np.diag(laplacian.sum(axis=1))
        laplacian /= np.diag(laplacian)[:, None]
        self._bending = laplacian.T @ laplacian
        rows = (*_LIPS, *_BROWS[0][:2], *_BROWS[1][:2], *mesh.EYES[0], *mesh.EYES[1])
        self._still = {*mesh.OVAL, *mesh.NOSE, *mesh.UNDER_EYES, *range(468, count)}
        self._still |= {i for row in rows for i in row}

    def __call__(self, moves: _Moves) -> Float64[np.ndarray, "p 2"]:
        """Displacement of all points, given that of some; the anchors stay."""
        field = np.zeros((len(self._bending), 2))
        known = np.array(sorted(self._still | set(moves)))
        for i, by in moves.items():
            field[i] = by
        free = np.setdiff1d(np.arange(len(field)), known)
        pull = self._bending[np.ix_(free, known)] @ field[known]
        field[free] = np.linalg.solve(self._bending[np.ix_(free, free)], -pull)
        return field
