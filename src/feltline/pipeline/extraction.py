"""Extraction: from a video to a feature file of face tracks and embeddings.

Frames are decoded ahead in a thread of their own; here each is searched for faces, and
what is found is encoded in batches. Now and then the result is kept with the tracker's
state, so that an interrupted reading goes on from there, to the same result.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Int64

from feltline.errors import FacesLostError, InputError
from feltline.faces import Crowd, FaceDetection, FaceTracker, aligned_crop, face_box
from feltline.pipeline.extraction_models import ExtractionModels
from feltline.pipeline.sources import check_name, plain_name
from feltline.project.encoder_extras import ood_score_of
from feltline.project.extraction_cache import (
    DetectionRows,
    Extraction,
    ExtractionParts,
    ExtractOptions,
    feature_folder,
    min_track_s,
)
from feltline.project.feature_arrays import FACE_COLUMNS, FRAME_COLUMNS, PACKET_COLUMNS
from feltline.project.feature_files import FeatureFile
from feltline.settings import cache_folder
from feltline.types import Encoder, FaceBatch, Progress
from feltline.video import Frame, FramePosition, VideoScan, read_frames, scan_video

__all__ = ["crowd_note", "extract", "extract_all", "find_features", "name_videos"]

logger = logging.getLogger(__name__)

BATCH: Final = 32
"""Faces encoded at once."""
PART_FRAMES: Final = 500
"""Frames between two parts that are kept: some seconds of work."""


def name_videos(paths: Sequence[Path]) -> list[str]:
    """A name for each video: its file name, or its path where two share the name.

    The name of a folder of pictures is that of the folder, be it written as ".".

    Raises:
        InputError: The same video is given twice.
        VideoError: A name is no text.
    """
    for path in paths:
        check_name(str(path))
    twice = [path for path, n in Counter(paths).items() if n > 1]
    if twice:
        raise InputError(f"{twice[0]} is given twice; give each video once")
    names = [plain_name(path) for path in paths]
    count = Counter(names)
    return [
        name if count[name] == 1 else str(path)
        for name, path in zip(names, paths, strict=True)
    ]


def extract_all(
    videos: Sequence[Path | str],
    options: ExtractOptions | None = None,
    *,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> tuple[Extraction, ...]:
    """Faces of several videos, each named so that no two share a name."""
    paths = [Path(video) for video in videos]
    folder = None if cache is None else cache / "features"
    with ExtractionModels() as models:
        return tuple(
            extract(
                path,
                options,
                video_id=name,
                folder=folder,
                progress=progress,
                models=models,
            )
            for path, name in zip(paths, name_videos(paths), strict=True)
        )


def crowd_note(features: FeatureFile) -> str:
    """A sentence on faces that were not followed; empty if all were."""
    crowd = features.crowd
    if crowd is None or not crowd.frames:
        return ""
    return (
        f"{features.video_id}: in {crowd.frames} frames more than {crowd.max_faces} "
        f"faces were in view, and only {crowd.max_faces} at once are followed; "
        f"--faces {crowd.most} (of init, extract, label, suggest) follows all of them"
    )


def extract(  # noqa: PLR0913 - keyword-only, each a choice of its own
    path: Path,
    options: ExtractOptions | None = None,
    *,
    video_id: str | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    models: ExtractionModels | None = None,
    scan: VideoScan | None = None,
) -> Extraction:
    """Find and encode the faces of one video, or open what is kept of them.

    Args:
        path: A video, a picture, or a folder of pictures.
        options: What to look at.
        video_id: Its name; the file name if absent.
        folder: Where feature files lie; `features` in the user's cache if absent.
        progress: Told how far it is.
        models: To be used; made for this video alone and closed if absent.
        scan: Of the video, where it was scanned before.

    Returns:
        The faces; a video without any gives no track.

    Raises:
        VideoError: The file cannot be read.
        EncoderError: The encoder cannot be used.
        SetupError: A package or disk space is missing.
    """
    options = options or ExtractOptions()
    scan = scan or scan_video(path, image_rate_hz=options.image_rate_hz)
    _warn_if_outside(path, scan, options)
    name, root = video_id or plain_name(path), folder or cache_folder() / "features"
    with nullcontext(models) if models is not None else ExtractionModels() as used:
        encoder_id = used.encoder(options.encoder).encoder_id
        place = feature_folder(root, scan.facts.content_hash, encoder_id, options)
        kept = find_features(place, name, scan.facts.content_hash)
        if kept is not None:
            return Extraction(path=path, features=kept, reused=True)
        reader = _Reader(path, scan, options, place, used)
        rows = reader.run(name, progress or (lambda *_: None))
    made = _write(place, name, encoder_id, reader, rows)
    reader.parts.drop()
    return Extraction(path=path, features=made, reused=False)


def _warn_if_outside(path: Path, scan: VideoScan, options: ExtractOptions) -> None:
    """Say so if the range of time that is asked for has no frame of the video."""
    start, end = options.start_s, options.end_s
    if len(options.every.pick(scan.time_s, start_s=start, end_s=end)):
        return
    logger.warning(
        "--start%s and --end%s leave no frame of %s, whose frames lie from %.3f to "
        "%.3f s",
        *("" if at is None else f" {at:g}" for at in (start, end)),
        *(path, scan.time_s[0], scan.time_s[-1]),
    )


def find_features(folder: Path, name: str, content_hash: str) -> FeatureFile | None:
    """The feature file in a folder; None if there is none that can be used.

    One that is damaged is named in a warning.
    """
    if not folder.is_dir():
        return None
    try:
        return FeatureFile.open(folder, video_id=name, content_hash=content_hash)
    except FacesLostError as error:
        logger.warning("%s", error)
        return None


def _write(
    folder: Path, name: str, encoder_id: str, reader: "_Reader", rows: DetectionRows
) -> FeatureFile:
    """The feature file of a video that was read to its end."""
    scan, views = reader.scan, reader.collector.views
    rows = rows.by_track(min_track_s(scan.time_s[reader.looked_at]))
    rows.faces["ood_score"] = ood_score_of(reader.options.encoder, rows.vector, views)
    frames = np.zeros(len(scan.time_s), FRAME_COLUMNS)
    frames["time_s"] = scan.time_s
    frames["is_looked_at"][reader.looked_at] = True
    packets = np.zeros(0, PACKET_COLUMNS)
    if scan.index is not None:
        frames["pts"] = scan.index.pts
        packets = np.zeros(len(scan.index.packet_pts), PACKET_COLUMNS)
        packets["pts"], packets["is_key"] = scan.index.packet_pts, scan.index.is_key
    return FeatureFile.write(
        folder,
        video_id=name,
        facts=scan.facts,
        encoder_id=encoder_id,
        views=views,
        frames=frames,
        packets=packets,
        faces=rows.faces,
        embeddings=rows.vector,
        crowd=reader.crowd,
    )


class _Collector:
    """Gathers detections, encodes them in batches, and hands out what it has."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._waiting: list[tuple[FramePosition, FaceDetection]] = []
        self._crops: list[np.ndarray] = []
        self._done: list[DetectionRows] = []
        self.views: tuple[int, ...] = ()

    def add(self, frame: Frame, detection: FaceDetection) -> None:
        e = self._encoder
        self._crops.append(
            aligned_crop(
                frame.rgb,
                detection.mesh,
                e.crop_size,
                margin=e.crop_margin,
                lift=e.crop_lift,
            )
            if e.crop_size
            else np.empty((0, 0, 3), np.uint8)
        )
        self._waiting.append((frame.position, detection))
        if len(self._waiting) >= BATCH:
            self._encode()

    def take(self) -> DetectionRows:
        """Everything gathered since the last time."""
        self._encode()
        rows, self._done = DetectionRows.joined(self._done), []
        return rows

    def _encode(self) -> None:
        if not self._waiting:
            return
        seen = [d for _, d in self._waiting]
        mesh = np.stack([d.mesh for d in seen])
        e = self._encoder.encode(FaceBatch(mesh=mesh, crop=np.stack(self._crops)))
        faces = np.zeros(len(seen), FACE_COLUMNS)
        faces["frame"] = [p.frame for p, _ in self._waiting]
        faces["time_s"] = [p.time_s for p, _ in self._waiting]
        faces["track_id"] = [d.track_id for d in seen]
        faces["box_xyxy"] = [face_box(d.mesh) for d in seen]
        faces["quality"] = [d.quality for d in seen]
        faces["zero_shot_value"] = e.zero_shot_value
        faces["zero_shot_expression"] = e.zero_shot_expression
        self._done.append(DetectionRows(faces, e.vector))
        self.views = e.views
        self._waiting, self._crops = [], []


class _Reader:
    """One video being read: frames in, rows out, parts kept on the way."""

    def __init__(
        self,
        path: Path,
        scan: VideoScan,
        options: ExtractOptions,
        folder: Path,
        models: ExtractionModels,
    ) -> None:
        self._path, self.scan, self.options = path, scan, options
        self.parts, self._models = ExtractionParts(folder), models
        self.collector = _Collector(models.encoder(options.encoder))
        self.crowd = Crowd(max_faces=options.max_faces)
        self.looked_at: Int64[np.ndarray, " l"] = options.every.pick(
            scan.time_s, start_s=options.start_s, end_s=options.end_s
        )

    def run(self, name: str, progress: Progress) -> DetectionRows:
        """Read to the end, from the start or from where an earlier run stopped."""
        rows, state = self.parts.load()
        tracker = FaceTracker(
            self._models.detector(cropped=self.options.cropped),
            self._models.mesh,
            max_faces=self.options.max_faces,
        )
        after, done = None, 0
        if state is not None:
            tracker.restore(state)
            after = FramePosition(
                frame=int(state["frame"]), time_s=float(state["time_s"])
            )
            done = int(np.searchsorted(self.looked_at, after.frame, side="right"))
            self.collector.views = tuple(state["views"].tolist())
        progress(name, done, len(self.looked_at))
        o = self.options
        reading = read_frames(
            self._path,
            every=o.every,
            start_s=o.start_s,
            end_s=o.end_s,
            after=after,
            image_rate_hz=o.image_rate_hz,
            index=self.scan.index,
        )
        with closing(reading) as frames:
            for frame in frames:
                for detection in tracker.step(frame.rgb, frame.time_s):
                    self.collector.add(frame, detection)
                done += 1
                progress(name, done, len(self.looked_at))
                if done % PART_FRAMES == 0:
                    rows.append(self.collector.take())
                    place = {
                        "frame": np.array(frame.frame),
                        "time_s": np.array(frame.time_s),
                        "views": np.array(self.collector.views, np.int64),
                    }
                    self.parts.add(rows[-1], tracker.state() | place)
        self.crowd = tracker.crowd
        return DetectionRows.joined([*rows, self.collector.take()])
