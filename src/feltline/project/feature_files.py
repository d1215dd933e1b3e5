"""Feature files: arrays of one video, as one encoder sees its faces.

```
features/<content_hash>/<extraction_key>/
    meta.json            facts about the video, tracks, sizes and headers of the arrays
    frames.npy           every frame of the file: stamp, time, whether it was looked at
    packets.npy          where decoding can start
    faces.npy            a row per face and frame, sorted by track and frame
    embeddings.npy       a row per face and frame; read only to fit a basis
    appearance-<basis_id>.npy    derived: embeddings projected on a basis, uncentred
```

A file is written into a temporary folder and renamed, so it is there whole or not at
all. Only `appearance-*.npy` is added later, and may be deleted at any time. An open
file holds no file descriptor: small arrays are read whole when first asked for, the
other two in stretches each time.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float32, Float64, Int64

from feltline.atomic import replacing, replacing_folder
from feltline.errors import EncoderError, FacesLostError
from feltline.faces import Crowd
from feltline.project.feature_arrays import (
    check_arrays,
    header_of,
    read_array,
    save_array,
)
from feltline.types import Basis, Embeddings, FaceTrack
from feltline.video import FrameIndex, VideoFacts

__all__ = ["FeatureFile", "projections_in", "seal"]

LAYOUT: Final = 3
"""Counts changes of what is kept or how it is computed; part of every key."""

_META: Final = "meta.json"
_APPEARANCE_KEPT: Final = 3
"""Bases whose projections are kept; older ones are made again when asked for."""


class FeatureFile:
    """What extraction found in one video; arrays are read when first asked for.

    Rows are sorted by (track, frame); n rows, one per face and frame. `track_id` are
    those of found tracks, numbered from 0 in order of appearance, before any track
    edit.
    """

    def __init__(self, folder: Path, video_id: str, meta: Mapping[str, Any]) -> None:
        self.folder, self.video_id, self._meta = folder, video_id, meta

    @classmethod
    def open(
        cls, folder: Path, *, video_id: str = "", content_hash: str | None = None
    ) -> "FeatureFile":
        """Open the feature file in a folder; reads `meta.json` and sizes only.

        `content_hash` is that of the video that it must be of; None = any.

        Raises:
            FacesLostError: It is missing, damaged, of another layout, or of another
                video.
        """
        meta = _read_meta(folder)
        of = meta["facts"]["content_hash"]
        if content_hash is not None and of != content_hash:
            raise _lost(folder, f"it is of another video (SHA-256 {of})")
        for name, array in meta["arrays"].items():
            file = folder / name
            size = file.stat().st_size if file.is_file() else -1
            if size != array["size"]:
                raise _lost(file, f"{size} bytes where {array['size']} were written")
        return cls(folder, video_id, meta)

    @classmethod
    def write(  # noqa: PLR0913 - keyword-only, an array each
        cls,
        folder: Path,
        *,
        video_id: str,
        facts: VideoFacts,
        encoder_id: str,
        views: Sequence[int],
        frames: np.ndarray,
        packets: np.ndarray,
        faces: np.ndarray,
        embeddings: Float32[np.ndarray, "n d"],
        crowd: Crowd | None = None,
    ) -> "FeatureFile":
        """Write a feature file whole or not at all; one that stands there is replaced.

        Args:
            folder: Where it goes; folders above are made.
            video_id: Name of the video.
            facts: What is known of the video file.
            encoder_id: What made embeddings and zero-shot predictions.
            views: Widths of the parts of an embedding; empty = one part.
            frames: Of `FRAME_COLUMNS`, one row per frame of the file.
            packets: Of `PACKET_COLUMNS`; empty where packets do not tell the frames.
            faces: Of `FACE_COLUMNS`, sorted by track and frame, tracks from 0.
            embeddings: In the order of `faces`.
            crowd: Frames with more faces than were followed; None = not counted.

        Raises:
            SetupError: The disk is full, or the folder may not be written to.
            ShapeError: The arrays do not fit together.
        """
        arrays = {
            "frames.npy": frames,
            "packets.npy": packets,
            "faces.npy": faces,
            "embeddings.npy": embeddings,
        }
        check_arrays(arrays)
        count = np.bincount(faces["track_id"])
        meta = {
            "layout": LAYOUT,
            "facts": asdict(facts),
            "encoder_id": encoder_id,
            "views": list(views),
            "rows_per_track": count.tolist(),
            "crowd": None if crowd is None else asdict(crowd),
        }
        with replacing_folder(folder) as scratch:
            headers = {
                name: save_array(scratch / name, a) for name, a in arrays.items()
            }
            whole = seal(meta | {"arrays": headers})
            text = json.dumps(whole, indent=1)
            (scratch / _META).write_text(text, encoding="utf-8")
        return cls(folder, video_id, whole)

    @cached_property
    def facts(self) -> VideoFacts:
        """Facts about the video file."""
        return VideoFacts(**self._meta["facts"])

    @property
    def crowd(self) -> Crowd | None:
        """Frames with more faces than were followed; None if nobody counted."""
        counted = self._meta.get("crowd")  # feature files of former versions lack it
        return None if counted is None else Crowd(**counted)

    @property
    def encoder_id(self) -> str:
        """What made embeddings and zero-shot predictions."""
        return str(self._meta["encoder_id"])

    @property
    def digest(self) -> str:
        """Hash of its description, which holds the checksum of every array."""
        return str(self._meta["sha256"])

    @property
    def views(self) -> tuple[int, ...]:
        """Widths of the parts that an embedding is joined from; empty = one part."""
        return tuple(self._meta["views"])

    def __reduce__(self) -> tuple[type["FeatureFile"], tuple[Any, ...]]:
        # Without what was read: the other process reads for itself.
        return type(self), (self.folder, self.video_id, self._meta)

    def __len__(self) -> int:
        """How many rows it has: faces times frames."""
        return int(sum(self._meta["rows_per_track"]))

    @property
    def n_bytes(self) -> int:
        """Memory that it takes once all was asked for, in bytes."""
        arrays = self._meta["arrays"].items()
        return sum(a["size"] for name, a in arrays if name != "embeddings.npy")

    @property
    def time_s(self) -> Float64[np.ndarray, " f"]:
        """Presentation time stamp of every frame of the file, in seconds."""
        return self._frames["time_s"]

    @cached_property
    def looked_at(self) -> Int64[np.ndarray, " l"]:
        """Numbers of the frames that were looked at (frame sampling), increasing."""
        return np.flatnonzero(self._frames["is_looked_at"]).astype(np.int64)

    @cached_property
    def frame_index(self) -> FrameIndex | None:
        """For seeking without reading the file's packets again.

        None for pictures, and for what a former version extracted.
        """
        if not self.facts.time_base or not (np.diff(self._frames["pts"]) > 0).all():
            return None
        packets = self._array("packets.npy")
        return FrameIndex(
            pts=np.ascontiguousarray(self._frames["pts"]),
            time_base=Fraction(self.facts.time_base),
            packet_pts=np.ascontiguousarray(packets["pts"]),
            is_key=np.ascontiguousarray(packets["is_key"]),
            time_s=np.ascontiguousarray(self.time_s),
            size=(self.facts.width, self.facts.height),
        )

    @property
    def n_tracks(self) -> int:
        """How many tracks were found."""
        return len(self._meta["rows_per_track"])

    def rows(self, track_id: int) -> slice:
        """Rows of one found track.

        Raises:
            KeyError: There is no such track.
        """
        if not 0 <= track_id < self.n_tracks:
            raise KeyError(track_id)
        first = self._first_rows
        return slice(int(first[track_id]), int(first[track_id + 1]))

    @cached_property
    def tracks(self) -> tuple[FaceTrack, ...]:
        """The found tracks by number; their arrays are slices of `faces`."""
        shown = ("frame", "time_s", "box_xyxy", "quality")
        return tuple(
            FaceTrack(
                video_id=self.video_id,
                track_id=number,
                **{name: self.faces[name][self.rows(number)] for name in shown},
            )
            for number in range(self.n_tracks)
        )

    @cached_property
    def faces(self) -> np.ndarray:
        """All rows, of `FACE_COLUMNS`."""
        return self._array("faces.npy")

    def embeddings(self, rows: slice = slice(None)) -> Float32[np.ndarray, "n d"]:
        """Embeddings of adjacent rows, read anew; large: only to fit a basis.

        Raises:
            FacesLostError: They are damaged.
        """
        return self._read("embeddings.npy", rows)

    def embeddings_of(self, track_id: int) -> Embeddings:
        """What the encoder sees in one found track, in memory."""
        rows = self.rows(track_id)
        return Embeddings(
            encoder_id=self.encoder_id,
            vector=self.embeddings(rows),
            zero_shot_value=np.array(self.faces["zero_shot_value"][rows]),
            zero_shot_expression=np.array(self.faces["zero_shot_expression"][rows]),
            views=self.views,
        )

    def appearance(
        self, basis: Basis, rows: slice = slice(None)
    ) -> Float32[np.ndarray, "n r"]:
        """Embeddings of adjacent rows projected on a basis, not centred; made once.

        Centre a track's rows on their mean after track edits are applied.

        Raises:
            EncoderError: The basis is of another encoder.
            FacesLostError: The embeddings are damaged.
            SetupError: The disk is full.
        """
        if basis.encoder_id != self.encoder_id:
            raise EncoderError(
                f"the basis {basis.basis_id} is of the encoder {basis.encoder_id}, but "
                f"the features of {self.video_id} are of {self.encoder_id}; learn the "
                f"model anew (feltline propagate)"
            )
        file = self.folder / f"appearance-{basis.basis_id}.npy"
        shape = (len(self), basis.direction.shape[1])
        kept = read_array(file, header_of(np.dtype(np.float32), shape), rows)
        if kept is not None:
            return kept
        # In chunks: in float64 the embeddings of a long video would not fit.
        made = np.empty(shape, np.float32)
        for start in range(0, len(self), 4096):
            some = slice(start, start + 4096)
            made[some] = self.embeddings(some).astype(np.float64) @ basis.direction
        with replacing(file) as scratch:
            np.save(scratch, made)
        self._prune(file)
        return made[rows]

    def verify(self) -> None:
        """Read every array and compare checksums; `open` compares sizes only.

        Raises:
            FacesLostError: An array is damaged.
        """
        for name, written in self._meta["arrays"].items():
            if zlib.crc32((self.folder / name).read_bytes()) != written["crc32"]:
                raise _lost(self.folder / name, "its checksum differs")

    @property
    def _frames(self) -> np.ndarray:
        return self._array("frames.npy")

    @cached_property
    def _first_rows(self) -> Int64[np.ndarray, " t_plus_1"]:
        return np.cumsum([0, *self._meta["rows_per_track"]])

    @cached_property
    def _whole(self) -> dict[str, np.ndarray]:
        return {}

    def _array(self, name: str) -> np.ndarray:
        """A small array of the file, kept in memory."""
        if name not in self._whole:
            self._whole[name] = self._read(name)
        return self._whole[name]

    def _read(self, name: str, rows: slice = slice(None)) -> np.ndarray:
        array = read_array(
            self.folder / name, self._meta["arrays"][name]["header"], rows
        )
        if array is None:
            raise _lost(self.folder / name, "it is not the array that was written")
        return array

    def _prune(self, newest: Path) -> None:
        """Delete projections on bases that were superseded long ago."""
        others = [f for f in self.folder.glob("appearance-*.npy") if f != newest]
        others.sort(key=lambda file: file.stat().st_mtime, reverse=True)
        for file in others[_APPEARANCE_KEPT - 1 :]:
            file.unlink(missing_ok=True)


def projections_in(folder: Path) -> list[Path]:
    """Files of all feature files in a project's folder that rest on some basis."""
    return sorted(folder.glob("*/*/appearance-*.npy"))


def seal(meta: Mapping[str, Any]) -> dict[str, Any]:
    """`meta` with the hash that `FeatureFile.open` checks."""
    rest = {name: value for name, value in meta.items() if name != "sha256"}
    text = json.dumps(rest, sort_keys=True)
    return rest | {"sha256": sha256(text.encode()).hexdigest()}


def _read_meta(folder: Path) -> dict[str, Any]:
    try:
        meta = json.loads((folder / _META).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _lost(folder, "there is none") from None
    except (OSError, ValueError) as error:
        raise _lost(folder / _META, str(error)) from error
    if not isinstance(meta, dict) or seal(meta) != meta:
        raise _lost(folder / _META, "its hash differs")
    if meta["layout"] != LAYOUT:
        raise _lost(folder, f"its layout is {meta['layout']}, not {LAYOUT}")
    return meta


def _lost(path: Path, why: str) -> FacesLostError:
    return FacesLostError(
        f"the feature file {path} cannot be used: {why}; add or extract the video again"
    )
