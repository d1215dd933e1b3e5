"""What is known of a video's faces, and how it is kept between commands."""

import hashlib
import json
import logging
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.atomic import replacing
from feltline.errors import SetupError
from feltline.faces import FullRangeDetector, PreCropped
from feltline.formats import FacesOfVideo
from feltline.settings import ENCODER, MAX_FACES
from feltline.types import Embeddings, Encoder, FaceTrack
from feltline.video import EVERY_FRAME, FrameSampling

__all__ = [
    "ExtractOptions",
    "Extraction",
    "Shelf",
    "DetectionRows",
    "embeddings_kept",
    "least_track_s",
    "shelf_of",
]

logger = logging.getLogger(__name__)

LAYOUT: Final = 2
"""Counts changes of what is cached or how it is computed; part of every key."""


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Extraction:
    """The faces of one video.

    Attributes:
        video_id: Its name within the command or project.
        path: Where it lies.
        content_hash: SHA-256 of its content.
        encoder_id: What made the embeddings.
        n_frames: How many frames the file has.
        frame: Frames that were looked at.
        time_s: Their times in seconds.
        tracks: The faces found, by number.
        embeddings: Their embeddings, in the order of `tracks`.
        reused: Whether it came from the cache.
    """

    video_id: str
    path: Path
    content_hash: str
    encoder_id: str
    n_frames: int
    frame: Int64[np.ndarray, " n"]
    time_s: Float64[np.ndarray, " n"]
    tracks: tuple[FaceTrack, ...]
    embeddings: tuple[Embeddings, ...]
    reused: bool

    @property
    def faces(self) -> FacesOfVideo:
        """What the support set is matched against."""
        return FacesOfVideo(
            video_id=self.video_id,
            n_frames=self.n_frames,
            frame=self.frame,
            time_s=self.time_s,
            tracks=self.tracks,
        )

    @property
    def n_with_face(self) -> int:
        """How many of the frames looked at show at least one face."""
        seen = [track.frame for track in self.tracks]
        return len(np.unique(np.concatenate(seen))) if seen else 0


_COLUMNS: Final = (
    ("frame", np.int64, ()),
    ("time_s", np.float64, ()),
    ("track_id", np.int64, ()),
    ("box_xyxy", np.float32, (4,)),
    ("quality", np.float32, ()),
    ("vector", np.float32, None),
    ("zero_shot_value", np.float32, (2,)),
    ("zero_shot_expression", np.float32, (8,)),
    ("views", np.int64, None),
)


@dataclass(frozen=True, slots=True, eq=False)
class DetectionRows:
    """Faces in the order seen, all tracks mixed: one row per face and frame."""

    column: dict[str, np.ndarray]

    @classmethod
    def joined(cls, parts: Sequence["DetectionRows"]) -> "DetectionRows":
        """Several stretches of a video as one."""
        full = [p for p in parts if len(p)]
        if not full:
            return cls.none()
        names = [name for name, _, _ in _COLUMNS]
        return cls({n: np.concatenate([p.column[n] for p in full]) for n in names})

    @classmethod
    def none(cls) -> "DetectionRows":
        """No face at all."""
        return cls({n: np.empty((0, *(s or (0,))), t) for n, t, s in _COLUMNS})

    def __len__(self) -> int:
        return len(self.column["frame"])

    def by_track(
        self, video_id: str, encoder_id: str, least_s: float
    ) -> tuple[tuple[FaceTrack, ...], tuple[Embeddings, ...]]:
        """Sorted into tracks, numbered in order of appearance.

        Args:
            video_id: Name of the video.
            encoder_id: What made the embeddings.
            least_s: Tracks shorter than this are dropped: a face seen for an instant
                is a false find more often than a person.
        """
        numbers = np.unique(self.column["track_id"])
        tracks: list[FaceTrack] = []
        embeddings: list[Embeddings] = []
        for number in numbers:
            mine = self.column["track_id"] == number
            own = {name: array[mine] for name, array in self.column.items()}
            if own["time_s"][-1] - own["time_s"][0] < least_s:
                continue
            tracks.append(
                FaceTrack(
                    video_id=video_id,
                    track_id=len(tracks),
                    frame=own["frame"],
                    time_s=own["time_s"],
                    box_xyxy=own["box_xyxy"],
                    quality=own["quality"],
                )
            )
            embeddings.append(
                Embeddings(
                    encoder_id=encoder_id,
                    vector=own["vector"],
                    zero_shot_value=own["zero_shot_value"],
                    zero_shot_expression=own["zero_shot_expression"],
                    views=tuple(own["views"][0].tolist()),
                )
            )
        return tuple(tracks), tuple(embeddings)


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


@dataclass(slots=True)
class Shelf:
    """The place in the cache of one video under one set of options.

    DetectionRows are kept in parts as the video is read, each with the state from which
    reading can go on, and in one file once it is done. Each file is written whole or
    not at all.

    Attributes:
        folder: Where the files lie.
    """

    folder: Path
    _parts: list[Path] = field(default_factory=list)

    @classmethod
    def of(
        cls, cache: Path, content: str, models: str, options: ExtractOptions
    ) -> "Shelf":
        """The shelf for this content, these models and options."""
        asked = {**asdict(options), "every": str(options.every), "layout": LAYOUT}
        key = hashlib.sha256(
            json.dumps([asked, models], sort_keys=True, default=str).encode()
        ).hexdigest()
        folder = cache / f"{content[:20]}-{key[:12]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(
                f"the cache folder {folder} cannot be made ({error.strerror}); set "
                f"FELTLINE_CACHE to a folder that can be written to"
            ) from error
        return cls(folder, sorted(folder.glob("part-*.npz")))

    @property
    def _whole(self) -> Path:
        return self.folder / "faces.npz"

    def load(self) -> DetectionRows | None:
        """All detections, if reading was finished before."""
        whole = self._read(self._whole)
        return None if whole is None else whole[0]

    def load_parts(self) -> tuple[list[DetectionRows], dict[str, np.ndarray] | None]:
        """What an interrupted reading left, and the state to go on from.

        A damaged part counts as not there, and so do the parts after it.
        """
        rows: list[DetectionRows] = []
        state = None
        for path in self._parts:
            read = self._read(path)
            if read is None:
                break
            rows.append(read[0])
            state = read[1]
        self._parts = self._parts[: len(rows)]
        return rows, state

    def add_part(self, rows: DetectionRows, state: dict[str, np.ndarray]) -> None:
        """Keep one more stretch and the state after it."""
        path = self.folder / f"part-{len(self._parts):06d}.npz"
        kept = {f"state.{name}": array for name, array in state.items()}
        with replacing(path) as scratch:
            _save(scratch, rows.column | kept)
        self._parts.append(path)

    def finish(self, rows: DetectionRows) -> None:
        """Keep the whole, then drop the parts."""
        with replacing(self._whole) as scratch:
            _save(scratch, rows.column)
        for path in self._parts:
            path.unlink(missing_ok=True)
        self._parts = []

    @staticmethod
    def _read(path: Path) -> tuple[DetectionRows, dict[str, np.ndarray]] | None:
        """DetectionRows and state in a file; None if it is missing or damaged."""
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                rows = {name: file[name] for name, _, _ in _COLUMNS}
                state = {n[6:]: file[n] for n in file.files if n.startswith("state.")}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            logger.warning("%s is damaged and is made anew (%s)", path, error)
            return None
        return DetectionRows(rows), state


LEAST_TRACK_S: Final = 0.2
"""Tracks shorter than this are dropped, except from videos not much longer."""
SHORT_VIDEO_S: Final = 1.0


def embeddings_kept(
    content: str,
    encoder: Encoder,
    options: ExtractOptions,
    sampled_s: Float64[np.ndarray, " n"],
    *,
    cache: Path,
) -> tuple[Embeddings, ...] | None:
    """Embeddings of each track found in a video before, without reading the video.

    Args:
        content: SHA-256 of its content.
        encoder: What `options.encoder` names.
        options: What was looked at.
        sampled_s: Times of the frames that were looked at, in seconds.
        cache: Where results are kept.

    Returns:
        One entry per track in the order of `Extraction.tracks`; None if nothing is
        kept, or something is damaged.
    """
    rows = shelf_of(content, encoder, options, cache).load()
    if rows is None:
        return None
    _, embeddings = rows.by_track("", encoder.encoder_id, least_track_s(sampled_s))
    return embeddings


def shelf_of(
    content: str, encoder: Encoder, options: ExtractOptions, cache: Path
) -> Shelf:
    """Where one video's faces are kept, as one encoder and these options see them."""
    detector = PreCropped if options.cropped else FullRangeDetector
    models = f"{encoder.encoder_id} {detector.detector_id}"
    return Shelf.of(cache, content, models, options)


def least_track_s(sampled_s: Float64[np.ndarray, " n"]) -> float:
    """How long a face must be seen in a video whose frames looked at have these times.

    In a video of a second or less every face counts.
    """
    long_enough = len(sampled_s) and sampled_s[-1] - sampled_s[0] > SHORT_VIDEO_S
    return LEAST_TRACK_S if long_enough else 0.0
