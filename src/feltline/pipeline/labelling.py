"""Labelled videos without a project: what stands in every frame, and its files."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from jaxtyping import Float

from feltline.errors import InputError
from feltline.fewshot import LabelOptions, contradicts
from feltline.formats import ORIGINS, replacing_output, write_rows
from feltline.project.export_rows import final_rows, microseconds
from feltline.project.extraction_cache import Extraction
from feltline.project.laying import FinalRows
from feltline.render import LabelledTrack, Overlay, draw_curves
from feltline.settings import THRESHOLD, version
from feltline.types import DEFAULT_SCHEMA, FaceTrack, Progress
from feltline.video import VideoWriter, read_frames

__all__ = ["Labelling", "Summary"]

_SUPPORT, _MODEL = ORIGINS.index("support"), ORIGINS.index("model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A labelled video set in a few figures.

    Attributes:
        frames: Faces labelled, one per face and frame.
        by_hand: How many of them a person labelled.
        accepted: How many machine labels reach the threshold; None where the method
            has no confidence.
        threshold: The confidence that accepts.
        contradictions: Machine labels whose likeliest class contradicts the quadrant
            of their valence and arousal.
        unlabelled_faces: Tracks left out because they have no label of their own.
        method: How labels were carried over.
        calibration: What confidence rests on.
        model_id: Names the model; the method where that learns none.
    """

    frames: int
    by_hand: int
    accepted: int | None
    threshold: float
    contradictions: int
    unlabelled_faces: int
    method: str
    calibration: str
    model_id: str

    @property
    def share_by_hand(self) -> float:
        """Share of the frames that a person labelled."""
        return self.by_hand / self.frames

    @property
    def share_accepted(self) -> float | None:
        """Share of the machine labels that are accepted; None if there is none."""
        machine = self.frames - self.by_hand
        return None if self.accepted is None or not machine else self.accepted / machine


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelling:
    """Labelled videos, ready to be written, drawn or looked at.

    Attributes:
        extractions: The faces of each video.
        rows: Tracks with what stands in each of their frames, by video and face.
        unlabelled: Tracks that no label could reach.
        notes: What the user should know about the support set.
        options: Method and promises.
        model_id: Names the model; the method where that learns none.
        calibration: What confidence rests on.
    """

    extractions: tuple[Extraction, ...]
    rows: tuple[tuple[FaceTrack, FinalRows], ...]
    unlabelled: tuple[FaceTrack, ...]
    notes: tuple[str, ...]
    options: LabelOptions
    model_id: str
    calibration: str

    @property
    def labelled(self) -> list[LabelledTrack]:
        """The labelled tracks as they are drawn."""
        return [
            LabelledTrack(
                track=track,
                value=rows.value,
                low=rows.low,
                high=rows.high,
                confidence=rows.confidence,
                is_human=rows.origin == _SUPPORT,
                method=self.options.method,
                coverage=self.options.coverage,
            )
            for track, rows in self.rows
        ]

    def summary(self, threshold: float = THRESHOLD) -> Summary:
        """The figures that say how it went."""
        machine = np.concatenate(
            [rows.confidence[rows.origin == _MODEL] for _, rows in self.rows]
        )
        known = np.isfinite(machine).all()
        accepted = int((machine >= np.float32(threshold)).sum()) if known else None
        return Summary(
            frames=sum(len(track) for track, _ in self.rows),
            by_hand=int(sum((rows.origin == _SUPPORT).sum() for _, rows in self.rows)),
            accepted=accepted,
            threshold=threshold,
            contradictions=sum(_contradictions(rows) for _, rows in self.rows),
            unlabelled_faces=len(self.unlabelled),
            method=self.options.method,
            calibration=self.calibration,
            model_id=self.model_id,
        )

    def write(self, path: Path | str, *, force: bool = False) -> None:
        """Write the table: CSV, Excel, Parquet or JSON Lines by the ending of `path`.

        This and the other files are refused where somebody else's file stands; with
        `force` that one is kept beside the new one as `NAME.bak-N`.
        """
        facts = {e.video_id: e.features.facts for e in self.extractions}
        metadata = {
            "program": f"feltline {version()}",
            "model_id": self.model_id,
            "method": self.options.method,
            "value_range": "-1..1",
            "tolerance": f"{self.options.tolerance:g}",
            "coverage": f"{self.options.coverage:g}",
            "calibration": self.calibration,
            "encoder_id": self.extractions[0].features.encoder_id,
            "sha256": json.dumps({n: f.content_hash for n, f in facts.items()}),
            "average_rate": json.dumps({n: f.average_rate for n, f in facts.items()}),
        }
        now = microseconds(datetime.now(tz=UTC))
        tables = (
            final_rows(track, rows, given_at={}, learnt_at=now)
            for track, rows in self.rows
        )
        with replacing_output(Path(path), force=force):
            write_rows(Path(path), tables, metadata)

    def plot(
        self,
        path: Path | str,
        *,
        threshold: float = THRESHOLD,
        truth: Sequence[Float[np.ndarray, "_ 2"] | None] | None = None,
        force: bool = False,
    ) -> None:
        """Draw the curves of all tracks as PNG or SVG."""
        with replacing_output(Path(path), force=force):
            draw_curves(Path(path), self.labelled, threshold=threshold, truth=truth)

    def overlay(
        self,
        path: Path | str,
        *,
        threshold: float = THRESHOLD,
        force: bool = False,
        progress: Progress | None = None,
    ) -> None:
        """Write the one video of this labelling with its labels drawn in, as H.264.

        Raises:
            InputError: There are several videos.
        """
        if len(self.extractions) != 1:
            raise InputError(
                f"an overlay shows one video, but {len(self.extractions)} were "
                f"labelled; label that video alone to get its overlay"
            )
        whole = self.extractions[0]
        facts, time_s = whole.features.facts, whole.looked_at_s
        overlay = Overlay(self.labelled, threshold=threshold)
        writer = VideoWriter(
            Path(path), width=facts.width, height=facts.height, rate=facts.rate or 25
        )
        frames = read_frames(
            whole.path, start_s=float(time_s[0]), index=whole.features.frame_index
        )
        kept = replacing_output(Path(path), force=force)
        with kept, writer, closing(frames):
            for done, frame in enumerate(frames, start=1):
                if frame.time_s > time_s[-1]:
                    break
                writer.write(overlay.draw(frame.rgb, frame.frame), frame.time_s)
                if progress is not None:
                    progress(Path(path).name, done, facts.n_frames)


def _contradictions(rows: FinalRows) -> int:
    """Machine labels whose likeliest class contradicts their quadrant."""
    value = DEFAULT_SCHEMA.to_unit(rows.value.astype(np.float64))
    wrong = contradicts(value, rows.expression, DEFAULT_SCHEMA)
    return int((wrong & (rows.origin == _MODEL)).sum())
