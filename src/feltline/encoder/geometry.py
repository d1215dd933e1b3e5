"""The geometry encoder: the shape of the face, freed of pose, place and size.

Each mesh is laid onto a canonical face by Procrustes analysis over points that no
expression moves, and what is left is written in the smoothest modes of the mesh's
triangulation. It needs no weights, so it always works; it has no zero-shot prediction
of valence and arousal (NaN).
"""

import hashlib
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from feltline.npy import load_arrays
from feltline.types import EXPRESSIONS, Embeddings, FaceBatch

__all__ = ["RIGID", "GeometryEncoder", "procrustes"]

RIGID: Final = (
    *(151, 9, 8, 10, 109, 338, 54, 284),  # forehead
    *(168, 6, 197, 195, 5, 4),  # bridge and tip of the nose
    *(33, 133, 362, 263),  # corners of the eyes
    *(127, 234, 356, 454),  # temples
)
"""Mesh points that stay put when the expression changes."""
_RIGID_BYTES: Final = np.array(RIGID, np.int32).tobytes()


def procrustes(
    mesh: Float[np.ndarray, "b v 3"], shape: Float[np.ndarray, "v 3"]
) -> Float[np.ndarray, "b v 3"]:
    """Lay each mesh onto `shape`: shift, scale and rotate it by its rigid points.

    The rotation is the orthogonal Procrustes solution without reflection (Kabsch 1976);
    the scale makes the rigid points spread as far as those of `shape`.
    """
    rigid = list(RIGID)
    goal = shape[rigid] - shape[rigid].mean(axis=0)
    centre = mesh[:, rigid].mean(axis=1, keepdims=True)
    points = mesh[:, rigid] - centre
    u, _, vt = np.linalg.svd(np.swapaxes(points, 1, 2) @ goal)
    u[:, :, 2] *= np.sign(np.linalg.det(u @ vt))[:, None]
    spread = np.sqrt((points**2).sum(axis=(1, 2), keepdims=True))
    scale = np.sqrt((goal**2).sum()) / np.maximum(spread, 1e-9)
    return np.asarray((mesh - centre) @ (u @ vt) * scale)


@cache
def _reference() -> tuple[Float32[np.ndarray, "v 3"], Float32[np.ndarray, "v m"], str]:
    """Canonical shape, modes, and the hash that names them."""
    file = resources.files("feltline.encoder") / "geometry.npz"
    with resources.as_file(file) as path:
        arrays = load_arrays(path)
    shape, modes = arrays["shape"], arrays["modes"]
    digest = hashlib.sha256(shape.tobytes() + modes.tobytes() + _RIGID_BYTES)
    return shape, modes, digest.hexdigest()[:12]


class GeometryEncoder:
    """Pose-normalised low-rank coordinates of the face mesh, (b, 96).

    Units: distances between the outer corners of the eyes.
    """

    crop_size: Final = 0
    crop_margin: Final = 0.0
    crop_lift: Final = 0.0

    def __init__(self) -> None:
        self._shape, self._modes, digest = _reference()
        self.encoder_id = f"geometry-{digest}"

    def encode(self, faces: FaceBatch) -> Embeddings:
        """Coordinates of a batch of meshes, in its order."""
        n, points = len(faces.mesh), len(self._shape)
        aligned = procrustes(faces.mesh[:, :points], self._shape) - self._shape
        vector = (self._modes.T @ aligned).reshape(n, 3 * self._modes.shape[1])
        return Embeddings(
            encoder_id=self.encoder_id,
            vector=vector.astype(np.float32),
            zero_shot_value=np.full((n, 2), np.nan, np.float32),
            zero_shot_expression=np.full((n, len(EXPRESSIONS)), np.nan, np.float32),
        )
