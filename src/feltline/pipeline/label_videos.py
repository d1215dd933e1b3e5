"""Label videos from a support set: the whole way from files to estimates."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from feltline.errors import EncoderError, InputError, NothingToLabelError
from feltline.fewshot import LabelOptions, contradicts, label_tracks
from feltline.formats import check_table_path, read_support, support_of, write_table
from feltline.pipeline.extraction import extract, name_videos
from feltline.project.encoder_extras import (
    comparison_of,
    has_pair_heads,
    learnt_view,
    ood_scores_of,
)
from feltline.project.extraction_cache import Extraction, ExtractOptions
from feltline.render import Overlay, draw_curves
from feltline.settings import THRESHOLD, version
from feltline.types import EXPRESSIONS, Estimate, FaceTrack, Progress, SupportSet
from feltline.video import VideoWriter, probe, read_frames

__all__ = ["Labelling", "Summary", "extract_all", "label"]


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
        run_id: Names the run.
    """

    frames: int
    by_hand: int
    accepted: int | None
    threshold: float
    contradictions: int
    unlabelled_faces: int
    method: str
    calibration: str
    run_id: str

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
        labelled: Tracks with their estimates, by video and face.
        unlabelled: Tracks that no label could reach.
        notes: What the user should know about the support set.
        options: Method and promises.
    """

    extractions: tuple[Extraction, ...]
    labelled: tuple[tuple[FaceTrack, Estimate], ...]
    unlabelled: tuple[FaceTrack, ...]
    notes: tuple[str, ...]
    options: LabelOptions

    def summary(self, threshold: float = THRESHOLD) -> Summary:
        """The figures that say how it went."""
        estimates = [e for _, e in self.labelled]
        machine = np.concatenate([e.confidence[~e.is_human] for e in estimates])
        known = np.isfinite(machine).all()
        accepted = int((machine >= np.float32(threshold)).sum()) if known else None
        return Summary(
            frames=sum(len(e) for e in estimates),
            by_hand=int(sum(e.is_human.sum() for e in estimates)),
            accepted=accepted,
            threshold=threshold,
            contradictions=sum(_contradictions(e) for e in estimates),
            unlabelled_faces=len(self.unlabelled),
            method=self.options.method,
            calibration=estimates[0].calibration,
            run_id=estimates[0].run_id,
        )

    def write(self, path: Path | str) -> None:
        """Write the table: CSV, Parquet or JSON Lines by the ending of `path`."""
        first = self.labelled[0][1]
        metadata = {
            "program": f"feltline {version()}",
            "run_id": first.run_id,
            "method": first.method,
            "value_range": "-1..1",
            "tolerance": f"{first.tolerance:g}",
            "coverage": f"{first.coverage:g}",
            "calibration": first.calibration,
            "encoder_id": self.extractions[0].encoder_id,
            "sha256": json.dumps(
                {e.video_id: e.content_hash for e in self.extractions}
            ),
            "average_rate": json.dumps(
                {e.video_id: str(probe(e.path).average_rate) for e in self.extractions}
            ),
        }
        write_table(Path(path), self.labelled, metadata)

    def plot(
        self,
        path: Path | str,
        *,
        threshold: float = THRESHOLD,
        truth: Sequence[Float[np.ndarray, "_ 2"] | None] | None = None,
    ) -> None:
        """Draw the curves of all tracks as PNG or SVG."""
        draw_curves(Path(path), self.labelled, threshold=threshold, truth=truth)

    def overlay(
        self,
        path: Path | str,
        *,
        threshold: float = THRESHOLD,
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
        info = probe(whole.path)
        overlay = Overlay(self.labelled, threshold=threshold)
        last_s = float(whole.time_s[-1])
        writer = VideoWriter(
            Path(path),
            width=info.width,
            height=info.height,
            rate=info.average_rate or 25,
        )
        frames = read_frames(whole.path, start_s=float(whole.time_s[0]))
        with writer, closing(frames):
            for done, frame in enumerate(frames, start=1):
                if frame.time_s > last_s:
                    break
                writer.write(overlay.draw(frame.rgb, frame.frame), frame.time_s)
                if progress is not None:
                    progress(Path(path).name, done, whole.n_frames)


def _contradictions(estimate: Estimate) -> int:
    """Machine labels whose likeliest class contradicts their quadrant."""
    named = np.isfinite(estimate.expression).all(axis=1) & ~estimate.is_human
    best = np.nan_to_num(estimate.expression).argmax(axis=1)
    wrong = contradicts(estimate.affect, np.where(named, best, -1))
    return int(wrong.sum())


def _contradicting_labels(labels: SupportSet) -> list[str]:
    """A note on human labels whose class and value cannot both be right."""
    wrong = np.flatnonzero(contradicts(labels.affect, labels.expression))
    if not len(wrong):
        return []
    first = wrong[0]
    valence, arousal = labels.affect[first]
    return [
        f"labels whose class lies on the other side of their valence or arousal: "
        f"{len(wrong)}; the first is frame {labels.frame[first]} of "
        f"{labels.video_id[first]} ({EXPRESSIONS[labels.expression[first]]} at "
        f"{valence:+.2f} / {arousal:+.2f}). They are used as they are: look again"
    ]


def _strange_faces(ood_score: Sequence[Float32[np.ndarray, " _"]]) -> list[str]:
    """A note on faces unlike those that the encoder knows."""
    n = sum(int((one > 1).sum()) for one in ood_score)
    if not n:
        return []
    return [
        f"faces unlike those that the encoder knows (covered, badly lit, or no face at "
        f"all): {n}; their confidence is lowered"
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
    return tuple(
        extract(path, options, video_id=name, cache=cache, progress=progress)
        for path, name in zip(paths, name_videos(paths), strict=True)
    )


def label(  # noqa: PLR0913 - keyword-only, each a choice of its own
    videos: Path | str | Sequence[Path | str],
    *,
    support: Path | str,
    out: Path | str | None = None,
    options: LabelOptions | None = None,
    extraction: ExtractOptions | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Labelling:
    """Label videos from a few human labels of their frames.

    Args:
        videos: One or more videos.
        support: The labels, a CSV (see `feltline.formats.support`).
        out: Where to write the table; nothing is written if absent.
        options: Method, tolerance and coverage.
        extraction: Which frames and faces to look at.
        cache: Where extracted faces are kept.
        progress: Told how far it is.

    Returns:
        The labelling.

    Raises:
        VideoError: A video cannot be read.
        SupportError: A row of the support set cannot be used.
        NothingToLabelError: No face was found, or there is no label.
        EncoderError: `mt-clar` with an encoder that cannot compare faces.
        SetupError: A package or disk space is missing.
    """
    options = options or LabelOptions()
    listed = [videos] if isinstance(videos, Path | str) else list(videos)
    if out is not None:  # say so before the long work, not after it
        check_table_path(Path(out))
    encoder = (extraction or ExtractOptions()).encoder
    if options.method == "mt-clar" and not has_pair_heads(encoder):
        raise EncoderError(
            f"{encoder} cannot compare faces, which mt-clar does; give an encoder "
            f"whose card names pair_heads, such as ferplus-s, or another --method"
        )
    rows = read_support(Path(support))
    extractions = extract_all(listed, extraction, cache=cache, progress=progress)
    tracks = [t for e in extractions for t in e.tracks]
    embeddings = [seen for e in extractions for seen in e.embeddings]
    if not tracks:
        looked_at = ", ".join(
            f"{e.video_id} ({len(e.frame)} frames)" for e in extractions
        )
        raise NothingToLabelError(
            f"no face was found in {looked_at}; nothing was written"
        )
    faces = [e.faces for e in extractions]
    labels, notes = support_of(Path(support), rows, faces)
    run_id = _run_id(extractions, labels, options)
    comparisons = None
    if options.method == "mt-clar":
        comparisons = [comparison_of(encoder, learnt_view(e)) for e in embeddings]
    strange = ood_scores_of(encoder, embeddings)
    estimates = label_tracks(
        tracks,
        embeddings,
        labels,
        options,
        run_id=run_id,
        comparisons=comparisons,
        ood_score=strange,
    )
    made = Labelling(
        extractions=extractions,
        labelled=tuple(
            (t, e) for t, e in zip(tracks, estimates, strict=True) if e is not None
        ),
        unlabelled=tuple(
            t for t, e in zip(tracks, estimates, strict=True) if e is None
        ),
        notes=(*notes, *_contradicting_labels(labels), *_strange_faces(strange)),
        options=options,
    )
    if out is not None:
        made.write(out)
    return made


def _run_id(
    extractions: Sequence[Extraction], support: SupportSet, options: LabelOptions
) -> str:
    """The same inputs, settings and version give the same id."""
    said: list[Any] = [version(), asdict(options)]
    said += [[e.content_hash, e.encoder_id, e.frame.tolist()] for e in extractions]
    said += [support.video_id, support.rater]
    for array in (support.track_id, support.frame, support.affect, support.expression):
        said.append(array.tolist())
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]
