"""What extraction is asked for, where its results are kept, and its resumable parts."""

import hashlib
import json
import logging
import os
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64

from feltline.atomic import replacing
from feltline.errors import SetupError
from feltline.faces import FullRangeDetector, PreCropped
from feltline.formats import FacesOfVideo
from feltline.npy import load_arrays
from feltline.project.feature_arrays import FACE_COLUMNS
from feltline.project.feature_files import LAYOUT, FeatureFile
from feltline.settings import ENCODER, MAX_FACES
from feltline.types import Embeddings, FaceTrack
from feltline.video import EVERY_FRAME, FrameSampling

__all__ = [
    "DetectionRows",
    "ExtractOptions",
    "Extraction",
    "ExtractionParts",
    "faces_of",
    "feature_folder",
    "feature_key",
    "min_track_s",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractOptions:
    """What to look at in a video.

    Attributes:
        every: Which frames.
        start_s: From this time on, in seconds; None = from the first frame.
        end_s: Up to, not including, this time; None = to the end.
        max_faces: How many faces to follow at once.
        encoder: Names of encoders joined by `+`, or the path of an encoder card.
        cropped: Whether each picture is one face already (folders of crops).
        image_rate_hz: Assumed rate of a folder of pictures.
    """

    every: FrameSampling = EVERY_FRAME
    start_s: float | None = None
    end_s: float | None = None
    max_faces: int = MAX_FACES
    encoder: str = ENCODER
    cropped: bool = False
    image_rate_hz: float = 25.0


def feature_folder(
    root: Path, content_hash: str, encoder_id: str, options: ExtractOptions
) -> Path:
    """Where the feature file of a video lies: `root/<content_hash>/<key>`.

    The key is that of `feature_key`.
    """
    return root / content_hash / feature_key(encoder_id, options)


def feature_key(encoder_id: str, options: ExtractOptions) -> str:
    """A hash of encoder, detector, options and layout."""
    asked = {**asdict(options), "every": str(options.every), "layout": LAYOUT}
    asked["encoder"] = encoder_id
    detector = PreCropped if options.cropped else FullRangeDetector
    text = json.dumps([asked, detector.detector_id], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, kw_only=True, eq=False)
class Extraction:
    """The faces of one video, for a command without a project.

    Attributes:
        path: Where the video lies.
        features: What was found in it.
        reused: Whether that was there already.
    """

    path: Path
    features: FeatureFile
    reused: bool

    @property
    def video_id(self) -> str:
        """Name of the video within the command."""
        return self.features.video_id

    @property
    def tracks(self) -> tuple[FaceTrack, ...]:
        """The faces found, by number."""
        return self.features.tracks

    @cached_property
    def embeddings(self) -> tuple[Embeddings, ...]:
        """Their embeddings, in the order of `tracks`; read when first asked for."""
        return tuple(self.features.embeddings_of(t.track_id) for t in self.tracks)

    @property
    def looked_at_s(self) -> Float64[np.ndarray, " l"]:
        """Times of the frames that were looked at, in seconds."""
        return np.asarray(self.features.time_s[self.features.looked_at])

    @property
    def location(self) -> str:
        """Its path as the user would write it: without following links."""
        return os.path.abspath(self.path)  # noqa: PTH100

    @property
    def faces(self) -> FacesOfVideo:
        """What the support set is matched against."""
        return faces_of(self.features, self.tracks)

    @property
    def n_with_face(self) -> int:
        """How many of the frames looked at show at least one face."""
        return len(np.unique(self.features.faces["frame"]))


def faces_of(features: FeatureFile, tracks: tuple[FaceTrack, ...]) -> FacesOfVideo:
    """Frames and tracks of a video, to match the rows of a table against.

    Args:
        features: Of the video.
        tracks: As they were found, or as track edits left them.
    """
    return FacesOfVideo(
        video_id=features.video_id,
        n_frames=features.facts.n_frames,
        frame=features.looked_at,
        time_s=np.asarray(features.time_s[features.looked_at]),
        tracks=tracks,
        every_time_s=np.asarray(features.time_s),
    )


@dataclass(frozen=True, slots=True, eq=False)
class DetectionRows:
    """Faces in the order seen, all tracks mixed: one row per face and frame.

    Attributes:
        faces: Of `FACE_COLUMNS`, track numbers as the tracker gave them.
        vector: Their embeddings.
    """

    faces: np.ndarray
    vector: Float32[np.ndarray, "n d"]

    @classmethod
    def joined(cls, parts: Sequence["DetectionRows"]) -> "DetectionRows":
        """Several stretches of a video as one."""
        full = [p for p in parts if len(p.faces)]
        if not full:
            return cls(np.zeros(0, FACE_COLUMNS), np.zeros((0, 0), np.float32))
        return cls(
            np.concatenate([p.faces for p in full]),
            np.concatenate([p.vector for p in full]),
        )

    def by_track(self, min_s: float) -> "DetectionRows":
        """Sorted by track and frame; tracks numbered from 0 in order of appearance.

        Tracks shorter than this are dropped: a face seen for an instant is a false find
        more often than a person.
        """
        order = np.argsort(self.faces["track_id"], kind="stable")
        faces = self.faces[order]
        _, first, count = np.unique(
            faces["track_id"], return_index=True, return_counts=True
        )
        time_s = faces["time_s"]
        is_long = time_s[first + count - 1] - time_s[first] >= min_s
        keep = np.repeat(is_long, count)
        faces = faces[keep]
        faces["track_id"] = np.repeat(np.arange(is_long.sum()), count[is_long])
        return DetectionRows(faces, self.vector[order[keep]])


MIN_TRACK_S: Final = 0.2
"""Tracks shorter than this are dropped, except from videos not much longer."""
SHORT_VIDEO_S: Final = 1.0


def min_track_s(looked_at_s: Float64[np.ndarray, " l"]) -> float:
    """How long a face must be seen, given the times of the frames looked at.

    In a video of a second or less every face counts.
    """
    is_long = len(looked_at_s) and looked_at_s[-1] - looked_at_s[0] > SHORT_VIDEO_S
    return MIN_TRACK_S if is_long else 0.0


class ExtractionParts:
    """Stretches of a video that is being read, each with the state to go on from.

    Each is written whole or not at all, and all go when the feature file is there.

    Args:
        features: Folder of the feature file that they will become.

    Raises:
        SetupError: The folder cannot be made.
    """

    def __init__(self, features: Path) -> None:
        self.folder = features.with_name(f"{features.name}.parts")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(
                f"the cache folder {self.folder} cannot be made ({error.strerror}); "
                f"set FELTLINE_CACHE to a folder that can be written to"
            ) from error
        self._n = 0

    def load(self) -> tuple[list[DetectionRows], dict[str, np.ndarray] | None]:
        """What an interrupted reading left, and the state to go on from.

        A damaged part counts as not there, and so do the parts after it.
        """
        rows: list[DetectionRows] = []
        state = None
        for path in sorted(self.folder.glob("part-*.npz")):
            read = _read_part(path)
            if read is None:
                break
            rows.append(read[0])
            state = read[1]
        self._n = len(rows)
        return rows, state

    def add(self, rows: DetectionRows, state: dict[str, np.ndarray]) -> None:
        """Keep one more stretch and the state after it."""
        kept = {f"state.{name}": array for name, array in state.items()}
        with replacing(self.folder / f"part-{self._n:06d}.npz") as scratch:
            _save(scratch, {"faces": rows.faces, "vector": rows.vector} | kept)
        self._n += 1

    def drop(self) -> None:
        """Delete all of them."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write what `numpy.load` reads as an archive.

    As `numpy.savez`, which on a full disk leaves its archive open and so fails once
    more, in nobody's hands, when it is collected.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(  # type: ignore[no-untyped-call]
                    file, np.asanyarray(array), allow_pickle=False
                )


def _read_part(path: Path) -> tuple[DetectionRows, dict[str, np.ndarray]] | None:
    """Rows and state in a file; None if it is damaged."""
    try:
        held = load_arrays(path)
        rows = DetectionRows(held["faces"], held["vector"])
        state = {n[6:]: held[n] for n in held if n.startswith("state.")}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("%s is damaged and is made anew (%s)", path, error)
        return None
    return rows, state
