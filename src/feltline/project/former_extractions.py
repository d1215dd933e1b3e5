"""Conversion of what former versions extracted into feature files.

Up to version 0.1 the faces of a video lay in `.feltline/faces/<hash>-<key>/faces.npz`,
and times and tracks a second time in the database.
"""

import hashlib
import json
import logging
import shutil
import zipfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np

from feltline.encoder import load_encoder
from feltline.errors import FacesLostError
from feltline.npy import load_arrays
from feltline.project.encoder_extras import ood_score_of
from feltline.project.extraction_cache import (
    DetectionRows,
    ExtractOptions,
    feature_folder,
    min_track_s,
)
from feltline.project.feature_arrays import (
    FACE_COLUMNS,
    FRAME_COLUMNS,
    PACKET_COLUMNS,
)
from feltline.project.feature_files import FeatureFile
from feltline.store import LegacyArrays, Store, VideoRecord
from feltline.types import Encoder, Progress
from feltline.video import VideoFacts

__all__ = ["convert_former_extractions"]

logger = logging.getLogger(__name__)

_FORMER_LAYOUT: Final = 2
_DETECTOR_ID: Final = "mediapipe-full-range-0.5"
_FORMER_NAMES: Final = {
    "zero_shot_value": "prior_va",
    "zero_shot_expression": "prior_expression",
}
"""Columns by the names that they had before."""


def convert_former_extractions(
    store: Store,
    hidden: Path,
    options: ExtractOptions,
    *,
    progress: Progress | None = None,
) -> tuple[str, ...]:
    """Make feature files of what a former version extracted; nothing is read again.

    A video is converted once, its former file and arrays go when its feature file is
    there; interrupted, the rest follows at the next opening.

    Returns:
        Names of the videos whose extraction is lost or of other settings; adding them
        again extracts them anew. Their arrays stay in the database.

    Raises:
        EncoderError: The encoder cannot be used.
        SetupError: The disk is full.
    """
    names = store.legacy_videos()
    if not names:
        return ()
    encoder = load_encoder(options.encoder)
    lost: list[str] = []
    for done, name in enumerate(names, start=1):
        arrays, video = store.legacy_arrays(name), store.video(name)
        if arrays is not None and _convert(hidden, options, encoder, video, arrays):
            store.drop_legacy_arrays(name)
        else:
            lost.append(name)
        if progress is not None:
            progress("converting", done, len(names))
    return tuple(lost)


def _convert(
    hidden: Path,
    options: ExtractOptions,
    encoder: Encoder,
    video: VideoRecord,
    arrays: LegacyArrays,
) -> bool:
    """Whether the feature file of a video is there now."""
    folder = feature_folder(
        hidden / "features", video.content_hash, encoder.encoder_id, options
    )
    former = hidden / "faces" / _former_folder(video, encoder, options)
    try:
        FeatureFile.open(folder, content_hash=video.content_hash)
    except FacesLostError:
        rows = _former_rows(former / "faces.npz", arrays)
        if rows is None:
            return False
        _write(folder, options.encoder, encoder.encoder_id, video, arrays, *rows)
    shutil.rmtree(former, ignore_errors=True)
    with suppress(OSError):  # not empty yet, or not there
        former.parent.rmdir()
    return True


def _former_folder(
    video: VideoRecord, encoder: Encoder, options: ExtractOptions
) -> str:
    """Name of the folder that the former version kept a video's faces in."""
    asked = {**asdict(options), "every": str(options.every), "layout": _FORMER_LAYOUT}
    models = f"{encoder.encoder_id} {_DETECTOR_ID}"
    text = json.dumps([asked, models], sort_keys=True, default=str)
    key = hashlib.sha256(text.encode()).hexdigest()
    return f"{video.content_hash[:20]}-{key[:12]}"


def _former_rows(
    path: Path, arrays: LegacyArrays
) -> tuple[DetectionRows, tuple[int, ...]] | None:
    """Rows and views of a former file.

    None if it is missing or damaged, or its tracks are not those of the database.
    """
    try:
        held = load_arrays(path)
        faces = np.zeros(len(held["frame"]), FACE_COLUMNS)
        for name in FACE_COLUMNS.names or ():
            former = _FORMER_NAMES.get(name, name)
            if name in held or former in held:
                faces[name] = held[name if name in held else former]
        vector, views = held["vector"], held["views"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("%s is damaged and was not converted (%s)", path, error)
        return None
    looked_at_s = arrays.time_s[arrays.looked_at]
    rows = DetectionRows(faces, vector).by_track(min_track_s(looked_at_s))
    tracks = arrays.tracks
    frame = np.concatenate([np.zeros(0, np.int64), *(t.frame for t in tracks)])
    number = np.repeat([t.track_id for t in tracks], [len(t) for t in tracks])
    if not (
        np.array_equal(frame, rows.faces["frame"])
        and np.array_equal(number, rows.faces["track_id"])
    ):
        logger.warning("%s is not of the tracks in the database", path)
        return None
    return rows, tuple(views[0].tolist()) if len(views) else ()


def _write(  # noqa: PLR0913 - what a feature file is made of
    folder: Path,
    encoder: str,
    encoder_id: str,
    video: VideoRecord,
    arrays: LegacyArrays,
    rows: DetectionRows,
    views: tuple[int, ...],
) -> None:
    frames = np.zeros(len(arrays.time_s), FRAME_COLUMNS)
    frames["time_s"] = arrays.time_s
    frames["is_looked_at"][arrays.looked_at] = True
    rows.faces["ood_score"] = ood_score_of(encoder, rows.vector, views)
    facts = VideoFacts(
        content_hash=video.content_hash,
        width=video.width,
        height=video.height,
        n_frames=video.n_frames,
        duration_s=video.duration_s,
        time_base=video.time_base,
        codec=video.codec,
    )
    FeatureFile.write(
        folder,
        video_id=video.video_id,
        facts=facts,
        encoder_id=encoder_id,
        views=views,
        frames=frames,
        packets=np.zeros(0, PACKET_COLUMNS),
        faces=rows.faces,
        embeddings=rows.vector,
    )
