"""Make `src/feltline/encoder/geometry.npz`: the geometry encoder's frame of reference.

    python tools/make_geometry.py src/feltline/encoder/geometry.npz

The canonical shape is the mesh of one public-domain portrait (scikit-image's
astronaut), made symmetric. The low-rank coordinates are the smoothest eigenvectors of
the graph Laplacian of MediaPipe's triangulation. Nothing in it is trained. It is kept
as a file, not computed when needed, because the signs of eigenvectors differ from one
linear-algebra library to the next, and embeddings must not.
"""

import sys
from pathlib import Path

import mediapipe as mp
import numpy as np
import skimage.data
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from feltline.encoder.geometry import RIGID, procrustes
from feltline.faces.detect import FullRangeDetector
from feltline.faces.mesh import MeshModel

N_POINTS = 468
N_MODES = 32
OUTER_EYE_CORNERS = (33, 263)


def portrait_mesh() -> np.ndarray:
    """The portrait's mesh, (468, 3) pixels."""
    rgb = np.ascontiguousarray(skimage.data.astronaut())
    model = MeshModel()
    box = FullRangeDetector().detect(rgb).box_xyxy[0]
    mesh = model.mesh_in_box(rgb, box)
    return mesh[:N_POINTS].astype(np.float64)


def symmetric(mesh: np.ndarray) -> np.ndarray:
    """The mean of a face and its mirror image, its outer eye corners 1 apart."""
    shape = mesh - mesh.mean(axis=0)
    mirror = [-1.0, 1.0, 1.0]
    _, pair = linear_sum_assignment(cdist(shape * mirror, shape))
    flipped = (mesh * mirror)[pair]
    for _ in range(10):
        shape = (shape + procrustes(flipped[None], shape)[0]) / 2
        shape -= shape[list(RIGID)].mean(axis=0)
    right, left = OUTER_EYE_CORNERS
    return shape / np.linalg.norm(shape[left] - shape[right])


def smooth_modes() -> np.ndarray:
    """The smoothest eigenvectors of the mesh's graph Laplacian, (468, N_MODES)."""
    edges = np.array(sorted(mp.solutions.face_mesh.FACEMESH_TESSELATION))
    adjacent = np.zeros((N_POINTS, N_POINTS))
    adjacent[edges[:, 0], edges[:, 1]] = adjacent[edges[:, 1], edges[:, 0]] = 1
    _, modes = np.linalg.eigh(np.diag(adjacent.sum(axis=1)) - adjacent)
    return modes[:, :N_MODES]


def main() -> None:
    """Write the file."""
    np.savez(
        Path(sys.argv[1]),
        shape=symmetric(portrait_mesh()).astype(np.float32),
        modes=smooth_modes().astype(np.float32),
    )


if __name__ == "__main__":
    main()
