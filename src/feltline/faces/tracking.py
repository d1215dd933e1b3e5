"""Follow faces through a video: search now and then, track in between.

A steady face costs one mesh call per frame: the region is the mesh of the frame before.
The detector runs at the first frame, twice a second, after a shot cut, and in every
frame while a face is missing. What it finds is matched with the faces lost within the
last second by place and descriptor (Hungarian method); what matches none is a new face.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float32, UInt8

from feltline.faces.align import aligned_crop, face_box
from feltline.faces.mesh import MeshModel, region_of_mesh
from feltline.faces.quality import DESCRIPTOR_SIZE, face_descriptor, quality_of
from feltline.faces.shots import ShotDetector
from feltline.settings import MAX_FACES
from feltline.types import FaceDetector

__all__ = ["Crowd", "FaceDetection", "FaceTracker"]

SEARCH_S: Final = 0.5
"""How often to search for further faces while all known ones are in view."""
GAP_S: Final = 1.0
"""How long a face may be out of sight and still be the same face; never less than two
and a half steps between the frames given."""
SAME_FACE_OVERLAP: Final = 0.4
"""Overlap (intersection over union) from which two boxes are one face."""
LEAST_LIKENESS: Final = 0.25
"""Correlation of descriptors below which a tracked region holds somebody else."""
MOST_COST: Final = 0.75
"""Highest cost of picking up a lost face: 1 - overlap / 2 - correlation / 2. The same
place and descriptor cost 0, the same descriptor elsewhere 0.5."""
_DESCRIPTOR_MEMORY: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Frames in which more faces were in view than are followed.

    Attributes:
        max_faces: How many are followed at once.
        frames: Frames with more of them. Further faces are looked for twice a second,
            and taken to be in view till the next look.
        most: Most faces in view at once.
    """

    max_faces: int
    frames: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceDetection:
    """One face in one frame.

    Attributes:
        track_id: Which face of the video it is, from 0 in order of appearance.
        mesh: Its mesh in pixels.
        quality: How well it can be judged, in [0, 1].
        descriptor: A tiny normalised picture, averaged over the track.
        time_s: When it was seen.
    """

    track_id: int
    mesh: Float32[np.ndarray, "478 3"]
    quality: float
    descriptor: Float32[np.ndarray, " l"]
    time_s: float


def overlap(a: Float32[np.ndarray, " 4"], b: Float32[np.ndarray, " 4"]) -> float:
    """Intersection over union of two boxes."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    if (sides <= 0).any():
        return 0.0
    shared = float(sides.prod())
    area_a, area_b = float((a[2:] - a[:2]).prod()), float((b[2:] - b[:2]).prod())
    return shared / (area_a + area_b - shared)


class FaceTracker:
    """Turns frames, in order, into detections of numbered faces."""

    def __init__(
        self,
        detector: FaceDetector,
        mesh_model: MeshModel,
        *,
        max_faces: int = MAX_FACES,
    ) -> None:
        """Start before the first frame.

        Args:
            detector: Finds faces in a whole frame.
            mesh_model: Finds the mesh in a region.
            max_faces: How many faces to follow at once, best detected first.
        """
        self._detector, self._mesh_model = detector, mesh_model
        self._max_faces = max_faces
        self._cuts = ShotDetector()
        self._faces: list[FaceDetection] = []
        self._next_id = 0
        self._searched_s = -np.inf
        self._time_s = -np.inf
        self.crowd = Crowd(max_faces=max_faces)
        self._n_beyond, self._counted_s = 0, -np.inf

    def step(
        self, rgb: UInt8[np.ndarray, "h w 3"], time_s: float
    ) -> list[FaceDetection]:
        """Detections in the next frame, whose time is later, by track number."""
        interval_s = time_s - self._time_s if np.isfinite(self._time_s) else 0.0
        gap_s = max(GAP_S, 2.5 * interval_s)
        self._time_s = time_s
        if self._cuts.is_cut(rgb):
            self._faces = []
            self._searched_s = self._counted_s = -np.inf
        seen, lost = self._follow(rgb, time_s)
        lost = [face for face in lost if time_s - face.time_s <= gap_s]
        if self._must_search(seen, lost):
            self._searched_s = time_s
            seen, lost = self._search(rgb, time_s, seen, lost)
        self._count_crowd(rgb, seen)
        self._faces = sorted([*seen, *lost], key=lambda face: face.track_id)
        return sorted(seen, key=lambda face: face.track_id)

    def _count_crowd(
        self, rgb: UInt8[np.ndarray, "h w 3"], seen: Sequence[FaceDetection]
    ) -> None:
        """Count the frame if there are more faces in it than are followed."""
        if len(seen) < self._max_faces:
            self._n_beyond, self._counted_s = 0, -np.inf
        elif self._time_s - self._counted_s >= SEARCH_S:
            self._n_beyond, self._counted_s = len(self._fresh(rgb, seen)), self._time_s
        if self._n_beyond:
            self.crowd = replace(
                self.crowd,
                frames=self.crowd.frames + 1,
                most=max(self.crowd.most, len(seen) + self._n_beyond),
            )

    def _must_search(
        self, seen: Sequence[FaceDetection], lost: Sequence[FaceDetection]
    ) -> bool:
        if len(seen) >= self._max_faces:
            return False
        due = self._time_s - self._searched_s >= SEARCH_S
        return due or bool(lost) or not seen

    def _follow(
        self, rgb: UInt8[np.ndarray, "h w 3"], time_s: float
    ) -> tuple[list[FaceDetection], list[FaceDetection]]:
        """Look for each face where it was; split the known faces into seen and lost."""
        seen: list[FaceDetection] = []
        lost: list[FaceDetection] = []
        for face in self._faces:
            now = None
            if face.time_s == self._last_seen_s():
                mesh = self._mesh_model.mesh(rgb, region_of_mesh(face.mesh))
                now = self._detection_in(rgb, mesh, time_s, like=face)
            if now is None:
                lost.append(face)
            # The older track keeps a face seen twice.
            elif not _is_one_of(face_box(now.mesh), seen):
                seen.append(now)
        return seen, lost

    def _last_seen_s(self) -> float:
        """When the faces in view were last seen; lost faces are older."""
        return max(face.time_s for face in self._faces)

    def _search(
        self,
        rgb: UInt8[np.ndarray, "h w 3"],
        time_s: float,
        seen: list[FaceDetection],
        lost: list[FaceDetection],
    ) -> tuple[list[FaceDetection], list[FaceDetection]]:
        """Detect faces not in view yet; match them with lost ones, or number them."""
        fresh = self._fresh(rgb, seen)
        matched, n_followed = match_lost(fresh, lost), len(seen)
        for index, found in enumerate(fresh):
            if len(seen) >= self._max_faces:
                break
            if index in matched:
                track_id = lost[matched[index]].track_id
            else:
                track_id = self._next_id
                self._next_id += 1
            seen.append(replace(found, track_id=track_id))
        self._n_beyond = len(fresh) - (len(seen) - n_followed)
        self._counted_s = time_s
        back = {face.track_id for face in seen}
        return seen, [face for face in lost if face.track_id not in back]

    def _fresh(
        self, rgb: UInt8[np.ndarray, "h w 3"], seen: Sequence[FaceDetection]
    ) -> list[FaceDetection]:
        """Faces in the frame that are not in view yet, without a track."""
        fresh: list[FaceDetection] = []
        for box in self._detector.detect(rgb).box_xyxy:
            if _is_one_of(box, seen):  # known already: spare its two mesh calls
                continue
            found = self._detection_in(
                rgb, self._mesh_model.mesh_in_box(rgb, box), self._time_s
            )
            if found is None or _is_one_of(face_box(found.mesh), [*seen, *fresh]):
                continue
            fresh.append(found)
        return fresh

    def _detection_in(
        self,
        rgb: UInt8[np.ndarray, "h w 3"],
        mesh: Float32[np.ndarray, "478 3"] | None,
        time_s: float,
        like: FaceDetection | None = None,
    ) -> FaceDetection | None:
        """A detection of this mesh; None if it is no face or not the one expected."""
        if mesh is None:
            return None
        crop = aligned_crop(rgb, mesh, DESCRIPTOR_SIZE)
        descriptor = face_descriptor(crop)
        track_id = -1
        if like is not None:
            if float(descriptor @ like.descriptor) < LEAST_LIKENESS:
                return None
            track_id = like.track_id
            descriptor = (
                1 - _DESCRIPTOR_MEMORY
            ) * like.descriptor + _DESCRIPTOR_MEMORY * descriptor
            descriptor /= max(float(np.linalg.norm(descriptor)), 1e-6)
        return FaceDetection(
            track_id=track_id,
            mesh=mesh,
            quality=quality_of(mesh, crop),
            descriptor=descriptor,
            time_s=time_s,
        )

    def state(self) -> dict[str, np.ndarray]:
        """All that the next step depends on, as plain arrays (to resume later)."""
        faces, small = self._faces, self._cuts.small
        return {
            "track_id": np.array([f.track_id for f in faces], np.int64),
            "mesh": np.array([f.mesh for f in faces], np.float32).reshape(-1, 478, 3),
            "quality": np.array([f.quality for f in faces], np.float64),
            "descriptor": np.array([f.descriptor for f in faces], np.float32),
            "seen_s": np.array([f.time_s for f in faces], np.float64),
            "small": np.zeros((0, 0, 3), np.float32) if small is None else small,
            "clock": np.array(
                [self._time_s, self._searched_s, self._cuts.usual, self._next_id]
            ),
            "crowd": np.array(
                [self._n_beyond, self._counted_s, self.crowd.frames, self.crowd.most]
            ),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from `state()`: the next steps come out as if never interrupted."""
        self._faces = [
            FaceDetection(
                track_id=int(state["track_id"][i]),
                mesh=state["mesh"][i],
                quality=float(state["quality"][i]),
                descriptor=state["descriptor"][i],
                time_s=float(state["seen_s"][i]),
            )
            for i in range(len(state["track_id"]))
        ]
        self._cuts.small = state["small"] if state["small"].size else None
        self._time_s, self._searched_s, self._cuts.usual = map(
            float, state["clock"][:3]
        )
        self._next_id = int(state["clock"][3])
        if "crowd" in state:  # parts of a former version lack it
            beyond, self._counted_s, frames, most = map(float, state["crowd"])
            self._n_beyond = int(beyond)
            self.crowd = replace(self.crowd, frames=int(frames), most=int(most))


def _is_one_of(box: Float32[np.ndarray, " 4"], faces: Sequence[FaceDetection]) -> bool:
    """Whether a detected box is one of these faces, by place."""
    return any(overlap(box, face_box(f.mesh)) > SAME_FACE_OVERLAP for f in faces)


def match_lost(
    fresh: Sequence[FaceDetection], lost: Sequence[FaceDetection]
) -> dict[int, int]:
    """Which fresh detection is which lost face: position in `fresh` to one in `lost`.

    The pairing of lowest total cost (Hungarian method); pairs above `MOST_COST` fall
    away.
    """
    if not fresh or not lost:
        return {}
    from scipy.optimize import linear_sum_assignment

    cost = np.array([[_cost(f, other) for other in lost] for f in fresh])
    rows, columns = linear_sum_assignment(cost)
    return {
        int(i): int(j)
        for i, j in zip(rows, columns, strict=True)
        if cost[i, j] <= MOST_COST
    }


def _cost(a: FaceDetection, b: FaceDetection) -> float:
    shared = overlap(face_box(a.mesh), face_box(b.mesh))
    return 1.0 - shared / 2 - float(a.descriptor @ b.descriptor) / 2
