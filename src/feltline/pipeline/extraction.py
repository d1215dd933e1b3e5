"""From a video to tracks of faces and their embeddings.

Frames are decoded ahead in a thread of their own; here each is searched for faces, and
what is found is encoded in batches. Now and then the result is put on the shelf with
the tracker's state, so that an interrupted reading goes on from there, to the same
result.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Int64

from feltline.encoder import load_encoder
from feltline.errors import InputError
from feltline.faces import (
    FaceTracker,
    FullRangeDetector,
    MeshModel,
    PreCropped,
    FaceDetection,
    aligned_crop,
    face_box,
)
from feltline.project.extraction_cache import (
    Extraction,
    ExtractOptions,
    Shelf,
    DetectionRows,
    least_track_s,
    shelf_of,
)
from feltline.settings import cache_folder
from feltline.types import Encoder, FaceBatch, Progress
from feltline.video import Frame, FramePosition, content_hash, frame_times, read_frames

__all__ = ["extract", "name_videos"]

BATCH: Final = 32
"""Faces encoded at once."""
PART_FRAMES: Final = 500
"""Frames between two states on the shelf: some seconds of work."""


def name_videos(paths: Sequence[Path]) -> list[str]:
    """A name for each video: its file name, or its path where two share the name.

    Raises:
        InputError: The same video is given twice.
    """
    for path in paths:
        if list(paths).count(path) > 1:
            raise InputError(f"{path} is given twice; give each video once")
    names = [path.name for path in paths]
    return [path.name if names.count(path.name) == 1 else str(path) for path in paths]


def extract(
    path: Path,
    options: ExtractOptions | None = None,
    *,
    video_id: str | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Extraction:
    """Find and encode the faces of one video, or fetch them from the cache.

    Args:
        path: A video, a picture, or a folder of pictures.
        options: What to look at.
        video_id: Its name; the file name if absent.
        cache: Where results are kept; `settings.cache_folder()` if absent.
        progress: Told how far it is.

    Returns:
        The faces; a video without any gives no track.

    Raises:
        VideoError: The file cannot be read.
        EncoderError: The encoder cannot be used.
        SetupError: A package or disk space is missing.
    """
    options = options or ExtractOptions()
    name = video_id or path.name
    content = content_hash(path)
    times = frame_times(path, image_rate_hz=options.image_rate_hz)
    sampled = options.every.pick(times, start_s=options.start_s, end_s=options.end_s)
    encoder = load_encoder(options.encoder)
    shelf = shelf_of(content, encoder, options, cache or cache_folder())
    rows = shelf.load()
    reused = rows is not None
    if rows is None:
        reader = _Reader(path, options, encoder, shelf)
        tell = progress or _silent
        rows = reader.run(lambda done: tell(name, done, len(sampled)), sampled)
    least_s = least_track_s(times[sampled])
    tracks, embeddings = rows.by_track(name, encoder.encoder_id, least_s)
    return Extraction(
        video_id=name,
        path=path,
        content_hash=content,
        encoder_id=encoder.encoder_id,
        n_frames=len(times),
        frame=sampled,
        time_s=times[sampled],
        tracks=tracks,
        embeddings=embeddings,
        reused=reused,
    )


def _silent(_video: str, _done: int, _all: int) -> None:
    """Nobody asked to be told."""


class _Collector:
    """Gathers detections, encodes them in batches, and hands out what it has."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._waiting: list[tuple[FramePosition, FaceDetection]] = []
        self._crops: list[np.ndarray] = []
        self._done: list[DetectionRows] = []

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
        seen = [s for _, s in self._waiting]
        mesh = np.stack([s.mesh for s in seen])
        e = self._encoder.encode(FaceBatch(mesh=mesh, crop=np.stack(self._crops)))
        self._done.append(
            DetectionRows(
                {
                    "frame": np.array([f.frame for f, _ in self._waiting], np.int64),
                    "time_s": np.array([f.time_s for f, _ in self._waiting]),
                    "track_id": np.array([s.track_id for s in seen], np.int64),
                    "box_xyxy": np.stack([face_box(s.mesh) for s in seen]),
                    "quality": np.array([s.quality for s in seen], np.float32),
                    "vector": e.vector,
                    "zero_shot_value": e.zero_shot_value,
                    "zero_shot_expression": e.zero_shot_expression,
                    "views": np.tile(np.array(e.views, np.int64), (len(seen), 1)),
                }
            )
        )
        self._waiting, self._crops = [], []


class _Reader:
    """One video being read: frames in, detections on the shelf."""

    def __init__(
        self, path: Path, options: ExtractOptions, encoder: Encoder, shelf: Shelf
    ) -> None:
        self._path, self._options, self._shelf = path, options, shelf
        self._collector = _Collector(encoder)

    def run(
        self, tell: Callable[[int], None], sampled: Int64[np.ndarray, " m"]
    ) -> DetectionRows:
        """Read to the end, from the start or from where an earlier run stopped."""
        parts, state = self._shelf.load_parts()
        mesh_model = MeshModel()
        tracker = FaceTracker(
            PreCropped() if self._options.cropped else FullRangeDetector(),
            mesh_model,
            max_faces=self._options.max_faces,
        )
        after, done = None, 0
        if state is not None:
            tracker.restore(state)
            after = FramePosition(frame=int(state["frame"]), time_s=float(state["time_s"]))
            done = int(np.searchsorted(sampled, after.frame, side="right"))
        tell(done)
        with closing(mesh_model), closing(self._frames(after)) as frames:
            for frame in frames:
                for detection in tracker.step(frame.rgb, frame.time_s):
                    self._collector.add(frame, detection)
                done += 1
                tell(done)
                if done % PART_FRAMES == 0:
                    parts.append(self._collector.take())
                    place = {
                        "frame": np.array(frame.frame),
                        "time_s": np.array(frame.time_s),
                    }
                    self._shelf.add_part(parts[-1], tracker.state() | place)
        whole = DetectionRows.joined([*parts, self._collector.take()])
        self._shelf.finish(whole)
        return whole

    def _frames(self, after: FramePosition | None) -> Generator[Frame, None, None]:
        o = self._options
        return read_frames(
            self._path,
            every=o.every,
            start_s=o.start_s,
            end_s=o.end_s,
            after=after,
            image_rate_hz=o.image_rate_hz,
        )
