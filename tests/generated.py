"""Projects of generated features: no video is read, no face is sought.

Faces move smoothly through valence and arousal; embeddings follow them linearly with
noise of their own, and the zero-shot prediction is off by a constant and some noise.
"""

import hashlib
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from feltline.project import FeatureFile, Project, ProjectSettings
from feltline.project.feature_arrays import (
    FACE_COLUMNS,
    FRAME_COLUMNS,
    PACKET_COLUMNS,
)
from feltline.store import TrackRecord, VideoRecord
from feltline.types import DEFAULT_SCHEMA, EXPRESSION_AFFECT, Judgement, LabelSchema
from feltline.video import VideoFacts

RATE_HZ = 15.0
WIDTH = 24


@dataclass
class Generated:
    """A project, and the true valence and arousal of each of its found tracks."""

    project: Project
    truth: dict[tuple[str, int], np.ndarray]


def generate(
    folder: Path,
    videos: dict[str, list[int]],
    *,
    seed: int = 0,
    schema: LabelSchema = DEFAULT_SCHEMA,
    rate_hz: float = RATE_HZ,
    **settings: Any,
) -> Generated:
    """A project with these videos: frames of each of their tracks, all from frame 0."""
    made = ProjectSettings(
        project_id=uuid.UUID(int=seed).hex, name="study", rater="anna", **settings
    )
    project = Project.init(folder / "study", made, schema)
    truth: dict[tuple[str, int], np.ndarray] = {}
    for number, (name, lengths) in enumerate(videos.items()):
        rng = np.random.default_rng([seed, number])
        own = add_generated(project, name, lengths, rng, rate_hz)
        truth |= {(name, track): value for track, value in enumerate(own)}
    return Generated(project=project, truth=truth)


def copied(template: Path, folder: Path) -> Project:
    """A project once more, to be changed at will."""
    target = folder / "study"
    shutil.copytree(template, target)
    return Project.open(target)


def add_generated(
    project: Project,
    name: str,
    lengths: list[int],
    rng: np.random.Generator,
    rate_hz: float = RATE_HZ,
) -> list[np.ndarray]:
    """Add one video; returns the truth of each track."""
    content = hashlib.sha256(name.encode() + rng.bytes(8)).hexdigest()
    features, truth = write_features(
        project, project.feature_folder(content), name, content, lengths, rng, rate_hz
    )
    project.store.add_video(
        record_of(name, features.facts, project.encoder_id),
        [TrackRecord.of(track) for track in features.tracks],
        added_by="anna",
    )
    return truth


def record_of(name: str, facts: VideoFacts, encoder_id: str) -> VideoRecord:
    """What the project knows of a video."""
    return VideoRecord(
        video_id=name,
        content_hash=facts.content_hash,
        location=name,
        width=facts.width,
        height=facts.height,
        n_frames=facts.n_frames,
        duration_s=facts.duration_s,
        time_base=facts.time_base,
        codec=facts.codec,
        encoder_id=encoder_id,
        added_at=datetime.now(tz=UTC),
    )


def write_features(
    project: Project,
    folder: Path,
    name: str,
    content: str,
    lengths: list[int],
    rng: np.random.Generator,
    rate_hz: float = RATE_HZ,
) -> tuple[FeatureFile, list[np.ndarray]]:
    """The feature file of one generated video, and the truth of its tracks."""
    n_frames, n = max(lengths), sum(lengths)
    frames = np.zeros(n_frames, FRAME_COLUMNS)
    frames["pts"] = np.arange(n_frames)
    frames["time_s"] = np.arange(n_frames) / rate_hz
    frames["is_looked_at"] = True
    truth = [_walk(length, rate_hz, rng) for length in lengths]
    value = np.concatenate(truth)
    faces = np.zeros(n, FACE_COLUMNS)
    faces["track_id"] = np.repeat(np.arange(len(lengths)), lengths)
    faces["frame"] = np.concatenate([np.arange(length) for length in lengths])
    faces["time_s"] = faces["frame"] / rate_hz
    left = faces["track_id"] * 100.0
    faces["box_xyxy"] = np.stack([left, left * 0, left + 80, left * 0 + 80], axis=1)
    faces["quality"] = 0.9
    bias = rng.normal(0, 0.2, (len(lengths), 2))[faces["track_id"]]
    noisy = value + bias + rng.normal(0, 0.1, value.shape)
    faces["zero_shot_value"] = np.clip(noisy, -1, 1)
    apart = ((value[:, None] - EXPRESSION_AFFECT[None]) ** 2).sum(axis=2)
    weight = np.exp(-4 * apart)
    faces["zero_shot_expression"] = weight / weight.sum(axis=1, keepdims=True)
    mix = np.random.default_rng(7).normal(0, 1, (2, WIDTH))
    vector = value @ mix + rng.normal(0, 0.3, (n, WIDTH))
    packets = np.zeros(n_frames, PACKET_COLUMNS)
    packets["pts"], packets["is_key"] = np.arange(n_frames), True
    file = FeatureFile.write(
        folder,
        video_id=name,
        facts=VideoFacts(
            content_hash=content,
            width=320,
            height=240,
            n_frames=n_frames,
            duration_s=n_frames / rate_hz,
            time_base="1/15",
            codec="h264",
        ),
        encoder_id=project.encoder_id,
        views=(),
        frames=frames,
        packets=packets,
        faces=faces,
        embeddings=vector.astype(np.float32),
    )
    return file, truth


def _walk(n: int, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    """A smooth curve within the scale."""
    time_s = np.arange(n) / rate_hz
    phase = rng.uniform(0, 2 * np.pi, (2, 3))
    speed = rng.uniform(0.3, 1.2, (2, 3))
    waves = np.sin(time_s[:, None, None] * speed + phase)
    return np.asarray(np.clip(waves.sum(axis=2) * 0.3, -0.95, 0.95))


def judgement_of(frame: int, *value: float | None, **other: object) -> Judgement:
    """A blind judgement of the face of talk.mp4."""
    said: dict[str, object] = {
        "video_id": "talk.mp4",
        "track_id": 0,
        "scope": "frame",
        "first_frame": frame,
        "last_frame": frame,
        "value": value,
        "rater": "anna",
    }
    return Judgement(**(said | other))  # type: ignore[arg-type]
