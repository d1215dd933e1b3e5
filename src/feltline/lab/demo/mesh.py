"""The face mesh of the demo portrait and its triangulation.

Point numbers are those of MediaPipe's face mesh. "Left" and "right" are those of the
picture: the left half of the image holds the person's own right side.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from feltline.errors import SetupError
from feltline.faces.detect import FullRangeDetector
from feltline.faces.mesh import MeshModel, load_mediapipe

__all__ = ["FaceShape", "find_face", "load_photo"]

# The outline of the face, clockwise from the middle of the hair line.
OVAL: Final = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378),
    *(400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21),
    *(54, 103, 67, 109),
)
# The part of the outline that hangs on the jaw, and so follows it.
JAW: Final = (365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136)
# The chin proper, below the lower lip.
CHIN: Final = (18, 83, 313, 200, 201, 421, 199, 208, 428, 175, 171, 396)

# Lips from the left corner to the right one; rows of one lip match point by point.
# The outer corners belong to the first and last column of both lips.
UPPER_OUTER: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
UPPER_INNER: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LOWER_OUTER: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)

# Edges of the lids from the left corner of each eye to the right one.
LEFT_UPPER_LID: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133)
LEFT_LOWER_LID: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133)
RIGHT_UPPER_LID: Final = (362, 398, 384, 385, 386, 387, 388, 466, 263)
RIGHT_LOWER_LID: Final = (362, 382, 381, 380, 374, 373, 390, 249, 263)
EYES: Final = (
    (LEFT_UPPER_LID, LEFT_LOWER_LID),
    (RIGHT_UPPER_LID, RIGHT_LOWER_LID),
)

# Brows from the nose outwards, the upper edge and the lower edge.
LEFT_BROW_TOP: Final = (107, 66, 105, 63, 70)
LEFT_BROW_LOW: Final = (55, 65, 52, 53, 46)
RIGHT_BROW_TOP: Final = (336, 296, 334, 293, 300)
RIGHT_BROW_LOW: Final = (285, 295, 282, 283, 276)

# The apple of each cheek, which a smile lifts.
CHEEKS: Final = (50, 205, 36, 280, 425, 266)
# Bridge, tip and foot of the nose: points that no expression here moves.
NOSE: Final = (6, 197, 195, 5, 4, 1, 19, 94, 2, 168, 122, 351, 98, 327)
# The sunken skin right under the eyes, which stays while the lids move.
UNDER_EYES: Final = (119, 120, 121, 348, 349, 350)

_MESH_POINTS: Final = 468
_RING_SCALE: Final = 1.28  # how far outside the outline the still skin begins


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceShape:
    """A face mesh in one picture, with a ring of still points around it.

    Attributes:
        points: Mesh points, then one ring point per point of `OVAL`, in pixels.
        depth: How far each point stands out towards the viewer, in pixels; 0 on the
            outline and beyond.
        triangles: Point numbers of the skin's triangles; eyes and mouth are holes.
    """

    points: Float32[np.ndarray, "p 2"]
    depth: Float32[np.ndarray, " p"]
    triangles: Int64[np.ndarray, "t 3"]

    @property
    def center(self) -> Float32[np.ndarray, " 2"]:
        """Middle of the face's outline in pixels."""
        oval = self.points[list(OVAL)]
        return np.asarray((oval.min(axis=0) + oval.max(axis=0)) / 2, np.float32)

    @property
    def height(self) -> float:
        """Hair line to chin in pixels: the unit of every movement."""
        return float(np.ptp(self.points[list(OVAL), 1]))

    @property
    def roll(self) -> float:
        """In-plane tilt of the line through the outer eye corners, in radians."""
        across = self.points[263] - self.points[33]
        return float(np.arctan2(across[1], across[0]))


def load_photo() -> UInt8[np.ndarray, "512 512 3"]:
    """scikit-image's `astronaut` (NASA, public domain; it comes inside the wheel).

    Raises:
        SetupError: scikit-image is not installed.
    """
    try:
        import skimage.data
    except ImportError as error:
        raise SetupError(
            "the demo portrait comes with scikit-image, which is not installed; run: "
            "pip install 'feltline[faces]'"
        ) from error
    photo: UInt8[np.ndarray, "512 512 3"] = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    return photo


def find_face(rgb: UInt8[np.ndarray, "h w 3"]) -> FaceShape:
    """Find the one face of a picture with MediaPipe's face mesh.

    Raises:
        SetupError: MediaPipe is not installed, or it finds no face (a broken install,
            since the picture is always the same).
    """
    package = load_mediapipe()
    model = MeshModel()
    boxes = FullRangeDetector().detect(rgb).box_xyxy
    mesh = model.mesh_in_box(rgb, boxes[0]) if len(boxes) else None
    model.close()
    if mesh is None:
        raise SetupError(
            "MediaPipe found no face in the demo portrait, which it should; reinstall "
            "it with: pip install --force-reinstall 'feltline[faces]'"
        )
    triangles = package.solutions.face_mesh.FACEMESH_TESSELATION
    return _with_ring(mesh[:_MESH_POINTS], triangles)


def _with_ring(
    xyz: Float32[np.ndarray, "q 3"], edges: frozenset[tuple[int, int]]
) -> FaceShape:
    """Close the mesh with a ring of points around the face that never move."""
    oval = xyz[list(OVAL), :2]
    center = (oval.min(axis=0) + oval.max(axis=0)) / 2
    ring = center + _RING_SCALE * (oval - center)
    first, count = len(xyz), len(OVAL)
    band = []
    for i, j in zip(range(count), (*range(1, count), 0), strict=True):
        band += [(OVAL[i], OVAL[j], first + i), (OVAL[j], first + j, first + i)]
    radii = np.ptp(oval, axis=0) / 2
    inside = 1 - (((xyz[:, :2] - center) / radii) ** 2).sum(axis=1).clip(0, 1)
    depth = (xyz[list(OVAL), 2].mean() - xyz[:, 2]).clip(0, None) * np.sqrt(inside)
    return FaceShape(
        points=np.concatenate([xyz[:, :2], ring]).astype(np.float32),
        depth=np.concatenate([depth, np.zeros(count)]).astype(np.float32),
        triangles=np.concatenate([_triangles(edges), np.array(band)]),
    )


def _triangles(edges: frozenset[tuple[int, int]]) -> Int64[np.ndarray, "t 3"]:
    """The triangles of a triangulation that is given by its edges alone.

    Three points that are joined pairwise are a triangle, unless they enclose others:
    then each of their edges has a further triangle on either side.
    """
    around: dict[int, set[int]] = {}
    for a, b in edges:
        around.setdefault(a, set()).add(b)
        around.setdefault(b, set()).add(a)
    cliques = set()
    for edge in edges:
        for other in around[edge[0]] & around[edge[1]]:
            a, b, c = sorted((*edge, other))
            cliques.add((a, b, c))
    uses: dict[tuple[int, int], int] = {}
    for a, b, c in cliques:
        for edge in ((a, b), (b, c), (a, c)):
            uses[edge] = uses.get(edge, 0) + 1
    kept = [
        (a, b, c) for a, b, c in cliques if min(uses[a, b], uses[b, c], uses[a, c]) < 3
    ]
    return np.array(sorted(kept), np.int64)
